"""Traced calls as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TraceRecord
from pydelve.terminal.durations import duration
from pydelve.terminal.names import counted
from pydelve.terminal.stacks import printable
from pydelve.terminal.theme import PLAIN, Theme
from pydelve.terminal.trace_book import Book

_COMMAND = 100  # letters of it
_INDENT = "  "
_MAIN = "MainThread"
_SELF_MATTERS = 0.99  # below this share of the whole


class TraceLines:
    """Makes the lines of one trace."""

    def __init__(self, book: Book, theme: Theme = PLAIN, *, whole: bool = False) -> None:
        """``whole``: begin and end of a call come together, and make one line."""
        self._book, self._theme, self._whole = book, theme, whole
        self._calls: dict[tuple[int, int], TraceRecord] = {}

    def batch(self, batch: Traced) -> Iterator[str]:
        """The lines of a batch, which the book has taken."""
        if batch.lost:
            whose = f"[{self._process()}] " if self._process() else ""
            yield self._theme.bad(f"{whose}{counted(batch.lost, 'record')} lost: not read in time")
        for record in batch.records:
            yield from self.record(record)

    def begins(self, target: Target) -> Iterator[str]:
        """A child is traced, or another program in a process's place."""
        if self._book.page_of(target.id) is self._book.pages[1]:
            return
        above = self._book.page_of(target.parent)
        parent = f", a child of {above.pid}" if above else ""
        info = target.info
        program = "forked" if target.how == "fork" else printable(" ".join((info.executable, *info.argv)))
        program = f"{program[:_COMMAND]}..." if len(program) > _COMMAND + len("...") else program
        yield self._theme.dim(f"{'':12}[{info.pid}] {program}{parent}")

    def end(self) -> list[str]:
        """All has been said."""
        return []

    def record(self, record: TraceRecord) -> Iterator[str]:
        """The lines of one record."""
        if self._whole and record.kind == "call":
            self._calls[self._book.page.number, record.call] = record
            return
        called = self._calls.pop((self._book.page.number, record.call), None) if self._whole else None
        before = self._before(called or record)
        if called is not None:
            yield f"{before}{self._called(called)} {self._what(record)}{self._times(record)}"
        elif record.kind == "call":
            yield before + self._called(record)
        else:
            yield f"{before}{self._name(record)} {self._what(record)}{self._times(record)}"
        for caller in (called or record).callers:
            yield self._theme.dim(f"{'':12}{_INDENT * (record.depth + 1)}from {printable(caller)}")

    def _before(self, record: TraceRecord) -> str:
        thread, task = self._book.thread(record), self._book.task(record)
        name = "" if thread.name == _MAIN else thread.name or f"thread {thread.thread}"
        where = " ".join(printable(each) for each in (self._process(), name, task) if each)
        shown = f"[{where}] " if where else ""
        return self._theme.dim(f"{record.time_s:10.6f}  {shown}") + _INDENT * record.depth

    def _process(self) -> str:
        """Where there are several."""
        return self._book.page.process if self._book.processes > 1 else ""

    def _name(self, record: TraceRecord) -> str:
        return printable(self._book.function(record).name)

    def _called(self, record: TraceRecord) -> str:
        function = self._book.function(record)
        arguments = ", ".join(
            f"{name}={value}" for name, value in zip(function.parameters, record.values, strict=False)
        )
        if not record.values and (function.parameters or not function.file):
            arguments = "..."
        elif not function.file:  # more than the first one is not known
            arguments = f"{record.values[0]}, ..." if record.values[0].strip() else ""
        return f"{self._theme.strong(self._name(record))}({arguments})"

    def _what(self, record: TraceRecord) -> str:
        value = record.values[0] if record.values else ""
        match record.kind:
            case "return":
                return f"-> {value}" if value else "returns"
            case "raise":
                return self._theme.bad(f"raises {value}".rstrip())
            case "propagate":
                return self._theme.bad(f"is left by {value or 'an exception'}")
            case "yield":
                return f"yields {value}".rstrip()
            case "await":
                return "awaits"
            case "throw":
                return self._theme.bad(f"gets {value or 'an exception'} thrown in")
        return "goes on"

    def _times(self, record: TraceRecord) -> str:
        if record.kind in {"resume", "throw"}:
            return self._theme.dim(f"  after {duration(record.suspended_s)}")
        parts = [duration(record.run_s)]
        if record.kind not in {"yield", "await"}:
            if record.self_s < record.run_s * _SELF_MATTERS:
                parts.append(f"self {duration(record.self_s)}")
            if record.suspended_s > record.run_s / 1000:
                parts.append(f"suspended {duration(record.suspended_s)}")
        return self._theme.dim(f"  {', '.join(parts)}")


def end_line(book: Book) -> str:
    """What it came to."""
    text = f"{counted(book.calls, 'call')} of {counted(book.functions, 'function')}"
    text += f" in {book.processes:,} processes" if book.processes > 1 else ""
    text += " traced" + (f", {counted(book.lost, 'record')} lost" if book.lost else "")
    if book.telling_s and book.traced_s:
        share, whose = min(1.0, book.telling_s / book.traced_s), "program's" if book.processes < 2 else "processes'"
        text += f"; telling of one took {duration(book.telling_s / book.records)}, {share:.1%} of the {whose} time"
    return text
