"""The ``pydelve`` command: finds the subcommand, runs it, and turns every error into text and an exit status.

Exit statuses: 0 all went well; 2 wrong words; 1 another error of ``errors``; 70 our own bug; 130 Ctrl-C. How the
debugged program ended does not count.
"""

from __future__ import annotations

import errno
import os
import sys

from pydelve.cli.subcommands import SUBCOMMANDS, import_late
from pydelve.errors import InternalError, PydelveError, UsageError
from pydelve.terminal.messages import error_lines, internal_error_lines
from pydelve.terminal.names import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ASKS_HELP = {"-h", "--help", "-?"}
_ASKS_VERSION = {"-V", "--version"}
_ANYWHERE = {"help", "version", "ps", "stack"}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``pydelve`` with these words (``sys.argv`` without its first where None); gives back the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    status = _status(words)
    if argv is None and words[:1] == ["stack"]:
        os._exit(status)  # what it has written is out, and nothing else is left: taking it all down costs a tenth
    return status


def _status(words: list[str]) -> int:
    _open_closed_streams()
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except PydelveError as error:
        _complain(error_lines(error, prefix="pydelve: "))
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output is gone; Python's own flush at the end must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as error:  # noqa: BLE001  # our own bug, said as one; the traceback goes to the log
        if isinstance(error, OSError) and error.errno in _FULL:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _complain([f"pydelve: {os.strerror(error.errno)}", "  why: what it writes goes there no more"])
            return 1
        doing = f"running pydelve {words[0]}" if words else "starting"
        path: str = import_late("pydelve.log").record_internal_error(doing, error)
        _complain(internal_error_lines(doing, error, path))
        return InternalError.exit_status


def _open_closed_streams() -> None:
    """Standard streams that were closed (``<&-``) are the null device: nothing else may get their numbers."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
            os.set_inheritable(fd, True)
            setattr(sys, name, os.fdopen(fd, "w" if fd else "r", closefd=False))


def _run(words: list[str]) -> int:
    if not words or words[0] in _ASKS_HELP:
        words = ["help"]
    elif words[0] in _ASKS_VERSION:
        words = ["version"]
    name, *rest = words
    if name not in SUBCOMMANDS:
        raise _unknown(name)
    if rest and rest[0] in _ASKS_HELP:
        name, rest = "help", [name]
    if name not in _ANYWHERE:
        _check_folder()
    run: Callable[[Sequence[str]], int] = import_late(SUBCOMMANDS[name][0]).run
    return run(rest)


def _check_folder() -> None:
    """Paths are shown, and found, by the current folder: a session needs one."""
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(
            "the current folder is not there any more", why=os.strerror(error.errno or 0), hint="cd to one that exists"
        ) from error


def _unknown(name: str) -> UsageError:
    if name.endswith(".py") or os.path.exists(name):
        return UsageError(
            f"{name} is no subcommand of pydelve", why="a program is debugged by debug", hint=f"pydelve debug {name}"
        )
    near = nearest(name, SUBCOMMANDS)
    return UsageError(
        f"{name} is no {'option' if name.startswith('-') else 'subcommand'} of pydelve",
        why=f"there are {', '.join(SUBCOMMANDS)}",
        hint=f"pydelve {near[0]}" if near else "pydelve help",
    )


def _complain(lines: list[str]) -> None:
    print("\n".join(lines), file=sys.stderr)
