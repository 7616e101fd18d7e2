"""The program's tasks: numbers, states, who awaits whom, and the await chain of each as a stack.

A *provider* knows one kind of task (``asyncio_tasks.AsyncioTasks``); this is what is made of all. A task keeps its
number as long as it lives, by a weak reference. One look at all tasks serves a whole stop. Runs none of the program's
code; on the thread that is stopped, but for ``current_number``, which any thread of the program may ask about itself.
"""

from __future__ import annotations

import _weakref
import sys
import time

from ..interpreter.interpreters import current_frames
from ..interpreter.paths import is_agent
from ..looking import fastlocals
from ..tasks.asyncio_tasks import AsyncioTasks
from ..tasks.greenlets import Greenlets
from ..tasks.shapes import DONE, LOOP, SLEEP, age, in_cycles, shown_frames
from ..tasks.trio_tasks import TrioTasks

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Protocol

    from ..core import Agent
    from ..interpreter.threads import Stack

    class Provider(Protocol):
        """Knows one kind of task. Asked only where its ``module`` is imported; never runs the program's code."""

        kind: str
        module: str

        def all(self) -> list[Any]:
            """Every task of the kind; those that are done may be among them."""

        def current(self) -> Any:
            """The one that the calling thread is in, or None; quick, and asked while the program runs."""

        def name(self, task: Any) -> str:
            """Its name, or what makes it known."""

        def coroutine_name(self, task: Any) -> str:
            """Qualified name of what it runs."""

        def state(self, task: Any) -> str:
            """As ``api.tasks.TaskState``."""

        def cancelling(self, task: Any) -> bool:
            """Was it asked to end?"""

        def thread(self, task: Any) -> int:
            """Ident; 0 where it is not known."""

        def root(self, task: Any) -> FrameType | None:
            """The outermost frame of one that runs."""

        def frames(self, task: Any) -> list[FrameType]:
            """Those of one that does not run, outermost first."""

        def awaits(self, task: Any, frames: list[FrameType]) -> tuple[str, list[Any]]:
            """How it waits, and for which tasks."""

        def awaiter(self, task: Any) -> Any:
            """The task that goes on when it ends; asked while the program runs."""


_monotonic = time.monotonic  # taken before the program can replace it
_reference = _weakref.ref


class Entry:
    """One task in a look at all."""

    __slots__ = ("awaited_by", "awaits", "cycle", "frames", "how", "number", "provider", "state", "task", "thread")

    def __init__(self, number: int, provider: Provider, task: Any) -> None:
        """``frames`` of it, outermost first, are known once it was asked for them."""
        self.number = number
        self.provider = provider
        self.task = task
        self.state = provider.state(task)
        self.thread = provider.thread(task)
        self.frames: list[FrameType] = []
        self.how = ""
        self.awaits: list[int] = []
        self.awaited_by: list[int] = []
        self.cycle = False


