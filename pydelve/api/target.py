"""What is debugged, seen from outside: the process, its threads, their frames, and why it stopped."""

from __future__ import annotations

from pydelve.api.values import Value, Variable
from pydelve.light_typing import Literal
from pydelve.records import dataclass

StopReason = Literal[
    "entry", "breakpoint", "step", "halt", "exception", "breakpoint-call", "condition-error", "log-error", "attach",
    "location", "jump", "call", "raised", "core", "still",
]  # fmt: skip
"""entry: the program's first line; breakpoint-call: ``breakpoint()`` in the program; exception: uncaught, post-mortem;
raised: a breakpoint on exceptions, with the frames alive; location: where ``Resume.location`` said; jump, call: what
was asked for is done; core: it stands in a core file; still: stopped before, while another thread was moved, or where
a jump was refused."""

ThreadState = Literal["stopped", "frozen", "running in C", "running", "ended"]
"""stopped: the one that hit; frozen: can't run Python until resumed; running in C: uses the CPU without the GIL."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a thread's stack; ``index`` 0 is the innermost."""

    index: int
    function: str
    """Qualified name, ``Account.withdraw`` (before 3.11 the bare name where no class can be told); ``<module>``."""
    module: str
    """``__name__`` of the frame's globals, or ""."""
    file: str
    """``co_filename`` made absolute and free of symlinks; ``<string>`` and the like as they are."""
    line: int
    """1-based line being executed; 0 where the code has none."""
    first_line: int
    """``co_firstlineno`` of the code."""
    library: bool
    """True for the standard library, site-packages and frozen code: not the user's own."""


@dataclass(frozen=True, slots=True)
class LockWait:
    """What a thread waits for, of Python's own making."""

    kind: Literal["Lock", "RLock", "thread"]
    """thread: the end of another one (``Thread.join``)."""
    address: int
    """Of the lock, or of the ``Thread`` object, in the target."""
    owner: int = 0
    """Who holds the lock, or is to end: ``Thread.id``, in a Snapshot ``native_id``; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Thread:
    """One Python thread of the target."""

    id: int
    """Small number of the session: 1 is the main thread; never reused within a run of the target."""
    ident: int
    """``threading.get_ident()`` of the thread."""
    native_id: int
    """The kernel's id; 0 where it is not known."""
    name: str
    state: ThreadState
    detail: str
    """What it waits in or runs, as far as known: ``select``, ``futex``, ``read``; else ""."""
    current: bool
    """True for the thread the stop is about."""
    frame: Frame | None
    """Innermost frame; None where it has none."""
    holds_gil: bool = False
    """Known only where the process is looked at from outside: at a stop of an agent's it is the agent that does."""
    waits_for_gil: bool = False
    lock: LockWait | None = None
    kept: bool = False
    """It stays frozen when the target goes on (``FreezeThread``)."""


@dataclass(frozen=True, slots=True)
class ExceptionInfo:
    """An exception, as it was raised."""

    type: str
    message: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RaisedException:
    """One of the exceptions that belong together, by ``raise ... from``, by being handled, or in a group."""

    info: ExceptionInfo
    value: Value
    how: Literal["", "cause", "context", "member"]
    """What it is to ``parent``: cause: ``raise ... from`` it; context: it was being handled; "": the first one."""
    parent: int
    """Index of the one it belongs to; -1 for the first."""
    hidden: bool
    """A context that ``raise ... from`` keeps out of tracebacks."""
    stack: int
    """What requests take for ``thread`` to look at its frames, until the target resumes; 0 where it has none."""
    frames: tuple[Frame, ...]
    """Of its traceback, innermost first; the first ones of ``total``."""
    total: int


@dataclass(frozen=True, slots=True)
class ReturnedValue:
    """What a function that just ended gave back."""

    function: str
    value: Value


@dataclass(frozen=True, slots=True)
class TestFailure:
    """A test that failed under pytest, or could not be set up, torn down or collected."""

    __test__ = False  # no test itself, whatever its name

    name: str
    """Its node id, ``test_bank.py::test_withdraw[3-4]``; of a module that can't be collected its path."""
    phase: Literal["setup", "call", "teardown", "collect"]
    parameters: tuple[Variable, ...] = ()
    """What it was parametrised with."""
    fixtures: tuple[Variable, ...] = ()
    """The fixtures it got so far."""
    captured: tuple[str, ...] = ()
    """Titles of what was captured of its output (see ``GetCaptured``)."""


