"""The last rows of a terminal, kept for what is drawn again and again while others write on the same terminal.

What the program and pydelve write scrolls above them (a scrolling region, VT100's DECSTBM); the cursor is where they
left it. Each drawing is one write, so that nobody's output comes between its parts. Used by ``trace_stats.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_SAVE, _RESTORE, _DOWN, _ERASE_BELOW, _WHOLE = "\x1b7", "\x1b8", "\x1bD", "\x1b[J", "\x1b[r"
_LEAST_ABOVE = 2  # a region of one row is none


class Strip:
    """Nothing is kept before the first drawing."""

    def __init__(self, write: Callable[[str], object], size: Callable[[], tuple[int, int]]) -> None:
        """``write``: to the terminal, as it is; ``size``: its columns and rows, 0 where it doesn't know."""
        self._write, self._ask = write, size
        self._kept = 0
        self._size = 0, 0

    def size(self) -> tuple[int, int]:
        """Columns, and rows that may be drawn; (0, 0) where nothing can be."""
        columns, rows = self._ask()
        return (columns, rows - _LEAST_ABOVE) if columns > 0 and rows > _LEAST_ABOVE else (0, 0)

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines, each of one row, in place of those before."""
        size = self._ask()
        columns, rows = size
        if columns <= 0 or rows - len(lines) < _LEAST_ABOVE:
            return
        text = ""
        if self._kept and size != self._size:  # where rows are now, the terminal decided
            text, self._kept = f"{_SAVE}{_WHOLE}{_RESTORE}{_ERASE_BELOW}", 0
        self._size = size
        more = len(lines) - self._kept
        if more > 0:
            self._kept = len(lines)
            text += f"{_DOWN * more}\x1b[{more}A{_SAVE}\x1b[1;{rows - self._kept}r{_RESTORE}"
        text += _SAVE
        for index in range(self._kept):
            line = lines[index] if index < len(lines) else ""
            text += f"\x1b[{rows - self._kept + 1 + index};1H\x1b[2K{line}"
        self._write(text + _RESTORE)

    def close(self) -> None:
        """Give the rows back; the cursor is at the begin of a line then."""
        if not self._kept:
            return
        self._kept = 0
        # in a line that somebody has begun, so many spaces lead to the next one
        spaces = " " * (self._size[0] - 1)
        self._write(f"{_SAVE}{_WHOLE}{_RESTORE}{_ERASE_BELOW}{spaces}\r")
