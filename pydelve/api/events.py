"""Events: what the debugger tells every client by itself, in order; a stop comes before any reply that depends on
it.
"""

from __future__ import annotations

from typing import Literal

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.target import ExitStatus, LeftAlone, Stop, Target, TargetInfo, Thread
from pydelve.api.tracing import TracedFunction, TracedSum, TracedTask, TracedThread, TraceRecord
from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """A target was started (again)."""

    target: TargetInfo


@dataclass(frozen=True, slots=True)
class Stopped:
    """All Python threads of a target stand still; it is the current one from now on."""

    stop: Stop
    target: int = 1
    """``Target.id``."""


@dataclass(frozen=True, slots=True)
class Continued:
    """The target runs."""


@dataclass(frozen=True, slots=True)
class TargetAdded:
    """A child of a target is a target too; it runs."""

    target: Target


@dataclass(frozen=True, slots=True)
class ChildLeftAlone:
    """A target starts a program that is not debugged."""

    left: LeftAlone
    isolated: bool
    """It is a Python whose options keep it from what pydelve would give it."""
    target: int = 1
    """``Target.id``."""


@dataclass(frozen=True, slots=True)
class TargetWaits:
    """A target has stopped while another one is looked at: its turn comes when that one goes on."""

    target: Target


@dataclass(frozen=True, slots=True)
class TargetExited:
    """A child that was a target has ended, or was let go of (``Target.status``)."""

    target: Target
    current: Target
    """What requests are about from now on."""


@dataclass(frozen=True, slots=True)
class Exited:
    """The target that the session began with ended, or replaced itself by another program."""

    status: ExitStatus


@dataclass(frozen=True, slots=True)
class Detached:
    """The target runs on, with nothing of ours in it."""


@dataclass(frozen=True, slots=True)
class Output:
    """The program wrote something; only where its output is no terminal or file of its own."""

    stream: Literal["stdout", "stderr"]
    text: str
    """What is no UTF-8 comes as ``\\xNN``."""


@dataclass(frozen=True, slots=True)
class BreakpointChanged:
    """A breakpoint was created, amended or hit, or landed in code that was just loaded (``landed``)."""

    breakpoint: Breakpoint
    landed: bool = False
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class HaltPending:
    """The target has not stopped yet: some thread holds the GIL in C code; ``threads`` may be empty."""

    waited_s: float
    why: str
    threads: tuple[Thread, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that is no answer to a request: what happened, why, what to do."""

    message: str
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a logpoint told."""

    breakpoint: int
    file: str
    line: int
    thread: int
    """``Thread.id``."""
    text: str


@dataclass(frozen=True, slots=True)
class Logged:
    """Logpoints were hit: their messages in order, those before a stop before its ``Stopped``."""

    entries: tuple[LogEntry, ...]
    lost: int = 0
    """So many messages before these were dropped, as nobody read them in time."""
    batch: int = 0
    """Whoever carries events to a client says when it has read this (``Debugger.has_read``)."""
    target: int = 1
    """``Target.id``."""


@dataclass(frozen=True, slots=True)
class Traced:
    """Calls that are traced: a batch of records, in order, and what they refer to for the first time."""

    records: tuple[TraceRecord, ...]
    functions: tuple[TracedFunction, ...] = ()
    threads: tuple[TracedThread, ...] = ()
    tasks: tuple[TracedTask, ...] = ()
    lost: int = 0
    """So many records before these were dropped, as nobody read them in time."""
    done: bool = False
    """As many calls as were asked for have ended."""
    cost_s: float = 0.0
    """What telling of a call costs the program, as measured in it."""
    sums: tuple[TracedSum, ...] = ()
    """In place of records, where they are asked for: of each function whose calls have ended since the last batch."""
    batch: int = 0
    """As in Logged."""
    target: int = 1
    """As in Logged."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is that takes long."""

    doing: str
    done_bytes: int
    total_bytes: int
    over: bool = False
    """The request is done with, or was interrupted: no more of it comes."""


Event = (
    Started
    | Stopped
    | Continued
    | Exited
    | Detached
    | Output
    | BreakpointChanged
    | HaltPending
    | Notice
    | Logged
    | Traced
    | Progress
    | TargetAdded
    | TargetWaits
    | TargetExited
    | ChildLeftAlone
)
