"""Tasks of asyncio and trio, and greenlets: the place that goroutines have in Go."""

from __future__ import annotations

from pydelve.api.target import Frame
from pydelve.light_typing import Literal
from pydelve.records import dataclass

TaskState = Literal["running", "runnable", "waiting", "finished", "cancelled", "failed", "unreadable"]
"""running: in the middle of a step; runnable: will go on as soon as its loop comes to it; waiting: for a future;
unreadable: the target's memory is damaged there, as ``Task.problem`` says; the others are done."""
Waiting = Literal["", "task", "gather", "shield", "wait", "wait_for", "task group", "nursery"]
"""How a task waits for others: ``await task``, or by one of asyncio's functions; "" where it waits for none."""


TaskKind = Literal["asyncio", "trio", "greenlet"]


@dataclass(frozen=True, slots=True)
class Task:
    """One task, as it is at this stop. ``-id`` is what requests take for ``thread`` to look at its stack."""

    id: int
    """Small number of the session, by age as far as that is known; a task keeps it, and none is used twice in a run."""
    name: str
    state: TaskState
    coroutine: str
    """Qualified name of what it runs."""
    thread: int
    """``Thread.id`` of its loop's thread; 0 where that is not known."""
    frame: Frame | None
    """The innermost of the user's frames; of a library's, where there is none; None once it is done."""
    called: Frame | None
    """The library's function that ``frame`` awaits: ``sleep``, ``Queue.get``; None where it is no library's."""
    how: Waiting = ""
    awaits: tuple[int, ...] = ()
    """Tasks that it waits for."""
    awaited_by: tuple[int, ...] = ()
    cancelling: bool = False
    """It was asked to end, and has not yet."""
    cycle: bool = False
    """It awaits itself, by others: none of them will go on."""
    sleeps_s: float | None = None
    """Seconds that it asked ``asyncio.sleep`` for."""
    left_s: float | None = None
    """How many of them were left when the program stopped; None where its clock is not known: of a core file."""
    kept_s: float = 0.0
    """running: for how long it has kept all others of its loop from running; 0.0 where that is not known."""
    current: bool = False
    """True for the task the stop is about."""
    kind: TaskKind = "asyncio"
    problem: str = ""
    """Why not all of this can be told, where it was read from memory that is damaged."""

    @property
    def done(self) -> bool:
        """Has it ended?"""
        return self.state in ("finished", "cancelled", "failed")


TaskField = Literal["any", "location", "name", "state", "awaiting", "coroutine"]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Tasks that have a text in one of their fields, or (``without``) have not; case does not matter."""

    field: TaskField
    text: str
    without: bool = False


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Tasks that have a field in common."""

    label: str
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some of the tasks that were asked for."""

    tasks: tuple[Task, ...]
    """By ascending id."""
    total: int
    """How many there are in all."""
    names: tuple[tuple[int, str], ...] = ()
    """Ids and names of those that they wait for."""
    groups: tuple[TaskGroup, ...] = ()
    """All of them, the largest first; where groups were asked for."""
    missing: tuple[str, ...] = ()
    """What is not among all tasks, and why."""
