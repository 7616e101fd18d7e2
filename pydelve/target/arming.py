"""Breakpoints as a target gets them: what to arm where, what to weave in, and what became of it.

Threads go by ident here, as in ``interface.py``, whose :class:`Process` takes and tells these. Nothing but data.
"""

from __future__ import annotations

from typing import Literal

from pydelve.api.breakpoints import After, ExceptionFilter, HitCondition, Location
from pydelve.records import dataclass

UnitSpan = tuple[int, int, str]
"""Line, end line and kind of a unit (``api.breakpoints.Unit``); also "expression": what a lambda or a comprehension
computes, arrived at where its first instruction is."""


@dataclass(frozen=True, slots=True)
class Arming:
    """One placement to arm."""

    location: Location
    units: tuple[UnitSpan, ...] | None
    """All units of the code it is in; None where its source is not known."""
    condition: str = ""
    hit_condition: HitCondition | None = None
    after: After | None = None
    log: str = ""
    """A logpoint's message: an expression."""
    thread: int = 0
    """Ident of the only thread that is meant; 0: any; -1: one that this run does not have."""
    temporary: bool = False
    once: bool = False
    """The code is a module's, or that of a class in one: it runs when the module is loaded, and not again."""
    task: int = 0
    """Number of the only task that is meant; 0: any, or none; -1: one that this run does not have."""
    per_task: bool = False
    """The hit condition is about the hits in each task."""


@dataclass(frozen=True, slots=True)
class ExceptionArming:
    """A breakpoint on exceptions to arm."""

    filter: ExceptionFilter
    condition: str = ""
    hit_condition: HitCondition | None = None
    after: After | None = None


@dataclass(frozen=True, slots=True)
class WovenScope:
    """What is to be woven into one function; with no code: nothing, or nothing any more."""

    file: str
    name: str
    """Its ``co_name``."""
    line: int
    """Its ``co_firstlineno``."""
    code: bytes
    """Opaque: what ``weave_helper`` made for ``agent/weaving/weaver.py``."""
    tags: tuple[tuple[int, int], ...]
    """Number of each check, and the line of its unit."""
    woven: tuple[tuple[int, tuple[int, ...]], ...]
    """Lines with a check, and the breakpoints it stands for."""
    refused: tuple[tuple[int, int, str], ...]
    """Breakpoint, line, and why it is not woven."""


@dataclass(frozen=True, slots=True)
class Armed:
    """What became of an :class:`Arming`."""

    state: Literal["armed", "suspended", "refused"]
    how: str = ""
    why: str = ""
    unwoven: str = ""
    """Why it is not woven."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A suspended placement's code was loaded; ``why`` says why it can't be armed, if so."""

    breakpoint_id: int
    file: str
    line: int
    """Of the unit it was armed on: a breakpoint may have several placements in a file."""
    how: str
    why: str
    unwoven: str = ""
