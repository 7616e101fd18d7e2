"""What calls cost, by function: the table of ``pydelve trace --stats``. Pure but for the clock of the live one.

Summed up in the program, or, where calls are singled out, here of their records. Durations are counted in classes two
percent apart, so that any number of calls takes little memory; the longest is exact.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TracedSum
from pydelve.terminal.durations import duration
from pydelve.terminal.names import counted
from pydelve.terminal.stacks import printable
from pydelve.terminal.theme import PLAIN, Theme
from pydelve.terminal.trace_book import Book, Page

_HEAD = ("calls", "errors", "total", "self", "p50", "p90", "p99", "max")
_QUANTILES = (0.5, 0.9, 0.99)
_GROWTH = math.log(1.02)
_LEAST_S = 1e-9
_EVERY_S = 0.5
_LIVE_ROWS = 20
_ENDS = {"return", "raise", "propagate"}


class _Function:
    """The calls of one function that have ended."""

    def __init__(self) -> None:
        self.calls = self.errors = 0
        self.total_s = self.self_s = self.longest_s = 0.0
        self._durations: dict[float, int] = {}  # by the end of the class

    def add(self, run_s: float, self_s: float, *, error: bool) -> None:
        self.calls += 1
        self.errors += error
        self.total_s += run_s
        self.self_s += self_s
        self.longest_s = max(self.longest_s, run_s)
        end_s = math.exp((math.floor(math.log(max(run_s, _LEAST_S)) / _GROWTH) + 1) * _GROWTH)
        self._durations[end_s] = self._durations.get(end_s, 0) + 1

    def take(self, found: TracedSum) -> None:
        """All that there is of it so far, summed up elsewhere."""
        self.calls, self.errors = found.calls, found.errors
        self.total_s, self.self_s, self.longest_s = found.total_s, found.self_s, found.longest_s
        self._durations = dict(found.durations)

    def merge(self, other: _Function) -> None:
        """Those of another one, too."""
        self.calls += other.calls
        self.errors += other.errors
        self.total_s += other.total_s
        self.self_s += other.self_s
        self.longest_s = max(self.longest_s, other.longest_s)
        for end_s, count in other._durations.items():
            self._durations[end_s] = self._durations.get(end_s, 0) + count

    def quantile(self, share: float) -> float:
        """At least so many of the calls took no longer."""
        wanted, seen = math.ceil(self.calls * share), 0
        for end_s, count in sorted(self._durations.items()):
            seen += count
            if seen >= wanted:
                return min(self.longest_s, end_s)
        return self.longest_s


class TraceStats:
    """Makes the table.

    Args:
        live: It is drawn again and again, over itself, on a terminal of so many columns and rows; None: only once.
    """

    def __init__(self, book: Book, theme: Theme = PLAIN, *, live: Callable[[], tuple[int, int]] | None = None) -> None:
        self._book, self._theme = book, theme
        self._functions: dict[tuple[Page, int], _Function] = {}
        self._live = live
        self._drawn = 0
        self._next = time.monotonic() + _EVERY_S

    def batch(self, batch: Traced) -> Iterator[str]:
        """Take a batch; the live table, where it is due."""
        page = self._book.page
        for record in batch.records:
            if record.kind in _ENDS:
                function = self._functions.setdefault((page, record.function), _Function())
                function.add(record.run_s, record.self_s, error=record.kind != "return")
        for found in batch.sums:
            self._functions.setdefault((page, found.function), _Function()).take(found)
        if self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            columns, rows = self._live()
            # each takes one row, and the first one is on the screen still when they are drawn anew
            yield from self._over_itself(self._table(max(1, min(_LIVE_ROWS, (rows or _LIVE_ROWS + 3) - 3)), columns))

    def begins(self, target: Target) -> Iterator[str]:
        """A process is traced: there is one table of all."""
        yield from ()

    def end(self) -> list[str]:
        """The table, longest total first."""
        lines = self._table(None)
        if self._book.lost:
            lines.append(f"{counted(self._book.lost, 'record')} lost: calls are missing from this")
        return self._over_itself(lines) if self._live else lines

    def _over_itself(self, lines: list[str]) -> list[str]:
        back = self._theme.erase_lines(self._drawn)
        self._drawn = len(lines)
        return [back + lines[0], *lines[1:]]

    def _table(self, most: int | None, columns: int = 0) -> list[str]:
        named: dict[str, _Function] = {}  # several may have one name
        for (page, index), found in self._functions.items():
            named.setdefault(page.name(index), _Function()).merge(found)
        ordered = sorted(named.items(), key=lambda entry: (-entry[1].total_s, entry[0]))
        rows: list[tuple[str, ...]] = [(*_HEAD, "function")]
        for name, function in ordered[:most]:
            times = (function.total_s, function.self_s, *map(function.quantile, _QUANTILES), function.longest_s)
            rows.append((f"{function.calls:,}", f"{function.errors:,}", *map(duration, times), printable(name)))
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = [
            "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
        ]
        more = len(ordered) - len(rows) + 1
        if more:
            lines.append(f"...+{counted(more, 'function')} more")
        lines = [_cut(line, columns) if columns else line for line in lines]
        return [self._theme.strong(lines[0]), *lines[1:]]


def _cut(line: str, columns: int) -> str:
    """What fits for certain: a letter that is not ASCII may take two columns."""
    if line.isascii():
        return line[:columns]
    room = columns
    for index, letter in enumerate(line):
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return line[:index]
    return line
