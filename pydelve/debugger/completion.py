"""Completing a location while it is typed: files with a colon, functions, folders.

Reads files and nothing of the target; answers with what is known at once and never fails. Called by the engine for the
``CompleteLocation`` request, on its thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from pydelve.debugger.searching import Search, TargetFiles
from pydelve.debugger.sources import SourceFile, Sources
from pydelve.errors import LocationError

_MOST = 200


def complete_location(
    prefix: str,
    context_file: str,
    files: TargetFiles,
    sources: Sources,
    is_library: Callable[[str], bool] = lambda path: False,
) -> tuple[str, ...]:
    """Words that start with ``prefix`` and are locations, or become one: sorted, at most 200. Where nothing starts with
    it, words that hold it, else those that have its letters in this order.

    ``bank`` gives ``bank.py:`` and functions of that name; ``bank.py:wi`` gives ``bank.py:withdraw``; ``sub/`` gives
    the Python files and folders in it; ``.``-separated names complete from any of their parts on.
    """
    try:
        search = Search(files, sources, is_library, context_file)
        head, colon, _ = prefix.rpartition(":")
        found = set(_functions_of_file(head, search) if colon else _words(prefix, search))
        begin = sorted(word for word in found if word.startswith(prefix))
        return tuple((begin or _by_letters(prefix, found))[:_MOST])
    except Exception:  # noqa: BLE001 - a key press must not end in an error, whatever lies on the disk: no words then
        return ()


def _by_letters(typed: str, words: set[str]) -> list[str]:
    """Words that hold what was typed, then those that have its letters in this order; no case."""
    if len(typed) < 2:
        return []
    small = typed.lower()
    letters = {word: iter(word.lower()) for word in words}
    fitting = [word for word, rest in letters.items() if all(letter in rest for letter in small)]
    holding = [word for word in fitting if small in word.lower()]
    return sorted(holding or fitting)


def _words(prefix: str, search: Search) -> Iterator[str]:
    if "/" in prefix or os.sep in prefix:
        yield from _paths(prefix, search.files.cwd)
        return
    for path in search.user_files():
        yield f"{search.shown(path)}:"
        yield f"{os.path.basename(path)}:"
        source = _load(search.sources, path)
        for info in source.functions if source else ():
            yield from _endings(info.qualname, prefix)
    if "." in prefix:
        for found in search.user_functions():
            yield f"{found.module}.{_typed(found.info.qualname)}"


def _typed(qualname: str) -> str:
    """As people type it: ``outer.inner`` for ``outer.<locals>.inner``."""
    return qualname.replace(".<locals>.", ".")


def _endings(qualname: str, prefix: str) -> Iterator[str]:
    """The full name; once something was typed, also from each later part on."""
    parts = _typed(qualname).split(".")
    for index in range(len(parts) if prefix else 1):
        yield ".".join(parts[index:])


def _functions_of_file(head: str, search: Search) -> Iterator[str]:
    named = search.files_named(head)
    if len(named) == 1:
        source = _load(search.sources, named[0])
        for info in source.functions if source else ():
            yield f"{head}:{_typed(info.qualname)}"


def _paths(prefix: str, cwd: str) -> Iterator[str]:
    folder = prefix.rpartition("/")[0] + "/"
    with os.scandir(os.path.join(cwd, os.path.expanduser(folder))) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield f"{folder}{entry.name}/"
            elif entry.name.endswith(".py"):
                yield f"{folder}{entry.name}:"


def _load(sources: Sources, path: str) -> SourceFile | None:
    try:
        return sources.load(path)
    except LocationError:
        return None
