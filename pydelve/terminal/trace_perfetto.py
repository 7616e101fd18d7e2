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
from pydelve.api.tracing import TraceRecord
from pydelve.records import dataclass
from pydelve.terminal.trace_book import Book

_PROCESS = 1
_DIGITS = 3  # of microseconds
_INSIDE_S = 1e-9  # a flow begins before the end of its slice
_ENDS = {"return", "raise", "propagate"}
_RUNS_AGAIN = {"resume", "throw"}


@dataclass(frozen=True, slots=True)
class _Open:
    """A call that has not ended."""

    record: TraceRecord
    """Its first."""
    since_s: float
    """When it began to run, or went on; negative where it is suspended."""
    segments: int


class TracePerfetto:
    """Makes the lines of one file: one event a line, so that a file that was cut can be mended."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._open: dict[int, _Open] = {}
        self._named: set[int] = set()
        self._tasks: dict[int, int] = {}  # calls that are open in their task's track, and the task
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
            yield json.dumps({**lost, "pid": _PROCESS, "tid": 0}) + ","

    def _begin(self) -> Iterator[str]:
        if not self._began:
            self._began = True
            yield '{"displayTimeUnit": "ns", "traceEvents": ['

    def end(self) -> list[str]:
        """The rest: calls that have not ended are as long as the trace."""
        lines = list(self._begin())
        for call, found in list(self._open.items()):
            if found.since_s >= 0:
                lines.append(json.dumps(self._slice(found, self._last_s, {"ended": False})) + ",")
            if call in self._tasks:
                lines.append(json.dumps(self._in_task("e", found.record, self._last_s, self._tasks[call])) + ",")
        end = {"ph": "M", "name": "process_name", "pid": _PROCESS, "args": {"name": "traced by pydelve"}}
        return [*lines, json.dumps(end) + "]}"]

    def _events(self, record: TraceRecord) -> Iterator[dict[str, Any]]:
        if record.thread not in self._named:
            self._named.add(record.thread)
            name = self._book.thread(record).name
            yield {
                "ph": "M", "name": "thread_name", "pid": _PROCESS, "tid": record.thread,
                "args": {"name": name or f"thread {record.thread}"},
            }  # fmt: skip
        found = self._open.get(record.call)
        if record.kind == "call":
            self._open[record.call] = _Open(record, record.time_s, 0)
            return
        if found is None:
            return
        if record.kind in _RUNS_AGAIN:
            self._open[record.call] = _Open(found.record, record.time_s, found.segments + 1)
            yield self._flow("f", record, found.segments + 1, record.time_s)
        elif record.kind in _ENDS:
            del self._open[record.call]
            yield self._slice(found, record.time_s, {record.kind: record.values[0] if record.values else ""}, record)
            if record.call in self._tasks:
                yield self._in_task("e", found.record, record.time_s, self._tasks.pop(record.call))
        else:
            yield from self._suspended(found, record)

    def _suspended(self, found: _Open, record: TraceRecord) -> Iterator[dict[str, Any]]:
        if record.kind == "await" and record.task and record.call not in self._tasks:
            self._tasks[record.call] = record.task
            yield self._in_task("b", found.record, found.record.time_s, record.task)
        self._open[record.call] = _Open(found.record, -1.0, found.segments)
        yield self._slice(found, record.time_s, {record.kind: record.values[0] if record.values else ""}, record)
        yield self._flow("s", record, found.segments + 1, max(found.since_s, record.time_s - _INSIDE_S))

    def _slice(
        self, found: _Open, end_s: float, more: dict[str, Any], last: TraceRecord | None = None
    ) -> dict[str, Any]:
        """A time that a call ran; the thread may be another one each time."""
        begun, function = found.record, self._book.function(found.record)
        pairs = zip(function.parameters, begun.values, strict=False)
        shown = {name: value for name, value in pairs if value.strip()}
        task = self._book.task(last or begun)
        return {
            "ph": "X", "name": function.name, "cat": "call", "pid": _PROCESS, "tid": (last or begun).thread,
            "ts": _us(found.since_s), "dur": _us(max(0.0, end_s - found.since_s)),
            "args": {
                **({"arguments": shown} if shown else {}), **more, **({"task": task} if task else {}),
                "at": f"{function.file}:{function.line}" if function.file else "C code",
            },
        }  # fmt: skip

    def _flow(self, letter: str, record: TraceRecord, number: int, time_s: float) -> dict[str, Any]:
        """From where a call is suspended to where it goes on: both stand inside of their slices."""
        return {
            "ph": letter, "name": "suspended", "cat": "flow", "id": f"{record.call}.{number}", "pid": _PROCESS,
            "tid": record.thread, "ts": _us(time_s), **({"bp": "e"} if letter == "f" else {}),
        }  # fmt: skip

    def _in_task(self, letter: str, begun: TraceRecord, time_s: float, task: int) -> dict[str, Any]:
        """Begin or end of a coroutine's call in its task's own track."""
        return {
            "ph": letter, "name": self._book.function(begun).name, "cat": f"task {self._book.task_name(task)}",
            "id": task, "pid": _PROCESS, "tid": begun.thread, "ts": _us(time_s),
        }  # fmt: skip


def _us(seconds: float) -> float:
    return round(seconds * 1e6, _DIGITS)
