"""What can be debugged: the interface that the debugger sees, whatever is behind it.

A :class:`Process` is a live target with an agent in it (``target.live``), or one that is looked at only: a process from
outside, a core file (``target.looking``). All of it is called on the engine's thread. Threads go by ident here
(``threading.get_ident()``); small numbers are the engine's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from pydelve.api.target import (
    CapturedOutput,
    ExceptionInfo,
    ExitStatus,
    Frame,
    LockWait,
    RaisedException,
    ReturnedValue,
    StackPart,
    StopReason,
    TargetInfo,
    TestFailure,
)
from pydelve.api.tracing import TracedFunction, TracedSum, TracedTask, TraceOptions, TraceRecord, TraceSummary
from pydelve.api.values import Evaluation, Examination, Limits, Value, Variable
from pydelve.errors import PydelveError
from pydelve.records import dataclass, field
from pydelve.target.arming import Armed, Arming, ExceptionArming, Landing, UnitSpan, WovenScope
from pydelve.target.following import Following, FollowingListener
from pydelve.target.task_report import TasksReport

Stance = Literal["", "queued", "frozen", "runs"]
Steps = tuple[tuple[str, str | int | float | bytes | bool | None], ...]
"""Lookups one after the other; see ``Process.complete``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stopped target is to run on."""

    how: Literal["continue", "next", "step", "stepout", "until", "call", "arrive"] = "continue"
    """arrive: from the woven check of a breakpoint to its statement, on the same line."""
    ident: int = 0
    """Thread to step; 0 is the one the stop is about."""
    frame: int = 0
    into_libraries: bool = False
    units: tuple[UnitSpan, ...] | None = None
    """All units of that frame's code; None where its source is not known."""
    line: int = 0
    """until: the least line of the frame to stop at."""
    goal: tuple[str, str, int] | None = None
    """step: the only function to enter: its name, its file and first line; "" and 0 where any of that name will do."""
    text: str = ""
    """call: the expression."""
    skip: tuple[str, ...] = ()
    """Functions taken for library code: patterns with ``*`` of ``module.function``, or of absolute paths."""
    alone: bool = False
    """All other threads stand still."""


@dataclass(frozen=True, slots=True)
class Jumped:
    """Where a jump led to."""

    line: int
    """0: nowhere yet, as the thread stands in the woven check of a line: it has to arrive at the statement first."""
    none: tuple[str, ...]
    """Locals that had no value, and are None now."""


@dataclass(frozen=True, slots=True)
class LogReport:
    """A batch of what logpoints told."""

    number: int
    lost: int
    """So many were dropped before these."""
    groups: tuple[tuple[int, str, int, int, tuple[str, ...]], ...]
    """Breakpoint, file, line of its unit and thread's ident, with messages in a row."""


@dataclass(frozen=True, slots=True)
class CallsReport:
    """A batch of records of traced calls."""

    number: int
    lost: int
    records: tuple[TraceRecord, ...]
    functions: tuple[TracedFunction, ...]
    threads: tuple[tuple[int, int, str], ...]
    """Index, ident and name."""
    tasks: tuple[TracedTask, ...]
    done: bool
    cost_s: float
    sums: tuple[TracedSum, ...] = ()


@dataclass(frozen=True, slots=True)
class StopReport:
    """A stop as the target tells it (``api.target.Stop`` is what clients see)."""

    reason: StopReason
    ident: int
    thread_name: str
    frames: tuple[Frame, ...]
    breakpoints: tuple[int, ...] = ()
    counts: dict[int, int] = field(default_factory=dict)
    """Hits by breakpoint id, where some was hit."""
    detail: str = ""
    returned: ReturnedValue | None = None
    exception: ExceptionInfo | None = None
    frame: int = 0
    test: TestFailure | None = None
    interrupted_step: bool = False
    task: int = 0
    task_name: str = ""
    native_id: int = 0
    """Of its thread; 0 where it is not known."""
    others_run: bool = False


@dataclass(frozen=True, slots=True)
class ThreadReport:
    """A Python thread of a stopped target."""

    ident: int
    native_id: int
    name: str
    main: bool
    frame: Frame | None
    kernel_state: str = ""
    """The letter of ``/proc/PID/task/TID/stat``; "" where it is not known."""
    waits_in: str = ""
    holds_gil: bool = False
    waits_for_gil: bool = False
    lock: LockWait | None = None
    """With the owner's ident in place of its number."""
    kept: bool = False
    """Frozen by :meth:`Process.freeze`."""
    stance: Stance = ""
    """Where only one thread stands. queued: it has stopped, and waits to be told of; frozen: it is kept still."""
    interpreter: int = 0
    """Number of the subinterpreter that it is in; 0: the main one."""
    runs: bool = False
    """It is in one that a stop does not stop."""


