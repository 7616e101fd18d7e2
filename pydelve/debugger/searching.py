"""Finding files and functions by the ends of their names, in a defined order.

The half of resolving locations that knows where things can be: loaded modules, folders that modules are imported
from, the working folder. It decides nothing about ambiguity and words no errors; ``pydelve.debugger.locations`` and
``completion`` do. Called by them, on the engine's thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydelve.debugger.sources import FunctionInfo, SourceFile, Sources
from pydelve.debugger.substitution import in_program
from pydelve.errors import LocationError
from pydelve.records import dataclass, field

_MOST_WALKED = 2000
_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "venv", "env"})
_COMPILED = (".so", ".pyd", ".dll", ".dylib")


@dataclass(frozen=True, slots=True)
class TargetFiles:
    """What the target said about where its code is."""

    main_file: str
    """Absolute real path of the program's main file; "" while unknown."""
    modules: Mapping[str, str] = field(default_factory=dict)
    """Loaded modules: dotted name to absolute real path of the source."""
    search_path: tuple[str, ...] = ()
    """``sys.path``: the first entry is the program's own folder."""
    cwd: str = ""
    """Its working folder, absolute."""
    launch_kind: Literal["script", "module", ""] = "script"
    """How it was started; "" where it was attached to."""


@dataclass(frozen=True, slots=True)
class Found:
    """A function or class in a file, under the module name it was found by."""

    module: str
    source: SourceFile
    info: FunctionInfo


