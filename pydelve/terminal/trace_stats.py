"""What calls cost, by function: the table of ``pydelve trace --stats``. Pure but for the clock of the live one.

Summed up in the program, or, where calls are singled out, here of their records. Durations are counted in classes two
percent apart, so that any number of calls takes little memory; the longest is exact.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TracedSum
from pydelve.terminal.durations import duration
from pydelve.terminal.names import counted
from pydelve.terminal.stacks import printable
from pydelve.terminal.strip import Strip
from pydelve.terminal.theme import PLAIN, Theme
from pydelve.terminal.trace_book import Book, Page

_HEAD = ("calls", "errors", "total", "self", "p50", "p90", "p99", "max")
_LEFT_OUT = ("p50", "p90", "max", "p99", "errors", "self")
"""Where it is narrow, first what is missed least."""
_NAME_COLUMNS = 28
_QUANTILES = (0.5, 0.9, 0.99)
_GROWTH = math.log(1.02)
_LEAST_S = 1e-9
_EVERY_S = 0.5
_CUT = 8  # columns from which on it is said that something is missing
_LIVE_ROWS = 20
_ROWS_BESIDES = 2  # the head, and how many functions are not there
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
        live: Where it is drawn again and again while calls are told of; None: it is made only once.
    """

    def __init__(self, book: Book, theme: Theme = PLAIN, *, live: Strip | None = None) -> None:
        self._book, self._theme = book, theme
        self._functions: dict[tuple[Page, int], _Function] = {}
        self._live = live
        self._next = time.monotonic() + _EVERY_S

    def batch(self, batch: Traced) -> Iterator[str]:
        """Take a batch, and draw the live table where it is due; there are no lines yet."""
        page = self._book.page
        for record in batch.records:
            if record.kind in _ENDS:
                function = self._functions.setdefault((page, record.function), _Function())
                function.add(record.run_s, record.self_s, error=record.kind != "return")
        for found in batch.sums:
            self._functions.setdefault((page, found.function), _Function()).take(found)
        if self._live is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            columns, rows = self._live.size()
            most = min(_LIVE_ROWS, rows // 2, rows - _ROWS_BESIDES)
            if most > 0:
                self._live.draw(self._table(most, columns))
        return iter(())

    def begins(self, target: Target) -> Iterator[str]:
        """A process is traced: there is one table of all."""
        yield from ()

    def end(self) -> list[str]:
        """The table, longest total first."""
        if self._live is not None:
            self._live.close()
        lines = self._table(None)
        if self._book.lost:
            lines.append(f"{counted(self._book.lost, 'record')} lost: calls are missing from this")
        return lines

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
        shown, room = _fitting(widths, columns)
        lines = [
            "  ".join([*(row[column].rjust(widths[column]) for column in shown), _end_of(row[-1], room)])
            for row in rows
        ]
        more = len(ordered) - len(rows) + 1
        if more:
            lines.append(_end_of(f"...+{counted(more, 'function')} more", columns))
        return [self._theme.strong(lines[0]), *lines[1:]]


def _fitting(widths: list[int], columns: int) -> tuple[list[int], int]:
    """Which numbers there is place for beside the names, and how much is left for these; 0 columns: there is no end."""
    shown = list(range(len(_HEAD)))
    if not columns:
        return shown, 0
    left_out = iter(_LEFT_OUT)
    while True:
        room = columns - sum(widths[column] + 2 for column in shown)
        name = next(left_out, None) if room < _NAME_COLUMNS else None
        if name is None:
            return shown, max(room, 1)
        shown.remove(_HEAD.index(name))


def _end_of(name: str, room: int) -> str:
    """As much of the end as fits for certain: a letter that is not ASCII may take two columns. 0: all."""
    needed = sum(1 if letter.isascii() else 2 for letter in name)
    if not room or needed <= room:
        return name
    before = "..." if room > _CUT else ""
    while needed > room - len(before):
        needed -= 1 if name[0].isascii() else 2
        name = name[1:]
    return before + name
