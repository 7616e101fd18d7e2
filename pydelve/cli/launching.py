"""The words of ``pydelve debug``, ``exec`` and ``test`` made into what to start: options, and checks of everything that
can be checked before.

Reads the file system, starts nothing. Each refusal says what is wrong, why, and what to type instead.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from pydelve.cli.headless_options import HEADLESS, Headless, read_headless
from pydelve.cli.options import Option, Words, parse
from pydelve.cli.subcommands import Help
from pydelve.errors import UsageError
from pydelve.records import dataclass
from pydelve.terminal.command_files import read_commands
from pydelve.terminal.names import nearest

TUI = Option("--tui", "begin in the full-screen view; tui at the prompt goes there and back")
LOG = Option(
    "--log", "log everything pydelve does (default: pydelve.log in the state folder)", "FILE", optional_value=True
)
COMMON = (
    Option("--python", "interpreter of the program (default: the active environment's)", "PATH"),
    Option("--cwd", "folder the program runs in", "FOLDER"),
    Option("--env", "set a variable of the program's environment", "NAME=VALUE", repeats=True),
    Option("--redirect", "connect stdin, stdout or stderr of the program to a file", "STREAM:FILE", repeats=True),
    Option("--init", "run the commands in a file first", "FILE"),
    Option("--continue", "run until a breakpoint, without stopping at the first line"),
    TUI,
    *HEADLESS,
    LOG,
)
OPTIONS = (Option("-m", "debug a module, found as python -m finds it", "MODULE"), *COMMON)
HELP = Help(
    "debug",
    ("[options] script.py [arguments]", "[options] -m module [arguments]"),
    details="What follows the program's name is the program's; -- in front of it is allowed, and left away.\n"
    "In a terminal the program gets one of its own, and Ctrl-C halts it. Where standard input or output is none,\n"
    "commands are read from standard input, one a line, and the program's own input is empty unless redirected.",
    options=OPTIONS,
    examples=(
        ("pydelve debug bank.py", "stop at the first line of bank.py"),
        ("pydelve debug -m http.server 8000", "debug a module"),
        ("pydelve debug --continue bank.py --fast", "run at once; --fast is the program's"),
        ("pydelve debug --init cmds bank.py", "set breakpoints by the commands in a file"),
    ),
)
_STREAMS = ("stdin", "stdout", "stderr")


class Opening(Protocol):
    """How a session begins, however its program was reached."""

    @property
    def init(self) -> tuple[str, ...]:
        """The lines of the init file."""
        ...

    @property
    def continue_(self) -> bool:
        """Go on from the first stop at once."""
        ...

    @property
    def full_screen(self) -> bool:
        """Begin in the full-screen view."""
        ...


@dataclass(frozen=True, slots=True)
class Launch:
    """What was asked for, checked."""

    module: bool
    program: str
    arguments: tuple[str, ...]
    python: str
    cwd: str
    environment: dict[str, str]
    redirects: dict[str, str]
    """File by stream."""
    init: tuple[str, ...]
    """The lines of the init file."""
    continue_: bool
    log: str | None
    """None: not asked for; "": the usual file."""
    interpreter_options: tuple[str, ...] = ()
    """The interpreter's own, in front of the program."""
    tests: bool = False
    """pytest runs: each test that fails is a stop."""
    full_screen: bool = False
    headless: Headless | None = None
    """How to serve the session to clients; None has the prompt here."""


def read_words(words: Sequence[str]) -> Launch:
    """Parse and check the words after ``pydelve debug``.

    Raises:
        UsageError: something about them can't be.
    """
    parsed = parse("debug", OPTIONS, words, ends=("-m",))
    program, arguments = program_of(parsed, "debug")
    return prepare(parsed, program, arguments, module=parsed.last("-m") is not None)


def program_of(parsed: Words, command: str) -> tuple[str, tuple[str, ...]]:
    """The script or the module, and its arguments; ``command``: what is typed before them.

    Raises:
        UsageError: there is none, or none such.
    """
    module = parsed.last("-m")
    if module is not None:
        program, arguments = _module(module, command), parsed.rest
    else:
        program, arguments = _script(parsed, command, moved=parsed.last("--cwd") is not None)
    if arguments[:1] == ("--",):
        arguments = arguments[1:]
    return program, arguments


def prepare(
    parsed: Words,
    program: str,
    arguments: Sequence[str],
    *,
    module: bool = False,
    python: str | None = None,
    interpreter_options: tuple[str, ...] = (),
    tests: bool = False,
) -> Launch:
    """Check the options that all ways of starting a program have; ``python`` overrides the one asked for.

    Raises:
        UsageError: one of them can't be.
    """
    return Launch(
        module=module,
        program=program,
        arguments=tuple(arguments),
        python=interpreter_path(parsed.last("--python")) if python is None else python,
        cwd=folder_path(parsed.last("--cwd")),
        environment=_environment(parsed),
        redirects=_redirects(parsed),
        init=init_lines(parsed.last("--init")),
        continue_=parsed.last("--continue") is not None,
        log=parsed.last("--log"),
        interpreter_options=interpreter_options,
        tests=tests,
        full_screen=parsed.last("--tui") is not None,
        headless=read_headless(parsed, "test" if tests else "debug"),
    )


def _module(name: str, command: str) -> str:
    if not all(part.isidentifier() for part in name.split(".")):
        hint = f"pydelve {command} {name}" if os.path.exists(name) else f"pydelve {command} -m package.module"
        raise UsageError(f"{name!r} is no name of a module", why="-m takes a dotted name, not a path", hint=hint)
    return name


