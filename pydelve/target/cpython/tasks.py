"""All tasks of a process that stands still, from its memory: numbers, states, who awaits whom, stacks.

As the agent's ``listing.py``, and with the same answers, as far as memory tells them; what it does not tell is said
(:attr:`TasksReport.missing`). What is damaged is an entry of the state "unreadable", with the reason; nothing here
raises but where said. Runs none of the program's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydelve.agent.tasks.shapes import DONE, SLEEP, age, in_cycles, shown_frames
from pydelve.api.target import Frame, StackPart
from pydelve.api.tasks import Task, TaskState, Waiting
from pydelve.target.cpython.asyncio_tasks import AsyncioReader, is_function
from pydelve.target.cpython.frames import RawFrame
from pydelve.target.cpython.interpreters import RawThread
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.view import View
from pydelve.target.held import Clock
from pydelve.target.task_report import TasksReport

_OTHERS = {
    "trio": "trio's tasks are not read from memory",
    "greenlet": "greenlets are not read from memory: their layout is their library's own",
}
_DONE_MISSING = "tasks that are done: from CPython 3.14 on the interpreter's lists have them no more"


class ThreadFrames(NamedTuple):
    """A thread, and how its frames are read, innermost first."""

    raw: RawThread
    frames: Callable[[], Sequence[RawFrame]]


class TaskNumbers:
    """The numbers of tasks, over all stops. A task is the same where its address, coroutine and name are."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, str, int]] = {}
        self._next = 1

    def number_of(self, address: int, coroutine: int, name: str) -> int:
        """Its number, new where it was not seen before."""
        known = self._known.get(address)
        if known is not None and known[:2] == (coroutine, name):
            return known[2]
        number, self._next = self._next, self._next + 1
        self._known[address] = coroutine, name, number
        return number

    def keep(self, addresses: set[int]) -> None:
        """Forget the others: they are gone."""
        self._known = {address: known for address, known in self._known.items() if address in addresses}


class _Entry:
    """One task in a look at all."""

    __slots__ = (
        "address", "awaited_by", "awaits", "coroutine", "cycle", "frames", "how", "name", "number", "problem", "runs",
        "state", "thread",
    )  # fmt: skip

    def __init__(self, address: int) -> None:
        self.address = address
        self.number = self.runs = self.thread = 0
        self.name = self.coroutine = self.problem = ""
        self.how: Waiting = ""
        self.state: TaskState = "unreadable"
        self.frames: list[RawFrame] = []
        self.awaits: list[int] = []
        self.awaited_by: list[int] = []
        self.cycle = False


