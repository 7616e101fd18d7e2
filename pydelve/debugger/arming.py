"""Small parts of arming breakpoints: what the target is told, and what a placement then is. Pure."""

from __future__ import annotations

from typing import Literal

from pydelve.api.breakpoints import Breakpoint
from pydelve.errors import LocationError, PydelveError
from pydelve.records import replace
from pydelve.target.arming import ExceptionArming


def exception_arming(wanted: Breakpoint) -> ExceptionArming:
    """What the target is told of a breakpoint on exceptions."""
    assert wanted.exception is not None
    return ExceptionArming(wanted.exception, wanted.condition, wanted.hit_condition, wanted.after)


def why_of(error: PydelveError) -> str:
    """For a list of breakpoints: in few words where it is their location."""
    return error.__cause__.message if isinstance(error.__cause__, LocationError) else str(error)


def with_state(
    breakpoint_: Breakpoint, state: Literal["suspended", "refused"] = "suspended", why: str = ""
) -> Breakpoint:
    """All placements in one state; those of a disabled breakpoint are disabled, whatever else."""
    placements = tuple(
        replace(place, state=state if breakpoint_.enabled else "disabled", how="", why=why, unwoven="")
        for place in breakpoint_.placements
    )
    return replace(breakpoint_, placements=placements)
