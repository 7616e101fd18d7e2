"""Ctrl-Z at the prompt: pydelve is stopped as a shell's job, the terminal as the shell had it. On the main thread."""

from __future__ import annotations

import os
import signal
import termios

from pydelve.terminal.keyboard import Modes


class Suspension:
    """Remembers the terminal's modes from before the line editor changed them.

    The editor's own way to suspend does not give back all of them (flow control stays off).
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._modes = _modes(fd)

    def note_modes(self) -> None:
        """The terminal is as the user has it: the line editor does not read yet."""
        self._modes = _modes(self._fd)

    def suspend(self) -> None:
        """Stop; returns once pydelve was continued: at once where no shell could do that (the kernel sees to it)."""
        now = _modes(self._fd)
        if self._modes is not None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._modes)
        os.kill(0, signal.SIGTSTP)
        if now is not None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, now)


def _modes(fd: int) -> Modes | None:
    try:
        return termios.tcgetattr(fd)
    except termios.error:  # no terminal, or gone
        return None