class TaskReader:
    """The tasks of one stop. They are read once, when they are first asked for."""

    def __init__(self, view: View, numbers: TaskNumbers, threads: Sequence[ThreadFrames], clock: Clock) -> None:
        """``threads``: all of them."""
        self._view = view
        self._numbers = numbers
        self._threads = threads
        self._clock = clock
        self._asyncio = AsyncioReader(view.objects, view.interpreters, view.frames, view.surroundings.section)
        self._entries: dict[int, _Entry] | None = None
        self._missing: list[str] = []
        self.damage = 0, 0
        """How many lists of tasks, and how many tasks, could not be read."""
        self._shown: dict[tuple[int, int], Frame] = {}

    # -- a look at all -------------------------------------------------------------------------------------------------

    def entries(self) -> dict[int, _Entry]:
        """Every task by number."""
        if self._entries is None:
            self._entries = self._look()
        return self._entries

    def _look(self) -> dict[int, _Entry]:
        addresses, self._missing = self._asyncio.all([thread.raw for thread in self._threads])
        if not self._missing:  # else some were only not found
            self._numbers.keep(set(addresses))
        lists = len(self._missing)
        self._missing += self._other_libraries()
        found = [self._read(address) for address in addresses]
        found.sort(key=lambda entry: (entry.state == "unreadable", age(entry.name)))
        self.damage = lists, sum(entry.state == "unreadable" for entry in found)
        by_address = {entry.address: entry for entry in found}
        for entry in found:
            entry.number = self._numbers.number_of(entry.address, entry.runs, entry.name)
        entries = {entry.number: entry for entry in found}
        for entry in found:
            self._link(entry, by_address)
        for number in in_cycles({number: entry.awaits for number, entry in entries.items()}):
            entries[number].cycle = True
        return entries

    def _other_libraries(self) -> list[str]:
        found = []
        for module, problem in _OTHERS.items():
            try:
                imported = bool(self._view.interpreters.names_of(module))
            except UnreadableError:  # said of asyncio's already
                imported = False
            if imported:
                found.append(problem)
        return found

    def _read(self, address: int) -> _Entry:
        asyncio, entry = self._asyncio, _Entry(address)
        try:
            if not asyncio.futures.is_task(address):
                raise UnreadableError("there is no task where one should be")
            entry.name = asyncio.futures.name(address)
            entry.runs = asyncio.futures.coroutine(address)
            entry.thread = asyncio.thread(address)
            entry.coroutine = asyncio.coroutines.name(entry.runs)
            entry.state = asyncio.state(address)
        except UnreadableError as error:
            entry.problem = str(error)
            return entry
        if entry.state == "running":
            self._read_running(entry)
        elif entry.state not in DONE:
            entry.frames, problem = asyncio.coroutines.suspended(entry.runs)
            entry.problem = problem and f"its frames can't be read: {problem}"
        return entry

    def _read_running(self, entry: _Entry) -> None:
        """Its frames are those of a thread, from its own outermost one on."""
        root = self._asyncio.coroutines.frame_address(entry.runs)
        for thread in self._threads:
            frames = list(reversed(thread.frames()))
            for at, frame in enumerate(frames):
                if frame.address == root:
                    entry.frames, entry.thread = frames[at:], thread.raw.ident
                    return

    def _link(self, entry: _Entry, by_address: Mapping[int, _Entry]) -> None:
        """What it waits for."""
        if entry.state != "waiting":
            return
        try:
            how, awaited = self._asyncio.awaits(entry.address, entry.frames)
        except UnreadableError as error:
            entry.problem = entry.problem or f"what it waits for can't be read: {error}"
            return
        entry.how = how  # type: ignore[assignment]  # one of the words of ``agent/tasks/shapes.py``
        for address in awaited:
            other = by_address.get(address)
            if other is not None and other.state not in DONE:
                entry.awaits.append(other.number)
                other.awaited_by.append(entry.number)

    # -- one task ------------------------------------------------------------------------------------------------------

    def stack(self, number: int) -> tuple[list[RawFrame], tuple[StackPart, ...]]:
        """The await chain of a task, innermost first, and where in it other tasks begin.

        Raises:
            KeyError: there is no such task.
        """
        entries = self.entries()
        entry: _Entry | None = entries[number]
        found: list[RawFrame] = []
        parts: list[StackPart] = []
        seen: set[int] = set()
        while entry is not None:
            if seen:
                parts.append(StackPart(len(found), entry.number, entry.name, entry.how))
            seen.add(entry.number)
            found += reversed(entry.frames)
            entry = next((entries[each] for each in entry.awaited_by if each not in seen), None)
        return found, tuple(parts)

    def frames(self, number: int) -> list[RawFrame]:
        """A task's own, innermost first.

        Raises:
            KeyError: there is no such task.
        """
        return self.entries()[number].frames[::-1]

    def current(self, thread: RawThread) -> tuple[int, str]:
        """Number and name of the task that a thread is in the middle of; (0, "") where it is in none, or that can't be
        told.
        """
        futures = self._asyncio.futures
        try:
            task = self._asyncio.current(thread)
            if not task:
                return 0, ""
            name = futures.name(task)
            return self._numbers.number_of(task, futures.coroutine(task), name), name
        except UnreadableError:
            return 0, ""

    # -- as data -------------------------------------------------------------------------------------------------------

    def report(self) -> TasksReport:
        """Every task, and what may be missing."""
        later = self._view.objects.minor >= 14
        return TasksReport(
            tuple(map(self._task, self.entries().values())), tuple(self._missing), _DONE_MISSING if later else ""
        )

    def _task(self, entry: _Entry) -> Task:
        chosen = shown_frames(entry.frames, self._is_library, _function)
        user, called = chosen
        cancelling, kept_s = False, 0.0
        slept: tuple[float | None, float | None] = None, None
        try:
            if entry.state != "unreadable":
                cancelling = self._asyncio.futures.is_cancelling(entry.address)
            if entry.state == "waiting" and called is not None:
                slept = self._sleep(called)
            kept_s = self._kept_s(entry) if entry.state == "running" else 0.0
        except UnreadableError as error:
            entry.problem = entry.problem or str(error)
        return Task(
            entry.number, entry.name, entry.state, entry.coroutine, entry.thread,
            self._frame(user or called), self._frame(called) if user is not None else None, entry.how,
            tuple(entry.awaits), tuple(entry.awaited_by), cancelling, entry.cycle, slept[0], slept[1], kept_s,
            problem=entry.problem,
        )  # fmt: skip

    def _frame(self, raw: RawFrame | None) -> Frame | None:
        """Each place once: thousands of tasks stand in a few."""
        if raw is None:
            return None
        key = raw.code.address, raw.line
        known = self._shown.get(key)
        if known is None:
            known = self._shown[key] = self._view.frame(0, raw)
        return known

    def _is_library(self, raw: RawFrame) -> bool:
        frame = self._frame(raw)
        return frame is not None and frame.library

    def _sleep(self, frame: RawFrame) -> tuple[float | None, float | None]:
        """How long it asked to sleep, and how much of that was left."""
        found = self._asyncio.sleep(frame) if is_function(frame, SLEEP) else None
        if found is None:
            return None, None
        delay, when = found
        return delay, None if self._clock.now is None else when - self._clock.now

    def _kept_s(self, entry: _Entry) -> float:
        """For how long a task that runs has kept its loop from others; 0.0 where that can't be told."""
        thread = next((each for each in self._threads if each.raw.ident == entry.thread), None)
        begun = self._asyncio.turn_began(thread.frames()) if thread is not None else None
        if begun is None or self._clock.now is None:
            return 0.0
        return self._clock.now - begun - self._clock.held_since(begun)


def _function(frame: RawFrame) -> str:
    return frame.code.name
