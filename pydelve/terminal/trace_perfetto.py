"""Traced calls as a file for Perfetto (ui.perfetto.dev) and chrome://tracing: Chrome's trace event format. Pure.

Each thread is a track with a slice for each time that a call ran; what a generator or coroutine goes on with is
connected by a flow to where it was suspended, in whatever thread. Each task of asyncio is a track of its own, with the
calls of coroutines from begin to end. See the document "Trace Event Format" for the letters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TraceRecord
from pydelve.records import dataclass
from pydelve.terminal.trace_book import Book, Page

_PROCESS = 1
_MOST_THREADS = 1_000_000  # of a process
_DIGITS = 3  # of microseconds
_INSIDE_S = 1e-9  # a flow begins before the end of its slice
_ENDS = {"return", "raise", "propagate"}
_RUNS_AGAIN = {"resume", "throw"}


@dataclass(frozen=True, slots=True)
class _Open:
    """A call that has not ended."""

    page: Page
    record: TraceRecord
    """Its first."""
    since_s: float
    """When it began to run, or went on; negative where it is suspended."""
    segments: int


class TracePerfetto:
    """Makes the lines of one file: one event a line, so that a file that was cut can be mended."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._open: dict[tuple[int, int], _Open] = {}  # by page and number
        self._named: set[tuple[int, int]] = set()
        self._tasks: dict[tuple[int, int], int] = {}  # calls that are open in their task's track, and the task
        self._began = False
        self._last_s = 0.0

    def batch(self, batch: Traced) -> Iterator[str]:
        """The events of a batch, which the book has taken."""
        yield from self._begin()
        for record in batch.records:
            self._last_s = max(self._last_s, record.time_s)
            for event in self._events(record):
                yield json.dumps(event) + ","
        if batch.lost:
            lost = {"ph": "i", "s": "g", "name": f"{batch.lost} records lost", "ts": _us(self._last_s)}
            yield json.dumps({**lost, "pid": self._pid(self._book.page), "tid": 0}) + ","

    def _begin(self) -> Iterator[str]:
        if not self._began:
            self._began = True
            yield '{"displayTimeUnit": "ns", "traceEvents": ['

    def begins(self, target: Target) -> Iterator[str]:
        """A process is traced: it has a track of its own."""
        if self._book.children:
            yield from self._begin()
            name = " ".join((target.info.executable, *target.info.argv))
            named = {"ph": "M", "name": "process_name", "pid": target.info.pid, "args": {"name": name}}
            yield json.dumps(named) + ","

    def _pid(self, page: Page) -> int:
        return page.pid if self._book.children else _PROCESS

    def _tid(self, page: Page, thread: int) -> int:
        """Threads of all processes have numbers of their own."""
        return thread + (page.number - 1) * _MOST_THREADS

    def _id(self, page: Page, number: object) -> object:
        return number if page.number == 1 else f"{page.number}:{number}"

    def end(self) -> list[str]:
        """The rest: calls that have not ended are as long as the trace."""
        lines = list(self._begin())
        for key, found in list(self._open.items()):
            if found.since_s >= 0:
                lines.append(json.dumps(self._slice(found, self._last_s, {"ended": False})) + ",")
            if key in self._tasks:
                lines.append(json.dumps(self._in_task("e", found, self._last_s, self._tasks[key])) + ",")
        end = {"ph": "M", "name": "process_name", "pid": _PROCESS, "args": {"name": "traced by pydelve"}}
        if self._book.children:  # each has its name, and nothing may come after the last comma
            end = {"ph": "M", "name": "trace_ends", "pid": self._book.pages[1].pid, "args": {}}
        return [*lines, json.dumps(end) + "]}"]

    def _events(self, record: TraceRecord) -> Iterator[dict[str, Any]]:
        page = self._book.page
        if (page.number, record.thread) not in self._named:
            self._named.add((page.number, record.thread))
            name = self._book.thread(record).name
            yield {
                "ph": "M", "name": "thread_name", "pid": self._pid(page), "tid": self._tid(page, record.thread),
                "args": {"name": name or f"thread {record.thread}"},
            }  # fmt: skip
        key = page.number, record.call
        found = self._open.get(key)
        if record.kind == "call":
            self._open[key] = _Open(page, record, record.time_s, 0)
            return
        if found is None:
            return
        if record.kind in _RUNS_AGAIN:
            self._open[key] = _Open(page, found.record, record.time_s, found.segments + 1)
            yield self._flow("f", record, found.segments + 1, record.time_s)
        elif record.kind in _ENDS:
            del self._open[key]
            yield self._slice(found, record.time_s, {record.kind: record.values[0] if record.values else ""}, record)
            if key in self._tasks:
                yield self._in_task("e", found, record.time_s, self._tasks.pop(key))
        else:
            yield from self._suspended(found, record)

    def _suspended(self, found: _Open, record: TraceRecord) -> Iterator[dict[str, Any]]:
        key = found.page.number, record.call
        if record.kind == "await" and record.task and key not in self._tasks:
            self._tasks[key] = record.task
            yield self._in_task("b", found, found.record.time_s, record.task)
        self._open[key] = _Open(found.page, found.record, -1.0, found.segments)
        yield self._slice(found, record.time_s, {record.kind: record.values[0] if record.values else ""}, record)
        yield self._flow("s", record, found.segments + 1, max(found.since_s, record.time_s - _INSIDE_S))

    def _slice(
        self, found: _Open, end_s: float, more: dict[str, Any], last: TraceRecord | None = None
    ) -> dict[str, Any]:
        """A time that a call ran; the thread may be another one each time."""
        begun, page = found.record, found.page
        function = page.function(begun.function)
        pairs = zip(function.parameters, begun.values, strict=False)
        shown = {name: value for name, value in pairs if value.strip()}
        task = page.tasks.get((last or begun).task, "")
        return {
            "ph": "X", "name": function.name, "cat": "call", "pid": self._pid(page),
            "tid": self._tid(page, (last or begun).thread),
            "ts": _us(found.since_s), "dur": _us(max(0.0, end_s - found.since_s)),
            "args": {
                **({"arguments": shown} if shown else {}), **more, **({"task": task} if task else {}),
                "at": f"{function.file}:{function.line}" if function.file else "C code",
            },
        }  # fmt: skip

    def _flow(self, letter: str, record: TraceRecord, number: int, time_s: float) -> dict[str, Any]:
        """From where a call is suspended to where it goes on: both stand inside of their slices."""
        page = self._book.page
        return {
            "ph": letter, "name": "suspended", "cat": "flow", "id": self._id(page, f"{record.call}.{number}"),
            "pid": self._pid(page), "tid": self._tid(page, record.thread), "ts": _us(time_s),
            **({"bp": "e"} if letter == "f" else {}),
        }  # fmt: skip

    def _in_task(self, letter: str, found: _Open, time_s: float, task: int) -> dict[str, Any]:
        """Begin or end of a coroutine's call in its task's own track."""
        page, begun = found.page, found.record
        return {
            "ph": letter, "name": page.name(begun.function), "cat": f"task {page.tasks.get(task, '')}",
            "id": self._id(page, task), "pid": self._pid(page), "tid": self._tid(page, begun.thread), "ts": _us(time_s),
        }  # fmt: skip


def _us(seconds: float) -> float:
    return round(seconds * 1e6, _DIGITS)
