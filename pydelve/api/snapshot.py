"""One look at all threads of a process, taken from outside: what ``pydelve stack`` shows."""

from __future__ import annotations

from pydelve.api.target import Frame, LockWait
from pydelve.api.tasks import Task
from pydelve.api.values import Variable
from pydelve.light_typing import Literal
from pydelve.records import dataclass

Activity = Literal["running", "running in C", "waiting", "waiting for the GIL", "ended", "unknown"]
"""running: holds the GIL and uses the CPU, in Python or in C; running in C: without the GIL; waiting: in the system
call that ``ThreadStack.detail`` names; unknown: the kernel did not say."""


@dataclass(frozen=True, slots=True)
class ThreadStack:
    """A Python thread and its frames."""

    native_id: int
    """The kernel's id; 0 where it is not known."""
    ident: int
    """``threading.get_ident()`` of the thread."""
    name: str
    """``threading``'s, else the kernel's where it is not that of the process; "" where there is none."""
    activity: Activity
    detail: str
    """Name of the system call it is in, or its number; else ""."""
    holds_gil: bool
    frames: tuple[Frame, ...]
    """Innermost first."""
    variables: tuple[tuple[Variable, ...], ...] = ()
    """The locals of each frame; () where they were not asked for."""
    interpreter: int = 0
    """Number of the interpreter; 0 is the main one."""
    lock: LockWait | None = None
    """The lock it waits for, where that can be told."""
    problem: str = ""
    """Why there are no more frames, where the chain is damaged."""


@dataclass(frozen=True, slots=True)
class TaskStack:
    """A task of asyncio that is not done, and its own frames, without those of tasks that await it."""

    task: Task
    """Its thread goes by ident."""
    frames: tuple[Frame, ...]
    """Innermost first."""
    variables: tuple[tuple[Variable, ...], ...] = ()
    """The locals of each frame; () where they were not asked for."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A process as it was at one moment."""

    pid: int
    python: str
    """Version, ``3.13.0``; ``3.9`` where no more is known."""
    command: tuple[str, ...]
    cwd: str
    threads: tuple[ThreadStack, ...]
    """The main thread first, then in the order in which they were started."""
    stopped: bool
    """True where all threads stood still meanwhile."""
    took_s: float
    """How long they stood still, or how long reading took."""
    problems: tuple[str, ...] = ()
    """What may make this less than exact: why it was not stopped, a layout that is not quite known, damaged lists."""
    tasks: tuple[TaskStack, ...] | None = None
    """None where they were not asked for."""