def _script(parsed: Words, command: str, *, moved: bool) -> tuple[str, tuple[str, ...]]:
    if not parsed.rest:
        raise UsageError(
            f"there is no program to {command.partition(' ')[0]}",
            why="neither a script nor -m MODULE was given",
            hint=f"pydelve {command} script.py",
        )
    script, *arguments = parsed.rest
    if arguments[:1] == ["-m"] and len(arguments) > 1:
        raise UsageError(
            "a script and a module were given",
            why=f"{script} is a script, -m {arguments[1]} a module",
            hint=f"pydelve {command} -m {arguments[1]}, or pydelve {command} {script} -- -m {arguments[1]}",
        )
    _check_script(script, command)
    return (os.path.abspath(script) if moved else script), tuple(arguments)


def _check_script(script: str, command: str) -> None:
    if not os.path.exists(script):
        folder, name = os.path.split(script)
        raise _missing("script", script, folder, name, command)
    if os.path.isdir(script):
        if not os.path.exists(os.path.join(script, "__main__.py")):
            scripts = [name for name in _names(script) if name.endswith(".py")][:1]
            raise UsageError(
                f"{script} is a folder without __main__.py",
                why="Python runs a folder by that file",
                hint=f"pydelve {command} {os.path.join(script, scripts[0])}"
                if scripts
                else f"pydelve {command} FOLDER/script.py",
            )
        return
    if not os.access(script, os.R_OK):
        raise UsageError(f"{script} can't be read", why="its permissions don't allow it", hint=f"ls -l {script}")


def _missing(what: str, path: str, folder: str, name: str, command: str = "debug") -> UsageError:
    if folder and not os.path.isdir(folder):
        return UsageError(
            f"there is no {what} {path}",
            why=f"there is no folder {folder}",
            hint=f"ls {os.path.dirname(folder) or '.'}",
        )
    names = [entry for entry in _names(folder or ".") if what != "script" or entry.endswith(".py")]
    near = nearest(name, names, count=3)
    where = os.path.realpath(folder or ".")
    why = f"{where} has no such file"
    if near:
        why += f"; near are {', '.join(near)}"
    hint = f"pydelve {command} {os.path.join(folder, near[0])}" if near and what == "script" else f"ls {folder or '.'}"
    return UsageError(f"there is no {what} {path}", why=why, hint=hint)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def folder_path(path: str | None) -> str:
    """The folder of ``--cwd``, "" where it was not given."""
    if path is None:
        return ""
    if not os.path.isdir(path):
        why = "it is a file" if os.path.exists(path) else "there is no such folder"
        raise UsageError(f"--cwd {path} is no folder", why=why, hint=f"ls {os.path.dirname(path) or '.'}")
    return os.path.abspath(path)


def interpreter_path(path: str | None) -> str:
    """The interpreter of ``--python``, "" where it was not given.

    Names are looked for in PATH, a folder is taken for a virtual environment.
    """
    if path is None:
        return ""
    if os.path.isdir(path):
        path = os.path.join(path, "bin", "python")
    if "/" in path:
        found = path
    else:
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        found = next((p for folder in folders if os.access(p := os.path.join(folder, path), os.X_OK)), "")
        if not found:
            raise UsageError(
                f"there is no interpreter {path}",
                why="no folder of PATH has it",
                hint="pydelve debug --python /path/to/python ...",
            )
    if not os.path.exists(found):
        raise UsageError(
            f"there is no interpreter {path}", why="no such file", hint="pydelve debug --python /path/to/python ..."
        )
    if not os.access(found, os.X_OK):
        raise UsageError(f"{path} can't be run", why="it is not executable", hint=f"ls -l {path}")
    return os.path.abspath(found)


def _environment(parsed: Words) -> dict[str, str]:
    result = {}
    for setting in parsed.values.get("--env", []):
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise UsageError(
                f"--env {setting} sets nothing", why="it is NAME=VALUE", hint=f"--env {name or 'NAME'}=VALUE"
            )
        result[name] = value
    return result


def _redirects(parsed: Words) -> dict[str, str]:
    result: dict[str, str] = {}
    for redirect in parsed.values.get("--redirect", []):
        stream, _, path = redirect.partition(":")
        if stream not in _STREAMS or not path:
            near = nearest(stream, _STREAMS)
            raise UsageError(
                f"--redirect {redirect} connects nothing",
                why=f"it is stdin, stdout or stderr, a colon and a file; {stream!r} is no stream"
                if path
                else "it is STREAM:FILE",
                hint=f"--redirect {near[0] if near else 'stdout'}:{path or 'FILE'}",
            )
        if stream in result:
            raise UsageError(
                f"{stream} is redirected twice", why=f"to {result[stream]} and {path}", hint="leave one away"
            )
        result[stream] = path
    return result


def check_full_screen(wanted: bool, *, interactive: bool, command: str) -> None:
    """Refuse the full-screen view where there is no terminal.

    Raises:
        UsageError: it is wanted all the same.
    """
    if wanted and not interactive:
        raise UsageError(
            "--tui needs a terminal",
            why="standard input or output is none",
            hint=f"pydelve {command} without --tui reads commands from standard input",
        )


def init_lines(path: str | None) -> tuple[str, ...]:
    """The lines of an init file; none where none is asked for.

    Raises:
        UsageError: it can't be read.
    """
    if path is None:
        return ()
    try:
        return tuple(read_commands(path, errors="backslashreplace").splitlines(keepends=True))
    except FileNotFoundError:
        folder, name = os.path.split(path)
        raise _missing("init file", path, folder, name) from None
    except OSError as error:
        raise UsageError(
            f"the init file {path} can't be read", why=error.strerror or str(error), hint=f"ls -l {path}"
        ) from error
