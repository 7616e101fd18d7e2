"""The typed requests: one class each; ``Request[State]`` is one that a ``State`` answers.

This is the whole API: the client sends them, the server hands them to the debugger, the local prompt is one more
client. A request refuses by raising a :class:`pydelve.errors.PydelveError`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydelve.api.breakpoints import Location
from pydelve.api.code import Definition, Disassembly, Module
from pydelve.api.completion import Completion, Signature
from pydelve.api.reload import FileReload
from pydelve.api.request import Request as Request
from pydelve.api.requests_breakpoints import AmendBreakpoint as AmendBreakpoint
from pydelve.api.requests_breakpoints import ClearBreakpoint as ClearBreakpoint
from pydelve.api.requests_breakpoints import CreateBreakpoint as CreateBreakpoint
from pydelve.api.requests_breakpoints import CreateExceptionBreakpoint as CreateExceptionBreakpoint
from pydelve.api.requests_breakpoints import ListBreakpoints as ListBreakpoints
from pydelve.api.requests_breakpoints import SetStopOne as SetStopOne
from pydelve.api.requests_breakpoints import SetStopUncaught as SetStopUncaught
from pydelve.api.requests_targets import AttachChildren as AttachChildren
from pydelve.api.requests_targets import FollowChildren as FollowChildren
from pydelve.api.requests_targets import GetTargets as GetTargets
from pydelve.api.requests_targets import SelectTarget as SelectTarget
from pydelve.api.requests_targets import SetStopTogether as SetStopTogether
from pydelve.api.session import Capabilities, MemoryBlock, SessionConfig
from pydelve.api.target import CapturedOutput, Dumped, RaisedException, SourceText, Stack, State, Thread
from pydelve.api.tasks import TaskFilter, TaskPage
from pydelve.api.tracing import TraceOptions, TraceSummary
from pydelve.api.values import Evaluation, Examination, Limits, Value, Variable
from pydelve.records import dataclass, field


@dataclass(frozen=True, slots=True)
class GetState(Request[State]):
    """What the session is doing now."""

    URGENT: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GetCapabilities(Request[Capabilities]):
    """What can be done with this target, and why the rest can't."""


@dataclass(frozen=True, slots=True)
class GetConfig(Request[SessionConfig]):
    """What holds for all clients; substitute_paths and set_stop_uncaught change it."""


@dataclass(frozen=True, slots=True)
class Resume(Request[State]):
    """Let the target run, at once; the stop arrives as an event (and, with ``wait``, as the answer, too).

    ``frame`` counts for "stepout" (leave that frame), "next" (next line of that frame) and "until" (its next line from
    ``line`` on, or its end).

    Raises:
        LocationError: ``location`` does not resolve.
        TargetStateError: the thread that is to run alone waits for another one.
    """

    how: Literal["continue", "next", "step", "stepout", "until"]
    thread: int = 0
    """``Thread.id`` to step; 0 means the current one."""
    frame: int = 0
    into_libraries: bool = False
    """step: enter library code too."""
    skip: tuple[str, ...] = ()
    """Functions taken for library code: patterns with ``*`` of ``module.function``, or of absolute paths."""
    line: int = 0
    """until: the least line to stop at; 0 is the one after the current line."""
    location: str = ""
    """continue: stop there too, this once; as in CreateBreakpoint, with ``frame_file`` and ``frame_line``."""
    frame_file: str = ""
    frame_line: int = 0
    function: str = ""
    """step: enter this function only, called by the statement that runs; a name, or a location of one."""
    alone: bool = False
    """All other threads that exist now stand still meanwhile, until the next stop; where only one stops, others go on
    as they do, and the one that stopped stays where it is.
    """
    wait: bool = False
    """Answer when the program has stopped or ended."""


@dataclass(frozen=True, slots=True)
class Call(Request[State]):
    """Let the program run an expression in a frame of the thread that stopped, with breakpoints and Halt as ever; its
    end is a stop, with the value or the exception. Unlike Evaluate it has no deadline.

    Raises:
        EvaluationError: it does not compile.
        TargetStateError: the thread did not stop by itself.
    """

    text: str
    frame: int = 0
    wait: bool = False
    """Answer when the program has stopped or ended."""


@dataclass(frozen=True, slots=True)
class Jump(Request[State]):
    """Go on from another line of the innermost frame of the thread that stopped; comes back as a stop. From a woven
    breakpoint the thread first runs to its statement: then the state is "running", and a refusal comes as a Notice.

    Raises:
        LocationError: there is no such line in the frame's code.
        UnsupportedError: Python does not allow it from here to there.
    """

    location: str
    wait: bool = False
    """Answer when the program has stopped or ended."""


