"""The program's own screen: the person's terminal given to the program for a while, or what it wrote shown there.

For programs that draw on the whole screen, and for whoever wants to see what the program's user would. On the main
thread, while prompt-toolkit has let go of the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.keeper import LEAVE_FULL_SCREEN
from pydelve.terminal.tui.model import View

_PAGES = 3


def shown(view: View, rows: int) -> bytes:
    """What the program's screen showed: its own drawing, or the last lines that it wrote.

    Those on an alternate screen too: our own terminal keeps what it showed before.
    """
    if view.output.full_screen:
        return bytes(view.output.replay)
    lines = ["".join(text for _, text in line) for line in view.output.lines[-rows * _PAGES :]]
    data = b"\x1b[?1049h\x1b[H\x1b[2J" + "\r\n".join(lines).encode("utf-8", "replace")
    return data + b"\r\n" if view.output.column == 0 and lines else data


def lend(console: ProgramConsole, view: View, rows: int, until_fd: int, halt: Callable[[], None]) -> None:
    """Be the program's terminal until ``until_fd`` is readable: keys are as at the plain prompt, Ctrl-C halts."""
    console.relay(until_fd, halt, view.output.feed, first=shown(view, rows))
    write_all(sys.stdout.fileno(), LEAVE_FULL_SCREEN)


def look(view: View, rows: int) -> None:
    """Show the program's screen until a key is pressed; the terminal gives keys as they come."""
    note = b"" if view.output.full_screen else b"\r\n[a key goes back to pydelve]"
    fd = sys.stdout.fileno()
    write_all(fd, shown(view, rows) + note)
    os.read(sys.stdin.fileno(), 64)
    write_all(fd, LEAVE_FULL_SCREEN)


def write_all(fd: int, data: bytes) -> None:
    """Write to a terminal, however slow."""
    while data:
        data = data[os.write(fd, data) :]
