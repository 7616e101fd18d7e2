"""What a trace has told of so far: functions, threads and tasks that records refer to, and how many they were. Pure.

Each batch of records goes through :meth:`Book.take` before it is shown by ``trace_lines.py`` or ``trace_json.py``.
"""

from __future__ import annotations

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedThread, TraceRecord

_UNKNOWN = "?"
_STARTS = {"call"}


class Book:
    """One trace's."""

    def __init__(self) -> None:
        self._functions: dict[int, TracedFunction] = {}
        self._called: set[int] = set()
        self._threads: dict[int, TracedThread] = {}
        self._tasks: dict[int, str] = {}
        self.calls = self.records = self.lost = 0
        self._sums: dict[int, int] = {}
        """By function: calls that were told in sum."""
        self.cost_s = 0.0
        """Of telling of a call, in the program."""
        self.last_s = 0.0
        """When the last record was made."""

    def take(self, batch: Traced) -> None:
        """Learn what a batch says."""
        self._functions.update((function.index, function) for function in batch.functions)
        self._threads.update((thread.index, thread) for thread in batch.threads)
        self._tasks.update((task.index, task.name) for task in batch.tasks)
        self._called.update([record.function for record in batch.records])
        self._called.update([found.function for found in batch.sums if found.calls])
        self.calls += sum(record.kind in _STARTS for record in batch.records)
        self.records += len(batch.records)
        self.lost += batch.lost
        for found in batch.sums:
            before = self._sums.get(found.function, 0)
            self._sums[found.function] = found.calls
            self.calls += found.calls - before
            self.records += 2 * (found.calls - before)
        self.cost_s = batch.cost_s or self.cost_s
        if batch.records:
            self.last_s = batch.records[-1].time_s

    def function(self, record: TraceRecord) -> TracedFunction:
        """Whose call it is of."""
        found = self._functions.get(record.function)
        return found or TracedFunction(record.function, _UNKNOWN, "", 0, ())

    def name(self, index: int) -> str:
        """Of the function with this number."""
        found = self._functions.get(index)
        return found.name if found else _UNKNOWN

    def thread(self, record: TraceRecord) -> TracedThread:
        """Where it was made."""
        return self._threads.get(record.thread) or TracedThread(record.thread, 0, _UNKNOWN)

    def task(self, record: TraceRecord) -> str:
        """Name of the task; "" for none."""
        return self.task_name(record.task)

    def task_name(self, index: int) -> str:
        """Of the task with this number; "" for none."""
        return self._tasks.get(index, "")

    @property
    def functions(self) -> int:
        """So many functions' calls were told of."""
        return len(self._called)
