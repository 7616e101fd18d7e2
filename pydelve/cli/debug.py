"""``pydelve debug``: starts the program under the debugger and gives the user the prompt, or runs a script of commands.

Order matters: the terminal's modes are taken before anything changes them, the keeper is forked before any thread
exists, and the target starts while prompt-toolkit and pygments are imported (PITFALLS 23).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pydelve import log
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import ExitStatus
from pydelve.cli.importing import importing
from pydelve.cli.launching import HELP, Launch, check_full_screen, read_words
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import import_late
from pydelve.client import Client
from pydelve.server.pipe import open_session
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.keeper import Keeper
from pydelve.terminal.signals import hang_ups_to

if TYPE_CHECKING:  # what needs it is imported while the target starts
    from pydelve.terminal.session import Session

__all__ = ["HELP", "run"]


def run(words: Sequence[str]) -> int:
    """Debug one program, from its start to the end of the session; gives back pydelve's exit status."""
    start(read_words(words))
    return 0


def start(launch: Launch) -> ExitStatus | None:
    """Start a program and debug it to the end of the session; how it ended, None where it did not before we left it."""
    log_path = log.configure(launch.log or None, verbose=launch.log is not None)
    if launch.log is not None:
        print(f"log: {log_path}", file=sys.stderr)
    interactive = launch.headless is None and sys.stdin.isatty() and sys.stdout.isatty()
    check_full_screen(launch.full_screen, interactive=interactive, command="debug")
    with ExitStack() as cleanup:
        console = ProgramConsole()
        terminal_fd = -1
        keeper = None
        if interactive:
            cleanup.callback(console.close)
            terminal_fd = console.open()
            keeper = Keeper.start(console.master_fd, 1)
            cleanup.callback(keeper.close)
        with_terminal = cleanup.enter_context(ExitStack())
        # a program that we start goes with the terminal, as it would without us, also before the first prompt
        with_terminal.enter_context(hang_ups_to(console.hang_up))
        streams = Streams(launch.redirects, terminal_fd=terminal_fd)
        cleanup.callback(streams.close)
        if launch.headless is not None:
            ended: ExitStatus | None = import_late("pydelve.cli.headless").run(
                launch.headless, _options(launch, streams)
            )
            return ended
        front = "pydelve.cli.in_terminal" if interactive else "pydelve.cli.from_input"
        with importing(front):
            transport = open_session(_options(launch, streams))
        cleanup.callback(transport.close)
        client = Client(transport)
        if keeper is not None:
            session: Session = import_late(front).run(client, console, streams, launch, keeper)
            transport.close()
            with_terminal.close()
            if session.left_running and streams.terminal:
                _stay_its_terminal(console, session.left_running)
        else:
            session = import_late(front).run(client, streams, launch, input_lines())
    return session.exit


def _stay_its_terminal(console: ProgramConsole, pid: int) -> None:
    """A program that was detached from keeps its terminal until it ends, as from a shell."""
    try:
        exit_fd = os.pidfd_open(pid)
    except ProcessLookupError:
        console.drain()
        return
    try:
        console.run_until_program_ends(exit_fd)
    finally:
        os.close(exit_fd)


def _options(launch: Launch, streams: Streams) -> LaunchOptions:
    return LaunchOptions(
        kind="module" if launch.module else "script",
        program=launch.program,
        arguments=launch.arguments,
        interpreter_options=launch.interpreter_options,
        tests=launch.tests,
        follow=not launch.tests,
        python=launch.python,
        cwd=launch.cwd,
        environment=launch.environment,
        stdin_fd=streams.stdin_fd,
        stdout_fd=streams.stdout_fd,
        stderr_fd=streams.stderr_fd,
        terminal=streams.terminal,
        # The commands of an init file come before the program runs.
        stop_at_entry=bool(launch.init) or not launch.continue_,
    )


def input_lines() -> Iterator[str]:
    """The lines of standard input as they come."""
    with open(os.dup(0), encoding="utf-8", errors="backslashreplace") as stream:
        yield from iter(stream.readline, "")
