"""What a trace has told of so far: functions, threads and tasks that records refer to, and how many they were. Pure.

Each batch of records goes through :meth:`Book.take` before it is shown by ``trace_lines.py`` or ``trace_json.py``. Each
program has a page of its own, as its numbers are its own: a child of the traced program, and what a process execs.
"""

from __future__ import annotations

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedThread, TraceRecord

_UNKNOWN = "?"
_STARTS = {"call"}


class Page:
    """What one program, in one process, has told of."""

    def __init__(self, number: int, pid: int, target: int = 1) -> None:
        self.number, self.pid, self.target = number, pid, target
        self.functions: dict[int, TracedFunction] = {}
        self.called: set[int] = set()
        self.threads: dict[int, TracedThread] = {}
        self.tasks: dict[int, str] = {}
        self.sums: dict[int, int] = {}
        """By function: calls that were told in sum."""
        self.records = 0
        self.cost_s = 0.0
        """Of telling of a call, in the program."""
        self.first_s = self.last_s = 0.0
        """When its first record was made, 0 for what the trace began with, and its last one."""

    def function(self, index: int) -> TracedFunction:
        """The one with this number."""
        return self.functions.get(index) or TracedFunction(index, _UNKNOWN, "", 0, ())

    @property
    def process(self) -> str:
        """Its pid, or, at a prompt, where that has not been told here, its target."""
        return str(self.pid) if self.pid else f"target {self.target}"

    def name(self, index: int) -> str:
        """Of the function with this number."""
        return self.function(index).name


class Book:
    """One trace's."""

    def __init__(self, *, children: bool = False) -> None:
        """``children``: those of child processes, too: it is said which process a record is of."""
        self.children = children
        self.page = Page(1, 0)
        """Of the last batch."""
        self.pages = {1: self.page}
        self._current: dict[int, Page] = {}
        """By target."""
        self.calls = self.records = self.lost = 0

    def begins(self, target: int, pid: int) -> Page:
        """A process is traced from now on; or another program is in its place."""
        if not self._current and not self.page.pid:
            self.page.pid = pid
            page = self.page
        else:
            page = self._new(pid, target)
        self._current[target] = page
        return page

    def _new(self, pid: int, target: int) -> Page:
        page = Page(len(self.pages) + 1, pid, target)
        self.pages[page.number] = page
        return page

    def page_of(self, target: int) -> Page | None:
        """Of the program that a target is now."""
        return self._current.get(target)

    @property
    def processes(self) -> int:
        """So many have begun."""
        return len(self._current)

    def take(self, batch: Traced) -> None:
        """Learn what a batch says."""
        page = self._current.get(batch.target)
        if page is None:
            page = self._new(0, batch.target) if self._current else self.page
            self._current[batch.target], page.target = page, batch.target
        self.page = page
        page.functions.update((function.index, function) for function in batch.functions)
        page.threads.update((thread.index, thread) for thread in batch.threads)
        page.tasks.update((task.index, task.name) for task in batch.tasks)
        page.called.update([record.function for record in batch.records])
        page.called.update([found.function for found in batch.sums if found.calls])
        self.calls += sum(record.kind in _STARTS for record in batch.records)
        before, page.records = page.records, page.records + len(batch.records)
        self.lost += batch.lost
        for found in batch.sums:
            more = found.calls - page.sums.get(found.function, 0)
            page.sums[found.function] = found.calls
            self.calls += more
            page.records += 2 * more
        self.records += page.records - before
        page.cost_s = batch.cost_s or page.cost_s
        if batch.records:
            if not before and page.number > 1:
                page.first_s = batch.records[0].time_s
            page.last_s = batch.records[-1].time_s

    def function(self, record: TraceRecord) -> TracedFunction:
        """Whose call it is of."""
        return self.page.function(record.function)

    def thread(self, record: TraceRecord) -> TracedThread:
        """Where it was made."""
        return self.page.threads.get(record.thread) or TracedThread(record.thread, 0, _UNKNOWN)

    def task(self, record: TraceRecord) -> str:
        """Name of the task; "" for none."""
        return self.page.tasks.get(record.task, "")

    @property
    def functions(self) -> int:
        """So many functions' calls were told of."""
        if len(self.pages) == 1:
            return len(self.page.called)
        found = [page.function(index) for page in self.pages.values() for index in page.called]
        return len({(function.name, function.file, function.line) for function in found})

    @property
    def telling_s(self) -> float:
        """What telling of all the calls took, in all the processes together."""
        return sum(page.records * page.cost_s for page in self.pages.values())

    @property
    def traced_s(self) -> float:
        """How long the processes were traced, one after the other; 0 where that is not known."""
        return sum(page.last_s - page.first_s for page in self.pages.values())
