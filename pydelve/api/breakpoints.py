"""Breakpoints: what the user set (logical), and where it is armed (placements)."""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass

UnitKind = Literal["simple", "loop", "block", "with", "decorator", "except", "case", "definition"]
"""What starts on a line: simple statement; for/while header; if/try/match header; with header; decorator line;
``except`` clause; ``case`` clause; ``def``/``class`` line."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A place where control can be said to arrive: one statement, or the header of a compound one.

    The canonical line map (docs/internals/line-map.md): breakpoints, steps and woven checks all mean these.
    """

    line: int
    """The line the unit starts on."""
    end_line: int
    """Last line of the statement, or of the *header* where it is a compound one."""
    kind: UnitKind
    scope: str
    """Qualified name of the code that holds it: ``Account.withdraw``, ``outer.<locals>.inner``, ``<module>``."""
    scope_line: int
    """``co_firstlineno`` of that code: line of the first decorator or of ``def``/``class``; 1 for a module."""
    scope_name: str
    """``co_name`` of that code."""


@dataclass(frozen=True, slots=True)
class Location:
    """A resolved place in a source file."""

    file: str
    """Absolute real path."""
    unit: Unit
    function: str
    """``unit.scope``, prefixed for people with nothing; kept apart from ``unit`` for front ends."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One place where a breakpoint is, or will be, armed."""

    location: Location
    state: Literal["armed", "suspended", "disabled", "refused"]
    """suspended: the code is not loaded yet; refused: the loaded code has no such line (see ``why``)."""
    how: str = ""
    """"woven" (into the function's own code), "events" (``sys.monitoring``), "trace" (``sys.settrace``); "" while not
    armed."""
    why: str = ""
    """Why it is suspended or refused, or does not work everywhere."""
    unwoven: str = ""
    """Why it is not woven; "" where it is."""


@dataclass(frozen=True, slots=True)
class HitCondition:
    """Stops only when the hit count compares so: ``op`` one of ``== != > >= < <= %``."""

    op: str
    count: int


@dataclass(frozen=True, slots=True)
class After:
    """A chain: stops only once another breakpoint was hit so often in this run."""

    id: int
    hits: int = 1


@dataclass(frozen=True, slots=True)
class ExceptionFilter:
    """Which exceptions a breakpoint is on, and when it stops. One more, which can't be listed, is there from the start:
    every uncaught one (``SetStopUncaught``).
    """

    when: Literal["raised", "user", "uncaught"] = "raised"
    """raised: as it comes to the user's code, raised there or in what that called; user: as it leaves the user's code
    for a library that called it; uncaught: when it has ended the program, a thread or a task."""
    pattern: str = "*"
    """``Class`` or ``module.Class``, subclasses included; ``*`` for any."""
    ignored: tuple[str, ...] = ()
    """Classes that are not meant, written as ``pattern``."""
    libraries: bool = False
    """raised: also those that libraries raise and handle among themselves."""
    at_raise: bool = False
    """uncaught: where it is raised, before any ``finally`` has run, as far as it can be told that nobody will catch it;
    3.11 and newer."""
    unknown: Literal["stop", "later"] = "stop"
    """at_raise: where that can't be told: stop all the same, or leave it to the end."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """A logical breakpoint: the recipe as the user gave it, its counters, and where it is armed."""

    id: int
    text: str
    """The location as it was typed."""
    placements: tuple[Placement, ...]
    condition: str = ""
    hit_condition: HitCondition | None = None
    temporary: bool = False
    enabled: bool = True
    hits: int = 0
    """Times its line was reached with the condition true, in this run of the target."""
    name: str = ""
    """A word that stands for the number in commands; "" where it has none."""
    after: After | None = None
    """Until then its line is passed, uncounted."""
    inner: bool = False
    """On the lambdas and comprehensions of its line, each time one computes a value, instead of the statement."""
    log: str = ""
    """A logpoint's message, as the Debug Adapter Protocol writes it (``amount is {amount}``): instead of a stop."""
    thread: int = 0
    """``Thread.id`` of the only thread that is meant, or ``-Task.id`` of the only task; 0: any."""
    per_task: bool = False
    """The hit condition is about the hits in each task."""
    commands: tuple[str, ...] = ()
    """What a front end runs at each of its stops: commands of the prompt."""
    shared: bool = False
    """Several clients may have a part in it (``CreateBreakpoint.shared``)."""
    exception: ExceptionFilter | None = None
    """Of one on exceptions, which has no placements; its condition may name the exception ``exc``."""