class Tasks:
    """The tasks of one target; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """No task was seen yet."""
        self._agent = agent
        self._asyncio = AsyncioTasks()
        self._providers: tuple[Provider, ...] = (self._asyncio, TrioTasks(), Greenlets())
        self._numbers: dict[int, tuple[Any, int]] = {}  # id(task): (weak reference, number)
        self._next = 1
        self._entries: dict[int, Entry] | None = None  # by number, while stopped

    def forget(self) -> None:
        """The stop ends: let go of every task."""
        self._entries = None

    # -- numbers -------------------------------------------------------------------------------------------------------

    def number_of(self, task: Any) -> int:
        """Its number, new where it was not seen before."""
        known = self._numbers.get(id(task))
        if known is not None and known[0]() is task:
            return known[1]
        number, self._next = self._next, self._next + 1
        self._numbers[id(task)] = _reference(task), number
        return number

    def _here(self) -> tuple[Provider | None, Any]:
        """The task that the calling thread is in, and who knows it."""
        for provider in self._providers:
            task = provider.current() if provider.module in (sys.modules or {}) else None
            if task is not None:
                return provider, task
        return None, None

    def current_number(self) -> int:
        """Number of the task that the calling thread is in; 0 where there is none."""
        _, task = self._here()
        return self.number_of(task) if task is not None else 0

    def current(self) -> list[Any]:
        """``[number, name]`` of it; [] where there is none."""
        provider, task = self._here()
        return [self.number_of(task), provider.name(task)] if provider is not None else []

    def running_in(self, ident: int) -> list[Any]:
        """The same for another thread, by its frames."""
        inside = {id(frame) for frame, _ in self._agent.service.frames(ident)}
        for provider in self._providers:
            for task in provider.all() if provider.module in (sys.modules or {}) else ():
                frame = provider.root(task) if provider.state(task) == "running" else None
                if frame is not None and id(frame) in inside:
                    return [self.number_of(task), provider.name(task)]
        return []

    # -- asyncio's, while the program runs -----------------------------------------------------------------------------

    def current_task(self) -> Any:
        """The one that the calling thread is in; None where there is none."""
        return self._asyncio.current() if "asyncio" in (sys.modules or {}) else None

    def coroutine_of(self, task: Any) -> Any:
        """What a task runs."""
        return self._asyncio.coroutine(task)

    def direct_awaiter(self, task: Any) -> Any:
        """The task that awaits this very one; None where none does, or by ``gather`` and the like."""
        awaiter = self._asyncio.awaiter(task)
        if awaiter is None or self._asyncio.fields.get(awaiter, "_fut_waiter") is not task:
            return None
        return awaiter

    def runs_loop(self, task: Any) -> bool:
        """Is it the one that ``run_until_complete`` waits for?"""
        return self._asyncio.ends_loop(task)

    # -- a look at all -------------------------------------------------------------------------------------------------

    def entries(self) -> dict[int, Entry]:
        """Every task by number."""
        if self._entries is None:
            self._entries = self._look()
        return self._entries

    def _look(self) -> dict[int, Entry]:
        active = [provider for provider in self._providers if provider.module in sys.modules]
        found = [(provider, task) for provider in active for task in provider.all()]
        self._numbers = {key: entry for key, entry in self._numbers.items() if entry[0]() is not None}
        found.sort(key=lambda each: age(each[0].name(each[1])))
        running = self._running_frames()
        entries: dict[int, Entry] = {}
        by_id: dict[int, Entry] = {}
        for provider, task in found:
            entry = Entry(self.number_of(task), provider, task)
            entries[entry.number] = by_id[id(task)] = entry
            if entry.state == "running":
                entry.frames, entry.thread = _until_root(running, provider.root(task), entry.thread)
            elif entry.state not in DONE:
                entry.frames = provider.frames(task)
        for entry in entries.values():
            if entry.state == "waiting":
                entry.how, awaited = entry.provider.awaits(entry.task, entry.frames)
                for task in awaited:
                    other = by_id.get(id(task))
                    if other is not None and other.state not in DONE:
                        entry.awaits.append(other.number)
                        other.awaited_by.append(entry.number)
        for number in in_cycles({number: entry.awaits for number, entry in entries.items()}):
            entries[number].cycle = True
        return entries

    def _running_frames(self) -> dict[int, list[FrameType]]:
        """The frames of each thread but ours, outermost first."""
        service, found = self._agent.service, {}
        for ident in current_frames():
            if ident not in self._agent.own:
                found[ident] = [frame for frame, _ in service.frames(ident)][::-1]
        return found

    # -- one task ------------------------------------------------------------------------------------------------------

    def stack(self, number: int) -> tuple[Stack, list[list[Any]]]:
        """The await chain of a task, innermost first, and ``[index, number, name, how]`` where a frame begins another
        task, that awaits the one before it.

        Raises:
            KeyError: there is no such task.
        """
        entries = self.entries()
        entry: Entry | None = entries[number]
        found: Stack = []
        parts: list[list[Any]] = []
        seen: set[int] = set()
        before: Entry | None = None
        while entry is not None and entry.number not in seen:
            seen.add(entry.number)
            if before is not None:
                parts.append([len(found), entry.number, entry.provider.name(entry.task), entry.how])
            found += [(frame, frame.f_lineno or 0) for frame in reversed(entry.frames) if not is_agent(frame.f_code)]
            before = entry
            entry = next((entries[each] for each in entry.awaited_by if each not in seen), None)
        return found, parts

    def thread_of(self, number: int) -> int:
        """Ident of the thread that a task's loop runs in; 0 where that is not known."""
        entry = self.entries().get(number)
        return entry.thread if entry is not None else 0

    def awaiter_frame(self, frame: FrameType) -> FrameType | None:
        """Of the task that the calling thread is in, and whose outermost frame this is: the innermost of the user's
        frames in a task that waits for it.
        """
        provider, task = self._here()
        if provider is None or provider.root(task) is not frame:
            return None
        awaiter = provider.awaiter(task)
        if awaiter is None or awaiter is task:
            return None
        library = self._agent.ownership.is_library
        return next((each for each in provider.frames(awaiter)[::-1] if not library(each.f_code.co_filename)), None)

    # -- as data -------------------------------------------------------------------------------------------------------

    def describe(self, name_frame: Callable[[FrameType, int], dict[str, Any]]) -> dict[str, Any]:
        """``{"frames": [wire form, ...], "kinds": [kind, ...], "tasks": [row, ...]}``.

        Thousands of tasks differ in little: what they have in common is sent once. A row is ``[number, name, index of
        its kind, rest]``, a kind ``[state, thread, how, index of its frame, of the library's it has called,
        coroutine, what kind of task]``, where -1 is no frame; the rest is 0 or ``[awaits, awaited by, cancelling,
        cycle, [delay, left] or None, kept]``.

        Args:
            name_frame: Gives the wire form of a frame.
        """
        frames = _Frames(name_frame)
        now = self._agent.stops.began
        fields = self._asyncio.fields
        kinds: dict[tuple[Any, ...], int] = {}
        rows = []
        for entry in self.entries().values():
            shown = shown_frames(entry.frames, self._is_library, _function)
            user, called = shown
            provider, name = entry.provider, entry.provider.coroutine_name(entry.task)
            kind = entry.state, entry.thread, entry.how, frames.index(user), frames.index(called), name, provider.kind
            slept = _sleep(called, fields, now) if entry.state == "waiting" else None
            kept = self._kept(entry, now) if entry.state == "running" else 0.0
            cancelling = provider.cancelling(entry.task)
            rest: Any = 0
            if entry.awaits or entry.awaited_by or cancelling or entry.cycle or slept or kept:
                rest = [entry.awaits, entry.awaited_by, cancelling, entry.cycle, slept, kept]
            index = kinds.setdefault(kind, len(kinds))
            rows.append([entry.number, provider.name(entry.task), index, rest])
        return {"frames": frames.wire, "kinds": list(kinds), "tasks": rows}

    def _is_library(self, frame: FrameType) -> bool:
        return self._agent.ownership.is_library(frame.f_code.co_filename)

    def _kept(self, entry: Entry, now: float) -> float:
        """For how many seconds a task that runs has kept its loop from others; 0 where that can't be told."""
        frame = current_frames().get(entry.thread)
        while frame is not None:
            if _is(frame, LOOP):
                begun = fastlocals.read_local(frame, "end_time")
                return now - begun - self._agent.stops.held_since(begun) if type(begun) is float else 0.0
            frame = frame.f_back
        return 0.0