@dataclass(frozen=True, slots=True)
class SendSignal(Request[None]):
    """Send the program a signal; where it is stopped, its handler runs when it goes on."""

    number: int
    URGENT: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Halt(Request[State]):
    """Ask the running target to stop; returns at once, the stop (or HaltPending) arrives as an event."""

    URGENT: ClassVar[bool] = True
    wait: bool = False
    """Answer when the program has stopped or ended."""


@dataclass(frozen=True, slots=True)
class Interrupt(Request[None]):
    """Interrupt the evaluation under way, if there is one."""

    URGENT: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FindLocations(Request["tuple[Location, ...]"]):
    """Resolve a location without setting anything; several results for ``/regexp/``."""

    location: str
    frame_file: str = ""
    frame_line: int = 0


@dataclass(frozen=True, slots=True)
class CompleteLocation(Request["tuple[str, ...]"]):
    """Words that complete a location being typed; runs no code of the target, and answers while it runs."""

    prefix: str
    frame_file: str = ""


@dataclass(frozen=True, slots=True)
class CompleteExpression(Request[Completion]):
    """Ways to go on from the end of a piece of Python in a frame; runs no code of the target. Empty while it runs."""

    text: str
    thread: int = 0
    frame: int = 0


@dataclass(frozen=True, slots=True)
class GetSignature(Request["Signature | None"]):
    """The parameters of the call that the end of a piece of Python is in; None where they aren't known."""

    text: str
    thread: int = 0
    frame: int = 0


@dataclass(frozen=True, slots=True)
class GetThreads(Request["tuple[Thread, ...]"]):
    """All Python threads by ascending id. Needs a stopped target."""


@dataclass(frozen=True, slots=True)
class FreezeThread(Request[None]):
    """Keep a thread still when the target goes on, until this is taken back. Needs a stopped target.

    Raises:
        TargetStateError: there is no such thread.
        UnsupportedError: it can't be frozen; the reason says why.
    """

    thread: int
    frozen: bool = True


@dataclass(frozen=True, slots=True)
class GetTasks(Request[TaskPage]):
    """The tasks that all filters are true of, ``count`` of them from ``start`` on. Needs a stopped target."""

    filters: tuple[TaskFilter, ...] = ()
    done: bool = False
    """Those that are done, too, as far as anything holds them."""
    group: Literal["", "location", "coroutine", "state"] = ""
    start: int = 0
    count: int = 1_000_000


@dataclass(frozen=True, slots=True)
class GetStack(Request[Stack]):
    """Frames ``start`` to ``start + count`` of a thread (0: the current one), innermost first.

    Here and in all requests about a frame ``thread`` may also be a task's ``-id``, or the ``stack`` of an exception.
    """

    thread: int = 0
    start: int = 0
    count: int = 50


@dataclass(frozen=True, slots=True)
class GetVariables(Request["tuple[Variable, ...]"]):
    """Arguments or locals (arguments included) of a frame, in the order of the code, or its globals by name."""

    scope: Literal["arguments", "locals", "globals"] = "locals"
    thread: int = 0
    frame: int = 0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class GetException(Request["tuple[RaisedException, ...]"]):
    """The exception that the stop is about, or that a thread is handling, and those that belong to it; () for none."""

    thread: int = 0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class GetCaptured(Request["tuple[CapturedOutput, ...]"]):
    """What the current test has written while pytest captured it; empty outside tests, and with ``pytest -s``."""


@dataclass(frozen=True, slots=True)
class Expand(Request[Value]):
    """Open a value further: the same value with children ``start`` to ``start + count``."""

    handle: int
    start: int = 0
    count: int = 100
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Evaluate(Request[Evaluation]):
    """Run Python in a frame: an expression, or (``statements``) statements whose assignments reach the frame.

    Runs the target's code; the other threads move meanwhile.

    Raises:
        EvaluationError: it does not compile, or raised.
        EvaluationInterrupted: over ``timeout_s``, or Interrupt came.
    """

    text: str
    thread: int = 0
    frame: int = 0
    statements: bool = False
    timeout_s: float = 10.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Examine(Request[Examination]):
    """Evaluate an expression in a frame, and look at all that its value has, without running any more code.

    Raises:
        EvaluationError: as :class:`Evaluate`.
    """

    text: str
    thread: int = 0
    frame: int = 0
    timeout_s: float = 10.0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Assign(Request[Value]):
    """``target = expression`` in a frame: a local, cell, global, attribute or item; gives the new value."""

    target: str
    expression: str
    thread: int = 0
    frame: int = 0
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ReadMemory(Request[MemoryBlock]):
    """Up to a megabyte of the target's memory, as far as it can be read. Needs a stopped target."""

    address: int
    size: int
    content: Literal["", "bytes", "bytearray"] = ""
    """``address`` is that of such an object (``Value.address``): what it holds is read."""
    offset: int = 0
    """So far behind ``address``, or behind the beginning of the content."""