class Search:
    """One look into a target's files; make a new one for each question, modules come and go.

    Args:
        files: What the target said.
        sources: Read through, and added to.
        is_library: Whether a file belongs to the standard library or to installed packages.
        context_file: The file of the selected frame; "" for none.
    """

    def __init__(
        self, files: TargetFiles, sources: Sources, is_library: Callable[[str], bool], context_file: str = ""
    ) -> None:
        self.files = files
        self.sources = sources
        self._is_library = is_library
        self._context_file = "" if context_file.startswith("<") or not context_file else os.path.realpath(context_file)

    # Files

    def shown(self, path: str) -> str:
        """A path as it can be typed: relative to the working folder where it is below it."""
        cwd = os.path.realpath(self.files.cwd) if self.files.cwd else ""
        return os.path.relpath(path, cwd) if cwd and path.startswith(cwd.rstrip(os.sep) + os.sep) else path

    @cached_property
    def _user_modules(self) -> dict[str, str]:
        """Main file first, as ``__main__``, then the program's own modules by name."""
        found = {"__main__": self.files.main_file} if self.files.main_file else {}
        found.update(
            (name, path)
            for name, path in sorted(self.files.modules.items())
            if name != "__main__" and path and not path.endswith(_COMPILED) and not self._is_library(path)
        )
        return found

    def user_files(self) -> tuple[str, ...]:
        """Main file, context file and the files of the program's own loaded modules, without repetition."""
        context = [self._context_file] if self._context_file else []
        main = [self.files.main_file] if self.files.main_file else []
        return tuple(dict.fromkeys([*main, *context, *self._user_modules.values()]))

    def files_named(self, name: str) -> tuple[str, ...]:
        """Files that a path, or the end of one, means: sorted, several where it is ambiguous.

        An absolute path means itself, whether it exists or not. Else what comes first wins: the file at that path
        relative to the working folder; loaded files of the program; loaded library files; files below the program's
        folder or the working folder.
        """
        name = os.path.expanduser(name)
        if os.path.isabs(name):
            return (in_program(os.path.realpath(name), self.sources.rules),)
        if self.files.cwd:
            direct = os.path.realpath(os.path.join(self.files.cwd, name))
            if self.sources.exists(in_program(direct, self.sources.rules)):
                return (in_program(direct, self.sources.rules),)
        wanted = tuple(part for part in os.path.normpath(name).split(os.sep) if part != ".")
        if not wanted or wanted[0] == "..":
            return ()
        tiers: tuple[Iterator[str], ...] = (iter(self.user_files()), iter(self.files.modules.values()), self._walk())
        for tier in tiers:
            found = {os.path.realpath(path) for path in tier if tuple(path.split(os.sep)[-len(wanted) :]) == wanted}
            if found:
                return tuple(sorted(found))
        return ()

    def where_files_were_sought(self) -> str:
        """The reason to give where no file was found."""
        folders = " and ".join(self._roots())
        return "no loaded module's file ends so" + (f", nor any file below {folders}" if folders else "")

    def _roots(self) -> tuple[str, ...]:
        named = [*self.files.search_path[:1], self.files.cwd]
        return tuple(dict.fromkeys(os.path.realpath(each) for each in named if each and os.path.isdir(each)))

    def _walk(self) -> Iterator[str]:
        """Files below the program's folder and the working folder, nearest first, at most ``_MOST_WALKED``."""
        todo, seen, count = list(self._roots()), set(self._roots()), 0
        while todo and count < _MOST_WALKED:
            folder = todo.pop(0)
            try:
                with os.scandir(folder) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except OSError:
                continue  # not ours to read; the user asked for a file, not for this folder
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in seen and not _skipped(entry.path, entry.name):
                        seen.add(entry.path)
                        todo.append(entry.path)
                elif count < _MOST_WALKED:
                    count += 1
                    yield entry.path

    # Functions

    def user_functions(self) -> list[Found]:
        """All functions and classes of the program's own loaded modules: main file first, then by module and line."""
        found: list[Found] = []
        done: set[str] = set()
        for module, path in self._user_modules.items():
            source = None if path in done else self._load(path)
            done.add(path)
            if source:
                found.extend(Found(module, source, info) for info in source.functions)
        return found

    def library_functions(self, module: str) -> list[Found]:
        """All functions and classes of the loaded library modules whose dotted name begins with ``module``."""
        found: list[Found] = []
        for name, path in sorted(self.files.modules.items()):
            if (name == module or name.startswith(module + ".")) and self._is_library(path):
                source = None if path.endswith(_COMPILED) else self._load(path)
                if source is not None:
                    found.extend(Found(name, source, info) for info in source.functions)
        return found

    def functions_named(self, name: str) -> list[Found]:
        """Functions and classes that a dotted name, or the end of one, means; several where it is ambiguous.

        The first of these that knows the name wins: main file, context file, loaded modules of the program, loaded
        library modules and then modules not imported yet (both only with the module's name in front). Within one of
        them the full name wins over the end of a name.
        """
        for tier in (self._named_in_main, self._named_in_context, self._named_in_user_modules, self._named_in_library):
            found = tier(name)
            if found:
                return found
        return self._named_in_importable(name)

    def functions_in(self, path: str, name: str) -> list[Found]:
        """The same in one file only.

        Raises:
            LocationError: it can't be read.
        """
        source = self.sources.load(path)
        return _best([Found("", source, info) for info in source.functions], name)

    def module_file(self, name: str) -> str:
        """The file of a module, loaded or not; "" where there is none."""
        return self._user_modules.get(name) or self.files.modules.get(name) or self._importable(name)

    def known_names(self) -> list[str]:
        """Names to suggest: of the main file, the context file and the program's own modules, in that order."""
        names: dict[str, None] = {}
        for path in self.user_files():
            source = self._load(path)
            for info in source.functions if source else ():
                names[info.qualname] = None
        return list(names)

    def where_names_were_sought(self, name: str) -> str:
        """The reason to give where no function was found."""
        count = len(self._user_modules)
        where = f"the program's {count} loaded module{'' if count == 1 else 's'}"
        if "." in name:
            return f"it was looked for in {where}, in library modules and on the import path"
        return f"it was looked for in {where}; library functions need their module's name in front"

    def _load(self, path: str) -> SourceFile | None:
        try:
            return self.sources.load(path)
        except LocationError:
            return None  # a module without readable source holds no function that could be found

    def _candidates(self, module: str, path: str, name: str) -> list[Found]:
        source = self._load(path)
        # Parsing is slow, looking for the word is not: it must be there, but in NFKC, which few sources need.
        if source is None or (name.isascii() and source.text.isascii() and name.rpartition(".")[2] not in source.text):
            return []
        return [Found(module, source, info) for info in source.functions]

    def _named_in_main(self, name: str) -> list[Found]:
        main = self.files.main_file
        if not main:
            return []
        found = _best(self._candidates("__main__", main, name), name)
        for alias in () if found else self._main_aliases():
            found = found or _best(self._candidates(alias, main, name), name)
        return found

    def _main_aliases(self) -> Iterator[str]:
        """Names under which people know the main file, beside ``__main__``: ``pkg.mod``, or just ``mod``."""
        path = os.path.splitext(self.files.main_file)[0]
        for root in self._roots():
            if path.startswith(root.rstrip(os.sep) + os.sep):
                yield os.path.relpath(path, root).replace(os.sep, ".")
        yield os.path.basename(path)

    def _named_in_context(self, name: str) -> list[Found]:
        path = self._context_file
        modules = [module for module, file in self.files.modules.items() if file == path]
        return _best(self._candidates(modules[0] if modules else "", path, name), name) if path else []

    def _named_in_user_modules(self, name: str) -> list[Found]:
        found: list[Found] = []
        for module, path in self._user_modules.items():
            found.extend(self._candidates(module, path, name))
        return _best(found, name)

    def _named_in_library(self, name: str) -> list[Found]:
        """Loaded modules whose dotted name ends with what stands before the function's name."""
        found: list[Found] = []
        for prefix, _ in _splits(name):
            for module, path in sorted(self.files.modules.items()):
                if (module == prefix or module.endswith("." + prefix)) and not path.endswith(_COMPILED):
                    found.extend(self._candidates(module, path, name))
        return _best(found, name)

    def _named_in_importable(self, name: str) -> list[Found]:
        for prefix, rest in _splits(name):
            path = self._importable(prefix)
            source = self._load(path) if path else None
            found = (
                [Found(prefix, source, info) for info in source.functions if _plain(info.qualname) == _plain(rest)]
                if source
                else []
            )
            if found:
                return found
        return []

    def _importable(self, module: str) -> str:
        """Where importing a module would find its source; "" for nowhere. Imports nothing."""
        relative = module.replace(".", os.sep)
        for folder in self.files.search_path:
            root = os.path.join(self.files.cwd, folder)
            for ending in (os.path.join(relative, "__init__.py"), relative + ".py"):
                path = os.path.join(root, ending)
                if self.sources.exists(path):
                    return os.path.realpath(path)
        return ""


def _skipped(path: str, name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED_FOLDERS or os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """``a.b.c`` as (``a.b``, ``c``), (``a``, ``b.c``): the longest module name first."""
    parts = name.split(".")
    for index in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:index]), ".".join(parts[index:])


def _plain(qualname: str) -> tuple[str, ...]:
    """The parts of a name that people type: ``outer.<locals>.inner`` is ``outer.inner`` to them."""
    return tuple(part for part in qualname.split(".") if part != "<locals>")


def _best(candidates: list[Found], name: str) -> list[Found]:
    """Those with exactly this name, with or without their module's; else those whose name ends so."""
    wanted = _plain(name)
    exact: list[Found] = []
    ending: list[Found] = []
    for each in candidates:
        own = _plain(each.info.qualname)
        full = (*each.module.split("."), *own)
        if wanted in (own, full):
            exact.append(each)
        elif full[-len(wanted) :] == wanted:
            ending.append(each)
    # The same file under two module names is one place.
    unique = {(each.source.path, each.info.first_line, each.info.qualname): each for each in exact or ending}
    return list(unique.values())