class _Frames:
    """Each place once: thousands of tasks stand in a few."""

    def __init__(self, name_frame: Callable[[FrameType, int], dict[str, Any]]) -> None:
        self.wire: list[dict[str, Any]] = []
        self._name_frame = name_frame
        self._known: dict[tuple[int, int], int] = {}

    def index(self, frame: FrameType | None) -> int:
        if frame is None:
            return -1
        line = frame.f_lineno or 0
        known = self._known.get((id(frame.f_code), line))
        if known is None:
            known = self._known[id(frame.f_code), line] = len(self.wire)
            self.wire.append(self._name_frame(frame, line))
        return known


def _function(frame: FrameType) -> str:
    return frame.f_code.co_name


def _until_root(
    running: dict[int, list[FrameType]], root: FrameType | None, thread: int
) -> tuple[list[FrameType], int]:
    """The frames of a task that runs, outermost first, and in which thread that is."""
    for ident, frames in running.items():
        for at, frame in enumerate(frames):
            if frame is root:
                return frames[at:], ident
    return [], thread


def _sleep(frame: FrameType | None, fields: Any, now: float) -> list[float] | None:
    """``[delay, left]`` of a task whose frame is ``asyncio.sleep``'s, in seconds."""
    if frame is None or not _is(frame, SLEEP):
        return None
    delay: Any = fastlocals.read_local(frame, "delay")
    when = fields.get(fastlocals.read_local(frame, "h"), "_when")
    return [float(delay), when - now] if (type(delay) is int or type(delay) is float) and type(when) is float else None


def _is(frame: FrameType, function: tuple[str, str]) -> bool:
    """Is it the frame of a function, by its name and the end of its file's?"""
    return frame.f_code.co_name == function[0] and frame.f_code.co_filename.endswith(function[1])