@dataclass(frozen=True, slots=True)
class CodeReport:
    """The code that a frame runs."""

    parts: dict[str, Any]
    """Of the code object, as ``agent/weaving/bytecode.py`` tells them; bytes as hexadecimal digits."""
    current: int
    """Offset of the instruction that the frame is at."""


@dataclass(frozen=True, slots=True)
class ModuleReport:
    """A loaded module that has a source file."""

    name: str
    file: str
    """Absolute real path."""
    library: bool


@dataclass(frozen=True, slots=True)
class ModulesReport:
    """What is loaded, and where more would be found."""

    modules: tuple[ModuleReport, ...] = ()
    search_path: tuple[str, ...] = ()
    cwd: str = ""


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """What became of the functions of a file; see ``api.reload.FileReload``."""

    changed: tuple[str, ...]
    moved: int
    kept: tuple[tuple[str, str], ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]


class Waiter(Protocol):
    """The engine's event loop, as far as a target needs it."""

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` on the engine's thread whenever ``fd`` is readable."""
        ...

    def unwatch(self, fd: int) -> None:
        """Stop watching; unknown ones are ignored."""
        ...

    def after(self, delay_s: float, job: Callable[[], None]) -> None:
        """Call ``job`` once, on the engine's thread, in ``delay_s`` seconds."""
        ...

    def wait_until(self, ready: Callable[[], bool], timeout_s: float | None) -> bool:
        """Serve events (and urgent requests) until ``ready()``; False where the time ran out first."""
        ...


class Listener(FollowingListener, Protocol):
    """Who hears of a target's events; called on the engine's thread, from within its reading: must not ask the
    target.
    """

    def on_stopped(self, report: StopReport) -> None:
        """The target stands still."""
        ...

    def on_logged(self, report: LogReport) -> None:
        """Logpoints were hit; see ``Process.has_read``."""
        ...

    def on_calls(self, report: CallsReport) -> None:
        """Traced calls; see ``Process.has_read``."""
        ...

    def on_landed(self, landing: Landing) -> None:
        """A suspended placement was armed, or can't be."""
        ...

    def on_exited(self, status: ExitStatus, error: PydelveError | None = None) -> None:
        """The target ended or is out of reach; nothing more comes. ``error`` says why, where it did not go itself."""
        ...

    def on_notice(self, message: str, why: str, hint: str) -> None:
        """The agent has something to say that the user should know."""
        ...

    def on_fault(self, message: str, traceback: tuple[str, ...]) -> None:
        """The agent failed by a bug of ours, which the program did not see."""
        ...


class Process(Following, Protocol):
    """A live target under control.

    Every method that asks raises TargetGoneError where the target ended meanwhile, TargetBusyError where it did not
    answer in time (the answer is dropped when it comes), TargetStateError where the thread or task that it is about has
    ended, AgentError where it refused.
    """

    @property
    def info(self) -> TargetInfo:
        """Who it is."""
        ...

    @property
    def main_ident(self) -> int:
        """Ident of the main thread."""
        ...

    @property
    def main_file(self) -> str:
        """File of the program's main module, where that runs already; else ""."""
        ...

    @property
    def exact(self) -> bool:
        """False where a stop may let other threads move a little."""
        ...

    @property
    def free_threaded(self) -> bool:
        """A build of CPython that need not have a GIL."""
        ...

    @property
    def ended(self) -> bool:
        """True once there is nothing to ask any more."""
        ...

    # running

    def resume(self, plan: Plan) -> None:
        """Let the stopped target run; returns at once."""
        ...

    def halt(self, reason: Literal["halt", "attach"] = "halt") -> None:
        """Ask the running target to stop, and tell why; returns at once."""
        ...

    def signal(self, number: int) -> None:
        """Send it a signal; where it is stopped, its handler runs when it goes on."""
        ...

    def detach(self) -> None:
        """Leave it running with nothing of ours active."""
        ...

    def kill(self) -> None:
        """Kill it and wait until it is gone."""
        ...

    def stop_one(self, one: bool) -> None:
        """Stop only the thread that has a reason to, or all."""
        ...

    def freeze(self, ident: int, frozen: bool) -> None:
        """Keep a thread of the stopped target still when it goes on, or not; raises UnsupportedError."""
        ...

    # breakpoints, also while it runs

    @property
    def optimize(self) -> tuple[int, bool]:
        """How it compiles sources: the level of ``-O``, and whether columns are kept (``-X no_debug_ranges``)."""
        ...

    def arm(
        self, breakpoint_id: int, armings: tuple[Arming, ...], scopes: tuple[WovenScope, ...] = ()
    ) -> tuple[Armed, ...]:
        """Put a breakpoint's placements in place of those it had (none: it is disarmed), and weave, in the same moment,
        what all breakpoints of these functions are.
        """
        ...

    def has_read(self, number: int, what: Literal["logged", "calls"]) -> None:
        """The client has read a batch of log messages, or of traced calls: more may be sent."""
        ...

    def trace(self, options: TraceOptions, patterns: tuple[Any, Any], *, weaves: bool, since_s: float) -> float:
        """Tell of calls, by patterns as its interpreter compiles them; gives since when times count (0: from now)."""
        ...

    def end_trace(self) -> TraceSummary:
        """Tell of no more."""
        ...

    def arm_exception(self, breakpoint_id: int, arming: ExceptionArming | None) -> None:
        """Put a breakpoint on exceptions, or take it away; 0: the one on every uncaught exception."""
        ...

    def placements(self) -> dict[tuple[int, str, int], Armed]:
        """What is armed now, by breakpoint, file and line of the unit."""
        ...

    def counts(self) -> dict[int, int]:
        """Hits by breakpoint id."""
        ...

    def modules(self) -> ModulesReport:
        """What is loaded."""
        ...

    # looking, while it is stopped; runs none of its code

    def threads(self) -> tuple[ThreadReport, ...]:
        """Its Python threads, in no order."""
        ...

    def stack(self, ident: int, start: int, count: int) -> tuple[tuple[Frame, ...], int]:
        """Frames of a thread (0: the stop's), innermost first, and how many there are in all."""
        ...

    def stack_parts(self, ident: int) -> tuple[StackPart, ...]:
        """Of a task's stack: where the tasks that await it begin."""
        ...

    def tasks(self) -> TasksReport:
        """Every task."""
        ...

    def code(self, ident: int, frame: int) -> CodeReport:
        """The code that a frame runs."""
        ...

    def variables(
        self, scope: Literal["arguments", "locals", "globals"], ident: int, frame: int, limits: Limits
    ) -> tuple[Variable, ...]:
        """A frame's variables, in the order of its code."""
        ...

    def complete(
        self, ident: int, frame: int, steps: Steps, what: str, typed: str
    ) -> tuple[tuple[str | int | float | bytes | bool | None, str], ...]:
        """Names, attributes or keys (``what``) that have the characters of ``typed`` in this order, and what they are;
        ``steps`` lead from a variable to the object it is about (``agent/looking/completing.py``: ``_find``).
        """
        ...

    def signature(self, ident: int, frame: int, steps: Steps) -> tuple[str, tuple[str, ...]] | None:
        """Name and parameters of a function; None where they aren't known."""
        ...

    def exception(self, ident: int, limits: Limits) -> tuple[RaisedException, ...]:
        """What the stop is about, or a thread handles, and all exceptions that belong to it."""
        ...

    def captured(self) -> tuple[CapturedOutput, ...]:
        """What the current test has written while pytest captured it."""
        ...

    def expand(self, handle: int, start: int, count: int, limits: Limits) -> Value:
        """A value opened further."""
        ...

    def read_memory(self, address: int, size: int, content: str = "", offset: int = 0) -> tuple[int, bytes]:
        """Where it begins, and the bytes of its memory, fewer where there are no more. Raises TargetError where it may
        not be looked into, and see ``cpython.memory.read_content``.
        """
        ...

    # evaluating, while it is stopped; runs its code

    def evaluate(
        self, text: str, ident: int, frame: int, *, statements: bool, timeout_s: float, limits: Limits
    ) -> Evaluation:
        """Run Python in a frame; raises EvaluationError, or EvaluationInterrupted by the deadline or
        :meth:`interrupt`.
        """
        ...

    def examine(self, text: str, ident: int, frame: int, *, timeout_s: float, limits: Limits) -> Examination:
        """Evaluate an expression and look at all that its value has; raises as :meth:`evaluate`."""
        ...

    def assign(
        self, target: str, expression: str, ident: int, frame: int, *, timeout_s: float, limits: Limits
    ) -> Value:
        """Assign in a frame; raises as :meth:`evaluate`; gives the new value."""
        ...

    def jump(self, line: int) -> Jumped:
        """Go on from another line of the innermost frame of the thread that stopped; raises UnsupportedError."""
        ...

    def reload(self, path: str, source: bytes) -> ReloadReport:
        """Give the functions of a file the code that this source makes; raises UnsupportedError, with nothing done."""
        ...

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """Write a core file of it while it is stopped: its size, and how many bytes can't be read. ``going_on`` gets
        the bytes that are done and all of them, and ends it with False: then it gives None, and no file is left.
        """
        ...

    def interrupt(self) -> None:
        """The user wants the evaluation under way to end; harmless where there is none; returns at once."""
        ...
