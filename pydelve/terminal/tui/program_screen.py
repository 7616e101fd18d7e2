"""The program's own screen: the person's terminal given to the program for a while, or what it wrote shown there.

For programs that draw on the whole screen, and for whoever wants to see what the program's user would. On the main
thread, while prompt-toolkit has let go of the terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.application import in_terminal

from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.keeper import LEAVE_FULL_SCREEN
from pydelve.terminal.tui.model import View
from pydelve.terminal.tui.program_side import ProgramSide

if TYPE_CHECKING:
    from pydelve.terminal.tui.application import FullScreen

_PAGES = 3


class ProgramScreen:
    """Lends the terminal: to the program while it runs, to the person who looks at what it drew, to an editor.

    Args:
        full_screen: The view, which lets go of the terminal for the time.
        console: The program's terminal.
        side: Reads it otherwise.
    """

    def __init__(self, full_screen: FullScreen, console: ProgramConsole, side: ProgramSide) -> None:
        self._full_screen = full_screen
        self._console = console
        self._side = side
        self._lent = False
        self._quiet_fd, self._quiet = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._tasks: set[asyncio.Future[None]] = set()

    def close(self) -> None:
        """Once the application has ended, and the worker."""
        os.close(self._quiet)
        os.close(self._quiet_fd)

    def note_quiet(self) -> None:
        """Every command is done: the program has stopped. From the worker's thread."""
        if self._lent:
            os.write(self._quiet, b"!")

    def show(self, *, only_running: bool = False) -> None:
        """Let the program have the terminal while a command or the program runs; else show what it drew."""
        if self._console.master_fd < 0:
            self._full_screen.view.say("the program has a terminal of its own, which pydelve does not see")
        elif not self._lent:
            self._lent = True
            self._start(self._lend(only_running))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lend(self, only_running: bool) -> None:
        full_screen, session = self._full_screen, self._full_screen.session
        try:
            until_fd = session.client.event_fd() if session.status == "running" else -1
            until_fd = until_fd if full_screen.worker.idle else self._quiet_fd
            if until_fd < 0 and only_running:
                return
            self._side.pause()
            async with in_terminal():
                with full_screen.standing_still():
                    if until_fd < 0:
                        self._look()
                    else:
                        first = shown(full_screen.view, full_screen.size[1])
                        self._console.relay(until_fd, full_screen.interrupt, full_screen.view.output.feed, first=first)
                    write_all(sys.stdout.fileno(), LEAVE_FULL_SCREEN)
        finally:
            self._lent = False
            with contextlib.suppress(BlockingIOError):
                os.read(self._quiet_fd, 512)
            self._side.watch(asyncio.get_running_loop())

    def _look(self) -> None:
        """Show the program's screen until a key is pressed."""
        view = self._full_screen.view
        note = b"" if view.output.full_screen else b"\r\n[a key goes back to pydelve]"
        with self._full_screen.application.input.raw_mode():
            write_all(sys.stdout.fileno(), shown(view, self._full_screen.size[1]) + note)
            os.read(sys.stdin.fileno(), 64)

    @contextlib.contextmanager
    def handed_over(self) -> Iterator[None]:
        """The terminal is for another program, which the worker's thread runs, for the time of a ``with`` block."""
        free, done = threading.Event(), asyncio.Event()

        async def hand_over() -> None:
            async with in_terminal():
                free.set()
                await done.wait()

        self._full_screen.soon(lambda: self._start(hand_over()))
        free.wait()
        try:
            yield
        finally:
            self._full_screen.soon(done.set)


def shown(view: View, rows: int) -> bytes:
    """What the program's screen showed: its own drawing, or the last lines that it wrote.

    Those on an alternate screen too: our own terminal keeps what it showed before.
    """
    if view.output.full_screen:
        return bytes(view.output.replay)
    lines = ["".join(text for _, text in line) for line in view.output.lines[-rows * _PAGES :]]
    data = b"\x1b[?1049h\x1b[H\x1b[2J" + "\r\n".join(lines).encode("utf-8", "replace")
    return data + b"\r\n" if view.output.column == 0 and lines else data


def write_all(fd: int, data: bytes) -> None:
    """Write to a terminal, however slow."""
    while data:
        data = data[os.write(fd, data) :]
