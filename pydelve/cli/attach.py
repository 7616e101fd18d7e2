"""``pydelve attach``: debugs a process that was started without a debugger; it runs on when the session ends.

Where it can't be controlled it is at least looked at, from outside.
"""

from __future__ import annotations

import re
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import get_args

from pydelve import config_file, log
from pydelve.api.attach import AttachMethod, AttachOptions, LookOptions
from pydelve.cli.debug import input_lines
from pydelve.cli.headless_options import HEADLESS, read_headless
from pydelve.cli.importing import importing
from pydelve.cli.launching import LOG, TUI, check_full_screen, init_lines
from pydelve.cli.options import Option, Words, parse
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import Help, import_late
from pydelve.client import Client
from pydelve.errors import NotAPythonError, PydelveError, TargetError, TargetGoneError, UsageError
from pydelve.records import dataclass
from pydelve.server.pipe import PipeTransport, open_session
from pydelve.target.live.finding import PythonProcess, find_processes
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.stacks import printable

_OPTIONS = (
    Option("--name", "the one process whose command line matches, instead of PID", "PATTERN"),
    Option("--wait-for", "the same, as soon as there is one", "PATTERN"),
    Option("--continue", "let it run until a breakpoint, without stopping it first"),
    Option("--children", "attach to the Python processes that it has started, too"),
    Option("--init", "run the commands in a file first", "FILE"),
    TUI,
    Option("--method", f"way into it: {', '.join(get_args(AttachMethod))}", "METHOD"),
    *HEADLESS,
    LOG,
)
HELP = Help(
    "attach",
    ("[options] PID", "[options] --name PATTERN", "[options] --wait-for PATTERN"),
    details=(
        "Attaches to a running CPython 3.9 to 3.15, stops it, and shows where. Nothing has to be installed in its\n"
        "environment, and no port is opened. However the session ends, it runs on with nothing of pydelve in it;\n"
        "only exit -k kills it. Where it can't be controlled it is looked at from outside, with no code run in it,\n"
        "and every command that looks works. PATTERN is a regular expression that is searched in the whole command\n"
        "line. Options stand before PID."
    ),
    options=_OPTIONS,
    examples=(
        ("pydelve attach 1234", "stop it, and show where"),
        ("pydelve attach --name 'worker.py --queue mail'", "by its command line"),
        ("pydelve attach --children 1234", "a server's master, and its workers"),
        ("pydelve attach --continue --init cmds 1234", "breakpoints by the commands in a file"),
    ),
)
_POLL_S = 0.05
_BEGIN_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Opening:
    """How the session begins."""

    init: tuple[str, ...]
    continue_: bool
    full_screen: bool


def run(words: Sequence[str]) -> int:
    """Attach, debug to the end of the session, let go; gives back pydelve's exit status."""
    parsed = parse("attach", _OPTIONS, words)
    log_path = log.configure(parsed.last("--log") or None, verbose=parsed.last("--log") is not None)
    if parsed.last("--log") is not None:
        print(f"log: {log_path}", file=sys.stderr)
    opening = Opening(
        init_lines(parsed.last("--init")), parsed.last("--continue") is not None, parsed.last("--tui") is not None
    )
    method, children = _method(parsed.last("--method")), parsed.last("--children") is not None
    headless = read_headless(parsed, "attach")
    if headless is not None:
        import_late("pydelve.cli.headless").run(
            headless, AttachOptions(_process(parsed), method, not opening.continue_, follow=True, children=children)
        )
        return 0
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    check_full_screen(opening.full_screen, interactive=interactive, command="attach")
    front = "pydelve.cli.in_terminal" if interactive else "pydelve.cli.from_input"
    with ExitStack() as cleanup:
        pid = _process(parsed)
        stop = bool(opening.init) or not opening.continue_
        with importing(front):
            status, transport = _reach(
                AttachOptions(pid, method, stop, follow=True, children=children),
                retry=parsed.last("--wait-for") is not None,
            )
        cleanup.callback(transport.close)
        client, streams = Client(transport), Streams({})
        if interactive:
            # Ctrl-Z would stop pydelve, and with it a program that stands or is about to
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
            import_late(front).run(client, ProgramConsole(), streams, opening)
        else:
            import_late(front).run(client, streams, opening, input_lines())
    return status


def _reach(options: AttachOptions, *, retry: bool) -> tuple[int, PipeTransport]:
    """The session, and pydelve's exit status: where the process can't be controlled it is looked at.

    Raises:
        TargetError: why it can't be controlled, where not even that is possible.
    """
    try:
        return 0, _open(options, retry=retry)
    except TargetError as error:
        why = f"{error.message}: {error.why}" if error.why else error.message
        hint = "" if error.hint.startswith("pydelve stack") else error.hint
        try:
            return error.exit_status, open_session(LookOptions(options.pid, why, hint))
        except PydelveError:
            raise error from None


def _open(options: AttachOptions, *, retry: bool) -> PipeTransport:
    """The session; with ``retry``, a process that has only just begun is given time to become a Python."""
    deadline = time.monotonic() + _BEGIN_LIMIT_S
    while True:
        try:
            return open_session(options)
        except TargetGoneError:
            raise
        except TargetError:
            if not retry or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_S)


# -- words -------------------------------------------------------------------------------------------------------------


def _method(word: str | None) -> AttachMethod:
    """The one asked for, else that of the settings; a damaged file of them is told of when the session begins."""
    if word is None:
        with suppress(PydelveError):
            return config_file.load()[0].attach_method
    for method in get_args(AttachMethod):
        if word in (None, method):
            found: AttachMethod = method
            return found
    raise UsageError(
        f"there is no way in called {word}", why=f"there are {', '.join(get_args(AttachMethod))}",
        hint="pydelve attach PID",
    )  # fmt: skip


def _process(parsed: Words) -> int:
    name, wait_for = parsed.last("--name"), parsed.last("--wait-for")
    given = len([word for word in (name, wait_for) if word is not None]) + len(parsed.rest)
    if given != 1:
        raise UsageError(
            "pydelve attach needs one process",
            why=f"it was given {given}" if given else "neither PID nor --name nor --wait-for was given",
            hint="pydelve ps",
        )
    if parsed.rest:
        word = parsed.rest[0]
        if not (word.isascii() and word.isdecimal()):
            raise UsageError(
                f"{word} is no number of a process", why="a pid is a number", hint=f"pydelve attach --name {word}"
            )
        return int(word)
    pattern = _compiled(name if name is not None else wait_for or "")
    found = _matching(pattern)
    if wait_for is not None and not found:
        print(f"waiting for a process that matches {wait_for}", file=sys.stderr)
        while not found:
            time.sleep(_POLL_S)
            found = _matching(pattern)
    return _only(found, pattern.pattern)


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(
            f"{text} is no regular expression", why=str(error), hint=f"pydelve attach --name {re.escape(text)}"
        ) from error


def _matching(pattern: re.Pattern[str]) -> list[PythonProcess]:
    return [process for process in find_processes() if pattern.search(" ".join(process.command))]


def _only(found: Sequence[PythonProcess], text: str) -> int:
    if len(found) == 1:
        return found[0].pid
    if not found:
        raise NotAPythonError(
            f"no Python process matches {text}", why="none has it in its command line", hint="pydelve ps"
        )
    raise UsageError(
        f"{len(found)} processes match {text}",
        why="; ".join(f"{process.pid} {printable(shlex.join(process.command))[:60]}" for process in found[:5]),
        hint=f"pydelve attach {found[0].pid}",
    )
