"""Logical breakpoints: what the user set, kept over restarts, and what the agent was told of each.

A breakpoint is a recipe with counters; its placements are derived from it, again in each run of the target.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydelve.api.breakpoints import Breakpoint, HitCondition, Location, Placement
from pydelve.errors import EvaluationError, LocationError, UsageError
from pydelve.target import Arming, Landing, Process, UnitSpan

OPERATORS = ("==", "!=", ">=", "<=", ">", "<", "%")


class Breakpoints:
    """The session's breakpoints; ``changed`` hears of each change, ``units_beside`` gives all units of a location's
    code.
    """

    def __init__(
        self, changed: Callable[..., None], units_beside: Callable[[Location], tuple[UnitSpan, ...] | None]
    ) -> None:
        self._units_beside = units_beside
        self._all: dict[int, Breakpoint] = {}
        self._next = 1
        self._changed = changed

    def all(self) -> tuple[Breakpoint, ...]:
        """By ascending id."""
        return tuple(self._all[number] for number in sorted(self._all))

    def get(self, number: int) -> Breakpoint:
        """One of them.

        Raises:
            LocationError: there is none of that number.
        """
        if number not in self._all:
            known = ", ".join(map(str, sorted(self._all))) or "none"
            raise LocationError(f"there is no breakpoint {number}", why=f"set are: {known}", hint="breakpoints")
        return self._all[number]

    def create(
        self,
        text: str,
        locations: tuple[Location, ...],
        condition: str,
        hit_condition: HitCondition | None,
        temporary: bool,
        process: Process | None,
    ) -> Breakpoint:
        """Set one, and arm it where there is a target.

        Raises:
            EvaluationError: the condition does not compile.
            UsageError: the hit condition is none.
        """
        check_condition(condition)
        check_hit_condition(hit_condition)
        made = Breakpoint(
            self._next,
            text,
            tuple(Placement(location, "suspended") for location in locations),
            condition,
            hit_condition,
            temporary,
        )
        self._next += 1
        self._all[made.id] = made
        return self.arm(made.id, process)

    def amend(self, number: int, process: Process | None, **changes: Any) -> Breakpoint:
        """Change fields of one and arm it anew; its counter goes on."""
        if "condition" in changes:
            check_condition(changes["condition"])
        if "hit_condition" in changes:
            check_hit_condition(changes["hit_condition"])
        self._all[number] = replace(self.get(number), **changes)
        return self.arm(number, process)

    def clear(self, number: int, process: Process | None) -> Breakpoint:
        """Remove one; gives it back as it was."""
        gone = self.get(number)
        del self._all[number]
        if process is not None:
            process.arm(number, ())
        self._changed(gone, cleared=True)
        return gone

    def arm(self, number: int, process: Process | None) -> Breakpoint:
        """Tell the agent of one breakpoint as it is now."""
        found = self.get(number)
        if process is None:
            placements = tuple(replace(place, state="suspended", how="", why="") for place in found.placements)
        else:
            armed = process.arm(number, self._armings(found) if found.enabled else ())
            placements = (
                tuple(
                    replace(place, state=result.state, how=result.how, why=result.why)
                    for place, result in zip(found.placements, armed, strict=True)
                )
                if found.enabled
                else tuple(replace(place, state="disabled", how="", why="") for place in found.placements)
            )
        self._all[number] = replace(found, placements=placements)
        self._changed(self._all[number])
        return self._all[number]

    def begin_run(self, process: Process | None) -> None:
        """A new run of the target: counters at zero, everything armed again (or, without a target, suspended)."""
        for number in list(self._all):
            self._all[number] = replace(self._all[number], hits=0)
            self.arm(number, process)

    def count(self, counts: dict[int, int]) -> None:
        """Take over the agent's counters."""
        for number, hits in counts.items():
            if number in self._all:
                self._all[number] = replace(self._all[number], hits=hits)

    def landed(self, landing: Landing) -> Breakpoint | None:
        """A suspended placement's code was loaded: the breakpoint as it is now, None where nothing changed."""
        found = self._all.get(landing.breakpoint_id)
        if found is None:
            return None
        placements = tuple(
            replace(place, state="refused" if landing.why else "armed", why=landing.why, how=landing.how)
            if place.location.file == landing.file and place.state == "suspended"
            else place
            for place in found.placements
        )
        if placements == found.placements:
            return None
        self._all[found.id] = replace(found, placements=placements)
        return self._all[found.id]

    def _armings(self, found: Breakpoint) -> tuple[Arming, ...]:
        return tuple(
            Arming(place.location, self._units_beside(place.location), found.condition, found.hit_condition)
            for place in found.placements
        )


def check_condition(condition: str) -> None:
    """Refuse what is no expression, before it is armed.

    Raises:
        EvaluationError: it does not compile; it is read by our own Python, so newer syntax is left to the target.
    """
    if not condition:
        return
    try:
        tree = ast.parse(condition, "<condition>", mode="eval")
    except (SyntaxError, ValueError) as error:
        raise EvaluationError(
            f"the condition {condition!r} is not a Python expression",
            why=str(error.args[0] if error.args else error),
            hint="condition ID EXPRESSION",
        ) from error
    if any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in ast.walk(tree)):
        raise EvaluationError(
            f"the condition {condition!r} can't be used", why="await and yield can't run between two lines"
        )


def check_hit_condition(condition: HitCondition | None) -> None:
    """Refuse an unknown comparison, or a count that can never matter.

    Raises:
        UsageError: so it is.
    """
    if condition is None:
        return
    if condition.op not in OPERATORS or condition.count < (1 if condition.op == "%" else 0):
        raise UsageError(
            f"{condition.op!r} {condition.count} is no hit condition",
            why=f"a comparison ({' '.join(OPERATORS)}) and a count are needed",
            hint="condition -hitcount ID % 100",
        )