@dataclass(frozen=True, slots=True)
class CapturedOutput:
    """A part of what a test has written while pytest captured it."""

    title: str
    """As in pytest's report: ``Captured stdout call``."""
    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and where the target stopped: one message, so that a step is one round trip."""

    reason: StopReason
    thread: int
    """``Thread.id`` of the thread it is about."""
    thread_name: str
    frames: tuple[Frame, ...]
    """The innermost frames of that thread (not all: see ``Stack``), innermost first; those of the traceback,
    post-mortem."""
    breakpoints: tuple[int, ...] = ()
    """Ids of the breakpoints hit here, ascending."""
    detail: str = ""
    """condition-error, log-error: what the condition, or a logpoint's message, raised; halt: what the thread waits in,
    where known; step: that the function to step into was not called; jump: which variables are None now; raised:
    "raised" or "user", as in ``ExceptionFilter.when``, or, at the raise, "uncaught" or "unknown"; exception: "" where
    it ends the program, else "thread", "task" (nobody has retrieved it) or "callback" (of an event loop)."""
    returned: ReturnedValue | None = None
    exception: ExceptionInfo | None = None
    frame: int = 0
    """Index in ``frames`` of the one to look at first."""
    test: TestFailure | None = None
    """exception: the test that it made fail; None where it ends the program."""
    interrupted_step: bool = False
    """True where a step was under way in another thread or frame and this stop came first."""
    task: int = 0
    """``tasks.Task.id`` of the task that the thread is in; 0 for none."""
    task_name: str = ""
    others_run: bool = False
    """True where the other threads run on (``SetStopOne``); they stand while something is looked at."""


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """How the target ended."""

    how: Literal["exited", "killed", "gone", "lost", "replaced"]
    """exited: with ``status``; gone: ended, its parent knows how; killed: by signal ``status``; replaced: it
    exec'd another program and runs on without us; lost: it runs on, and its agent is out of reach."""
    status: int = 0
    clean: bool = True
    """False where Python did not get to its own clean-up (``os._exit``, a signal, a crash)."""
    exception: ExceptionInfo | None = None
    """The uncaught exception that ended it, where there was one."""
    told: bool = False
    """Where it is not ``clean``: what logpoints and traces had to tell of has come all the same."""


Capability = Literal["run", "control"]
"""What can be done with a target besides looking at it. run: it goes on and can be halted; control: its own code is
run, stopped and changed: breakpoints, steps, calls, assignments."""


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """The process and the interpreter in it."""

    pid: int
    python: str
    """Version, ``3.13.0``."""
    executable: str
    argv: tuple[str, ...]
    cwd: str
    launched: bool
    """True where pydelve started it (and kills it on exit); False where it attached."""
    capabilities: tuple[Capability, ...] = ("run", "control")
    limited: str = ""
    """Why these are not all."""
    core: str = ""
    """The core file that it is read from; "" for a live process."""


@dataclass(frozen=True, slots=True)
class Dumped:
    """A core file that was written."""

    path: str
    size_bytes: int
    """Pages of zeros are holes in the file, and count."""
    unreadable_bytes: int
    """Memory that could not be read, and is zeros there."""
    took_s: float


TargetStatus = Literal["starting", "running", "stopped", "evaluating", "ended", "detached"]


@dataclass(frozen=True, slots=True)
class State:
    """The one truth about the current target that every client sees."""

    status: TargetStatus
    target: TargetInfo | None = None
    stop: Stop | None = None
    """Set while stopped."""
    exit: ExitStatus | None = None
    """Set once ended."""


@dataclass(frozen=True, slots=True)
class Target:
    """One of the processes of a session: what was launched or attached to, or a child that is followed."""

    id: int
    """Small number of the session: 1 is what it began with; never reused."""
    info: TargetInfo
    status: TargetStatus
    how: Literal["launch", "attach", "fork", "exec"]
    """How it came to be one. exec: it is another program that a target has started."""
    parent: int = 0
    """``id`` of the target whose child it is; 0 where that is not known."""
    current: bool = False
    """What requests are about."""
    stop: Stop | None = None
    """Set while stopped."""
    exit: ExitStatus | None = None
    """Set once ended."""


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A program that targets have started, and that is not debugged."""

    words: tuple[str, ...]
    """The first words of its command line."""
    why: str
    count: int = 1
    """How often."""


@dataclass(frozen=True, slots=True)
class TargetList:
    """The processes of the session."""

    targets: tuple[Target, ...]
    """By ascending id, those included that have ended (the last hundred of them)."""
    left_alone: tuple[LeftAlone, ...] = ()
    """What they have started besides (the last hundred)."""
    coming: int = 0
    """So many children have begun and have not called yet, where that was asked for."""


@dataclass(frozen=True, slots=True)
class StackPart:
    """Where, in a task's stack, the task begins that awaits the one before."""

    index: int
    """Of the part's innermost frame; the total, where it has none."""
    task: int
    """``tasks.Task.id``."""
    name: str
    how: str
    """As ``tasks.Task.how``."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Part of a thread's stack."""

    frames: tuple[Frame, ...]
    total: int
    """Frames of the whole stack."""
    parts: tuple[StackPart, ...] = ()
    """Of a task: where the tasks that await it begin."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The lines of one source file."""

    path: str
    lines: tuple[str, ...]
    """Without line ends; ``lines[0]`` is line 1."""
    stale: bool = False
    """True where the file changed on disk after the target was started; of a core file, after that was written."""
