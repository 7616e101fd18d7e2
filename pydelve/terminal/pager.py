"""Stops a long answer after each screenful, at a prompt with a person: Enter or space for the next, q for no more.

Counts the lines as they are written; what it asks with is the terminal itself, in its own modes, which stand between
two commands. On the main thread.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Answer = Literal["page", "line", "all", "quit"]
_KEYS: dict[bytes, Answer] = {
    b" ": "page", b"f": "page", b"\r": "line", b"\n": "line", b"j": "line", b"a": "all", b"G": "all",
    b"q": "quit", b"\x1b": "quit", b"\x03": "quit", b"\x04": "quit",
    b"\x1b[6~": "page", b"\x1b[B": "line", b"\x1bOB": "line", b"\x1b[F": "all", b"\x1bOF": "all",
}  # fmt: skip
"""Page down, cursor down, End: the last five, in a terminal's two modes."""
_SEQUENCE_S = 0.05
_KEYBOARD = 0


_COLORS = re.compile(r"\x1b\[[\d;]*m")


class Pager:
    """Counts the rows of one command's answer.

    Args:
        size: Gives columns and rows of the terminal.
        ask: Shows that there is more, and gives the user's answer.
        rows: How many rows a line takes in so many columns (``tui/cells.py``, which comes with prompt-toolkit).
    """

    def __init__(
        self, size: Callable[[], tuple[int, int]], ask: Callable[[], Answer], rows: Callable[[str, int], int]
    ) -> None:
        self._size = size
        self._ask = ask
        self._rows_in = rows
        self._left: int | None = 0
        self._quit = False

    def begin(self) -> None:
        """A new answer begins, at the top of a page."""
        self._left = self._size()[1] - 1
        self._quit = False

    def is_full(self, line: str) -> bool:
        """Whether the user is asked before this line."""
        return not self._quit and self._left is not None and self._left < self._rows(line)

    def wants(self, line: str) -> bool:
        """Before a line is written: False where the user has seen enough. May wait for a key."""
        if self.is_full(line):
            answer = self._ask()
            self._quit = answer == "quit"
            self._left = {"page": self._size()[1] - 1, "line": 1, "all": None, "quit": 0}[answer]
        if self._left is not None:
            self._left -= self._rows(line)
        return not self._quit

    def _rows(self, line: str) -> int:
        return self._rows_in(_COLORS.sub("", line.rstrip("\n")), self._size()[0])


def ask_on_terminal() -> Answer:
    """One key, on the terminal of standard input; the question is wiped out afterwards."""
    sys.stdout.write("-- more: Space page, Enter line, a all, q quit --")
    sys.stdout.flush()
    try:
        with _key_by_key(_KEYBOARD):
            while True:
                key = _read_key(_KEYBOARD)
                if not key:
                    return "quit"
                if (answer := _KEYS.get(key)) is not None:
                    return answer
    except OSError:  # the terminal is gone
        return "all"
    finally:
        with suppress(OSError):
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()


def _read_key(fd: int) -> bytes:
    """One key and no more: what was typed after it is for the next question, or the prompt. b"" at the end."""
    key = os.read(fd, 1)
    if key != b"\x1b":
        return key
    while select.select([fd], [], [], _SEQUENCE_S)[0] and (byte := os.read(fd, 1)):  # a key of several bytes
        key += byte
        if b"@" <= byte <= b"~" if len(key) > 2 else byte not in b"[O":
            break
    return key


@contextmanager
def _key_by_key(fd: int) -> Iterator[None]:
    """The terminal gives each key at once, unseen, and Ctrl-C as a key."""
    try:
        before = termios.tcgetattr(fd)
    except termios.error as error:
        raise OSError(error.args[0], "no terminal") from error
    modes = list(before)
    modes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    modes[6] = list(before[6])
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSADRAIN, modes)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
