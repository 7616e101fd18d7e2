"""The requests that set, change and clear breakpoints. Part of ``requests``."""

from __future__ import annotations

from pydelve.api.breakpoints import After, Breakpoint, ExceptionFilter, HitCondition
from pydelve.api.request import Request
from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class CreateBreakpoint(Request[Breakpoint]):
    """Set a breakpoint. ``frame_file``/``frame_line`` give meaning to ``line``, ``+n`` and ``-n``.

    Raises:
        LocationError: with the candidates, where it does not resolve.
        EvaluationError: the condition does not compile, or an expression of the message.
        UsageError: the name is taken or none, or there is no breakpoint that ``after`` names.
        TargetStateError: there is no such thread.
    """

    location: str
    frame_file: str = ""
    frame_line: int = 0
    condition: str = ""
    hit_condition: HitCondition | None = None
    temporary: bool = False
    name: str = ""
    after: After | None = None
    log: str = ""
    """A logpoint: its line tells this text, with the values of expressions in braces, and does not stop."""
    thread: int = 0
    """In this thread only, or, with ``-Task.id``, in this task; 0: any."""
    per_task: bool = False
    """The hit condition counts in each task for itself."""
    inner: bool = False
    """On the lambdas and comprehensions whose body begins on that line, not on its statement."""
    shared: bool = False
    """Where clients have set one by this very request, it is that one: each has a part in it."""


@dataclass(frozen=True, slots=True)
class CreateExceptionBreakpoint(Request[Breakpoint]):
    """Set a breakpoint on exceptions; it is amended, cleared and listed as others are.

    Raises:
        EvaluationError, UsageError, LocationError: as CreateBreakpoint.
    """

    filter: ExceptionFilter
    condition: str = ""
    hit_condition: HitCondition | None = None
    temporary: bool = False
    name: str = ""
    after: After | None = None
    shared: bool = False
    """As in CreateBreakpoint."""


@dataclass(frozen=True, slots=True)
class SetStopUncaught(Request[None]):
    """Does every uncaught exception stop the target, post-mortem, without a breakpoint? It does from the start."""

    stop: bool


@dataclass(frozen=True, slots=True)
class SetStopOne(Request[None]):
    """Does a stop stop one thread only, and the others run on? They all stop, from the start, and at a Halt. What other
    threads hit meanwhile is told one after the other, as the session goes on.
    """

    one: bool


@dataclass(frozen=True, slots=True)
class AmendBreakpoint(Request[Breakpoint]):
    """Change a breakpoint; a field that is None stays as it is; ``clear_hit_condition`` takes the hit condition
    away, ``clear_after`` the chain.
    """

    id: int
    condition: str | None = None
    hit_condition: HitCondition | None = None
    clear_hit_condition: bool = False
    enabled: bool | None = None
    after: After | None = None
    clear_after: bool = False
    log: str | None = None
    thread: int | None = None
    per_task: bool | None = None
    commands: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ClearBreakpoint(Request[Breakpoint]):
    """Remove a breakpoint; gives it back as it was."""

    id: int
    shared: bool = False
    """Give up this client's part in it only: it goes with the last."""


@dataclass(frozen=True, slots=True)
class ListBreakpoints(Request["tuple[Breakpoint, ...]"]):
    """All breakpoints by ascending id."""
