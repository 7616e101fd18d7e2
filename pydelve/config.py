"""The user's folders for state and configuration, and the settings of the prompt with their defaults.

``config_file`` reads and writes the file of settings. Imported by the command line and the terminal; keeps no state of
its own.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Literal

from pydelve.records import dataclass, field

AttachMethod = Literal["auto", "thread", "pending", "pep768"]
"""As ``api.attach.AttachMethod``."""
Colors = Literal["auto", "always", "never"]
Keys = Literal["emacs", "vi"]
StopMode = Literal["all", "one"]
StopTargets = Literal["one", "all"]
ExceptionUnknown = Literal["stop", "confirm-later"]


def _about(summary: str) -> dict[str, str]:
    """What ``config`` shows of a field and the reference page lists."""
    return {"summary": summary}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may want otherwise; each field is a key of ``config``, with ``-`` for ``_``."""

    context_lines: int = field(
        default=2, metadata=_about("source lines shown before and after the current one at a stop")
    )
    list_lines: int = field(default=5, metadata=_about("the same for list"))
    stack_depth: int = field(default=50, metadata=_about("frames that stack shows without being told"))
    listing_lines: int = field(
        default=100, metadata=_about("entries that a listing shows without being told: funcs, vars, threads, ...")
    )
    width: int = field(
        default=100, metadata=_about("columns that a value may take in one line; a narrower terminal has less")
    )
    variable_lines: int = field(
        default=12, metadata=_about("lines that one value may take among others, in locals and args")
    )
    evaluation_timeout_s: float = field(
        default=10.0, metadata=_about("seconds after which an evaluation is interrupted")
    )
    slow_evaluation_s: float = field(
        default=0.1, metadata=_about("evaluations that took longer say that other threads moved meanwhile")
    )
    colors: Colors = field(
        default="auto", metadata=_about("auto (on a terminal, unless NO_COLOR is set), always or never")
    )
    keys: Keys = field(default="emacs", metadata=_about("how lines are edited at the prompt: emacs or vi"))
    pager: bool = field(default=True, metadata=_about("stop a long answer after each screenful (in a terminal)"))
    confirm_exit: bool = field(
        default=True, metadata=_about("ask before exit kills a program that is still under way (in a terminal)")
    )
    just_my_code: bool = field(default=True, metadata=_about("steps pass through libraries; step -all enters them"))
    step_skip: str = field(
        default="",
        metadata=_about("functions that steps pass through too: patterns, as in tests.* */vendor/*"),
    )
    attach_method: AttachMethod = field(
        default="auto", metadata=_about("how attach enters a process: auto, thread, pending or pep768 (3.14 and newer)")
    )
    stop: StopMode = field(
        default="all", metadata=_about("what a stop stops: all threads, or one: only that which has hit something")
    )
    stop_targets: StopTargets = field(
        default="one",
        metadata=_about("which of several processes a stop stops: one, or all, which go on together, too"),
    )
    follow_children: bool = field(
        default=True, metadata=_about("debug the program's children too, where they are Python: target follow")
    )
    stop_uncaught: bool = field(
        default=True, metadata=_about("stop, post-mortem, at every uncaught exception, also without a breakpoint")
    )
    exception_ignore: str = field(
        default="StopIteration StopAsyncIteration GeneratorExit CancelledError KeyboardInterrupt SystemExit",
        metadata=_about("classes that break -exc leaves out where it is about any exception"),
    )
    exception_unknown: ExceptionUnknown = field(
        default="stop",
        metadata=_about("break -exc -at-raise: where it can't be told who catches, stop, or confirm-later: at its end"),
    )
    aliases: tuple[tuple[str, str], ...] = field(
        default=(), metadata=_about("names of your own for commands: config alias COMMAND NAME")
    )
    substitute_path: tuple[tuple[str, str], ...] = field(
        default=(), metadata=_about("where the source of paths in the program is: config substitute-path FROM TO")
    )


def state_folder() -> str:
    """Path of the folder for history and logs, made with mode 0700 where it is missing.

    Raises:
        OSError: it can't be made.
    """
    folder = _folder("XDG_STATE_HOME", ".local", "state")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def config_folder() -> str:
    """Path of the folder for what the user wants, which need not exist."""
    return _folder("XDG_CONFIG_HOME", ".config")


def _folder(variable: str, *otherwise: str) -> str:
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), *otherwise)
    return os.path.join(base, "pydelve")


def private_file(name: str) -> str:
    """Path of a file in the state folder that exists and that only its owner can read (0600).

    Raises:
        OSError: it can't be made, or is no regular file: a link to ``/dev/null`` says that nothing is to be kept, and
            its mode is not ours to change.
    """
    path = os.path.join(state_folder(), name)
    fd = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK, 0o600)
    try:
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "no regular file", path)
        if mode & 0o077:
            os.fchmod(fd, 0o600)
    finally:
        os.close(fd)
    return path
