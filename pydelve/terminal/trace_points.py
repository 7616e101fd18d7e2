"""The traces that were set at the prompt: their calls are shown while the program runs. Imported with the first one.

The target makes one trace at a time: all of them together are one, of a regular expression with their alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pydelve.api.events import Traced
from pydelve.api.requests import EndTracing, Request, StartTracing
from pydelve.api.tracing import TraceOptions
from pydelve.errors import UsageError
from pydelve.records import dataclass
from pydelve.terminal.theme import Theme
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_lines import TraceLines

_POSITION = re.compile(r" at position \d+")


@dataclass(frozen=True, slots=True)
class TracePoint:
    """One trace."""

    name: str
    """t1, t2 and so on."""
    text: str
    """What it is of, as typed."""
    patterns: tuple[str, ...]


class TracePoints:
    """Those of one session."""

    def __init__(self, theme: Theme) -> None:
        """There are none."""
        self._theme = theme
        self._points: dict[str, TracePoint] = {}
        self._count = 0
        self._lines = self._fresh()
        self._pid = 0
        self.elsewhere = False
        """Calls came, and never was any trace set here: another client's, or ``pydelve trace --headless``."""

    def _fresh(self) -> TraceLines:
        self._book = Book()
        return TraceLines(self._book, self._theme)

    def all(self) -> list[TracePoint]:
        """In the order in which they were set."""
        return list(self._points.values())

    def add(self, text: str, patterns: Iterable[str], pid: int, ask: Callable[[Request[None]], object]) -> TracePoint:
        """Begin to show these calls, too.

        Raises:
            UsageError: a pattern is no regular expression.
            UnsupportedError: the program's calls can't be traced.
        """
        point = TracePoint(f"t{self._count + 1}", text, tuple(patterns))
        try:
            self._start([*self._points.values(), point], ask)
        except UsageError as error:  # it speaks of all patterns together
            raise UsageError(
                f"{text} is no regular expression", why=_POSITION.sub("", error.why), hint=error.hint
            ) from error
        self._count, self._pid, self.elsewhere = self._count + 1, pid, False
        self._points[point.name] = point
        return point

    def remove(self, name: str, ask: Callable[[Request[object]], object]) -> TracePoint:
        """Show its calls no more."""
        point = self._points.pop(name)
        if self._points:
            self._start(self._points.values(), ask)
        else:
            ask(EndTracing())
        return point

    def renew(self, pid: int, ask: Callable[[Request[None]], object]) -> None:
        """The program with this pid stands: where it was started again, it is traced as the one before."""
        if self._points and self._pid not in {0, pid}:
            self._start(self._points.values(), ask)
        self._pid = pid

    def _start(self, points: Iterable[TracePoint], ask: Callable[[Request[None]], object]) -> None:
        patterns = [f"(?:{pattern})" for point in points for pattern in point.patterns]
        ask(StartTracing(TraceOptions("|".join(dict.fromkeys(patterns)))))
        self._lines = self._fresh()

    def lines(self, event: Traced) -> list[str]:
        """A batch of calls."""
        self.elsewhere = not self._count
        self._book.take(event)
        return list(self._lines.batch(event))


def function_pattern(name: str) -> str:
    """What is found in the ``module.qualname`` of the functions with this name."""
    return rf"(?:^|\.){re.escape(name)}$"
