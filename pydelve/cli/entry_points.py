"""Which Python and which script are behind a command on PATH: ``flask``, ``celery`` and the like.

Reads the file that would be run as the kernel and pip's own scripts read it; runs nothing. Called by ``exec``.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from pydelve.errors import UsageError
from pydelve.records import dataclass
from pydelve.terminal.names import nearest

_HEAD_BYTES = 4096
_PYTHON = re.compile(r"(?:python|pypy)\d*(?:\.\d+)*t?d?$")
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh"}
_TRAMPOLINE = re.compile(r"'''exec' (.+) \"\$0\" \"\$@\"$")
"""Second line of what pip and uv write where a path is too long for ``#!``, or has a space in it: to a shell a command,
to Python the start of a string."""
_OWN_FOLDER = '"$(dirname -- "$(realpath -- "$0")")"/'
"""How uv's relocatable scripts name the folder they are in."""
_ENDS_SITE = re.compile(r"-[a-zA-Z]*[EIS]")


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A script that Python runs, with the interpreter its first line names."""

    script: str
    """As it would be in ``sys.argv``: the path where it was found."""
    python: str
    options: tuple[str, ...] = ()
    """The interpreter's own, from the first line: ``-s``."""


def find_entry_point(words: Sequence[str], python: str = "") -> EntryPoint:
    """The script behind ``words[0]``.

    Args:
        words: The whole command, for the messages.
        python: Run it with this interpreter instead; commands are then looked for beside it first.

    Raises:
        UsageError: there is no such command, or it is none that Python runs.
    """
    path = _locate(words, python)
    if _PYTHON.match(os.path.basename(path)):
        raise UsageError(
            f"{words[0]} is the interpreter itself",
            why="exec takes a command that is written in Python",
            hint=shlex.join(["pydelve", "debug", "--python", words[0], *(words[1:] or ["script.py"])]),
        )
    interpreter, options = _interpreter(path, words)
    if python:
        return EntryPoint(path, python)
    for option in options:
        if _ENDS_SITE.match(option) and not option.startswith("-X"):
            raise UsageError(
                f"{words[0]} can't be debugged as it is started",
                why=f"its first line gives Python {option}, which keeps pydelve's agent out",
                hint=shlex.join(["pydelve", "debug", "--python", interpreter, path, *words[1:]]),
            )
    return EntryPoint(path, interpreter, options)


def _locate(words: Sequence[str], python: str) -> str:
    """The file that the shell would run, or the one of that name beside the interpreter."""
    name = words[0]
    if "/" in name:
        if not os.path.exists(name):
            raise UsageError(f"there is no command {name}", why="no such file", hint=f"ls {os.path.dirname(name)}")
        if os.path.isdir(name):
            raise UsageError(f"{name} is a folder", why="exec takes a command", hint=f"pydelve debug {name}")
        return name
    folders = [os.path.dirname(python)] if python else []
    folders += os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = os.path.join(folder or os.curdir, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise _unknown(name, words, folders)


def _unknown(name: str, words: Sequence[str], folders: Sequence[str]) -> UsageError:
    rest = list(words[1:])
    if os.path.exists(name):
        hint = ["pydelve", "debug", name, *rest] if name.endswith(".py") else ["pydelve", "exec", f"./{name}", *rest]
        return UsageError(
            f"there is no command {name}", why="no folder of PATH has it; the current folder does",
            hint=shlex.join(hint),
        )  # fmt: skip
    near = nearest(name, _names(folders))
    why = "no folder of PATH has it" + (f"; near is {near[0]}" if near else "")
    hint = ["pydelve", "exec", near[0], *rest] if near else ["pydelve", "debug", "-m", name.replace("-", "_"), *rest]
    return UsageError(f"there is no command {name}", why=why, hint=shlex.join(hint))


def _names(folders: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        try:
            found.update(os.listdir(folder or os.curdir))
        except OSError:  # PATH may name what does not exist
            continue
    return found


def _interpreter(path: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The interpreter that runs a file, and the options it gets, as its first lines say."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise UsageError(f"{path} can't be read", why=os.strerror(error.errno or 0), hint=f"ls -l {path}") from error
    lines = os.fsdecode(head).split("\n")
    first = lines[0].strip()
    if not first.startswith("#!"):
        raise _no_python(
            path, words, "a compiled program" if head.startswith(b"\x7fELF") else "no script: it does not begin with #!"
        )
    command, _, argument = first[2:].strip().partition(" ")
    argument = argument.strip()
    runner = os.path.basename(command)
    if runner == "env":
        found = _by_env(argument)
    elif runner in _SHELLS:
        found = _by_trampoline(path, lines[1].rstrip() if len(lines) > 1 else "")
        if not found:
            raise _no_python(path, words, f"a {runner} script")
    else:  # the kernel hands all that follows over as one word
        found = [command, argument] if argument else [command]
    if not found or not (_PYTHON.match(os.path.basename(found[0])) or _is_python_link(found[0])):
        raise _no_python(path, words, f"run by {found[0] if found else first}")
    return _existing(found[0], path, words), tuple(found[1:])


def _by_env(argument: str) -> list[str]:
    """The command that ``env ARGUMENT`` runs: ``-S`` splits words, ``NAME=VALUE`` sets a variable."""
    words = shlex.split(argument) if argument.startswith("-") else [argument]
    while words and (words[0] in {"-S", "--split-string", "-i", "-"} or "=" in words[0]):
        words.pop(0)
    if words and words[0].startswith("-S"):
        words[0] = words[0][2:]
    if words and "/" not in words[0]:
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            path = os.path.join(folder or os.curdir, words[0])
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return [path, *words[1:]]
    return words


def _by_trampoline(path: str, line: str) -> list[str]:
    """The interpreter of a script that is a shell's only to get to Python; none where it is a shell's."""
    match = _TRAMPOLINE.match(line)
    if match is None:
        return []
    command = match[1]
    if command.startswith(_OWN_FOLDER):
        folder = os.path.dirname(os.path.realpath(path))
        name, *options = shlex.split(command.removeprefix(_OWN_FOLDER))
        return [os.path.join(folder, name), *options]
    return shlex.split(command)


def _is_python_link(path: str) -> bool:
    return bool(_PYTHON.match(os.path.basename(os.path.realpath(path))))


def _existing(python: str, path: str, words: Sequence[str]) -> str:
    if os.access(python, os.X_OK):
        return python
    raise UsageError(
        f"the interpreter of {path} is not there",
        why=f"its first line names {python}, which does not exist"
        if not os.path.exists(python)
        else f"its first line names {python}, which can't be run",
        hint=shlex.join(["pydelve", "exec", "--python", "/path/to/python", *words]),
    )


def _no_python(path: str, words: Sequence[str], what: str) -> UsageError:
    name = os.path.basename(path)
    if path.endswith(".py"):
        hint = shlex.join(["pydelve", "debug", path, *words[1:]])
    elif os.path.basename(os.path.dirname(path)) == "shims":  # pyenv's and asdf's stand-ins choose at run time
        hint = f'pydelve exec "$(pyenv which {name})"' + "".join(f" {shlex.quote(word)}" for word in words[1:])
    else:
        hint = "pydelve help exec"
    return UsageError(f"{words[0]} is no Python program", why=f"{path} is {what}", hint=hint)