@dataclass(frozen=True, slots=True)
class GetSource(Request[SourceText]):
    """The text of a source file as the target sees it (files in zips included)."""

    path: str


@dataclass(frozen=True, slots=True)
class GetModules(Request["tuple[Module, ...]"]):
    """Loaded modules that have a source file, by name: the program's own, or (``libraries``) all."""

    libraries: bool = False


@dataclass(frozen=True, slots=True)
class GetDefinitions(Request["tuple[Definition, ...]"]):
    """Functions and classes of the program's loaded modules, main file first, then by module and line.

    Read from source; runs nothing, and answers while the target runs.

    Raises:
        LocationError: ``pattern`` is no regular expression, or ``file`` can't be read.
    """

    kind: Literal["function", "class", "any"] = "any"
    pattern: str = ""
    """A regular expression found in the full name, ``module.Class.method``."""
    libraries: bool = False
    """Those of libraries, too, in modules whose name begins with ``module``."""
    module: str = ""
    file: str = ""
    """Of this file only."""


@dataclass(frozen=True, slots=True)
class Disassemble(Request[Disassembly]):
    """The instructions of a frame's function, or, as the target's interpreter compiles it, of a location's.

    Raises:
        LocationError: ``location`` does not resolve.
        UnsupportedError: the target's interpreter can't be asked for it.
    """

    thread: int = 0
    frame: int = 0
    location: str = ""
    frame_file: str = ""
    frame_line: int = 0


@dataclass(frozen=True, slots=True)
class SubstitutePaths(Request[None]):
    """Where sources are: pairs of what a path in the program begins with, and what it begins with here; first match."""

    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Restart(Request[State]):
    """Start the launched program again, with all breakpoints; kills it first where it still runs."""

    arguments: tuple[str, ...] | None = None
    """The program's arguments from now on; None: those it had."""
    wait: bool = False
    """Answer when the program has stopped or ended."""


@dataclass(frozen=True, slots=True)
class Reload(Request["tuple[FileReload, ...]"]):
    """Give functions of edited files their new code: of one file (a module's name, a path or the end of one), or of all
    that were edited; () where none was. Breakpoints in them are found anew.

    Raises:
        LocationError: there is no such file.
        UnsupportedError: it does not compile, or its code is not made from it as it is; nothing was changed.
    """

    path: str = ""


@dataclass(frozen=True, slots=True)
class Dump(Request["Dumped | None"]):
    """Write a core file of the stopped target, with Progress events; None where Interrupt ended it, with no file left.

    Raises:
        UsageError: there is such a file.
        TargetError: it can't be written.
    """

    path: str


@dataclass(frozen=True, slots=True)
class StartTracing(Request[None]):
    """Tell of calls from now on, by Traced events, in place of those that were told of so far; also while it runs.

    Raises:
        UsageError: a pattern is no regular expression.
        EvaluationError: the condition does not compile.
        UnsupportedError: the target's interpreter can't be asked for it.
    """

    options: TraceOptions


@dataclass(frozen=True, slots=True)
class EndTracing(Request[TraceSummary]):
    """Tell of no more calls; what was recorded comes first. Nothing of it stays in the target."""


@dataclass(frozen=True, slots=True)
class Detach(Request[None]):
    """Leave the target: it runs on with nothing of ours active (or is killed, with ``kill``)."""

    kill: bool = False
    URGENT: ClassVar[bool] = True


ALL: tuple[type[Request[Any]], ...] = (
    GetState, Resume, Halt, Interrupt, CreateBreakpoint, AmendBreakpoint, ClearBreakpoint, ListBreakpoints,
    FindLocations, CompleteLocation, GetThreads, GetStack, GetVariables, GetCaptured, Expand, Evaluate, Examine, Assign,
    GetSource, Restart, Detach, SubstitutePaths, Call, Jump, SendSignal, GetModules, GetDefinitions, Disassemble,
    Reload, Dump, CompleteExpression, GetSignature, CreateExceptionBreakpoint, SetStopUncaught, GetException,
    GetTasks, StartTracing, EndTracing, GetCapabilities, GetConfig, ReadMemory, GetTargets, SelectTarget,
    FollowChildren, AttachChildren, SetStopOne, SetStopTogether, FreezeThread,
)  # fmt: skip
