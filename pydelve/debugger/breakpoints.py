"""Logical breakpoints: what the user set, kept over restarts, and what the agent was told of each.

A breakpoint is a recipe with counters; its placements are derived from it, again in each run of the target.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable
from typing import Any

from pydelve import locspec
from pydelve.api.breakpoints import After, Breakpoint, ExceptionFilter, HitCondition, Location, Placement
from pydelve.debugger.arming import exception_arming, why_of, with_state
from pydelve.debugger.conditions import check_after, check_condition, check_hit_condition, check_name, log_expression
from pydelve.debugger.weaving import GOAL, IdentOf, ScopeKey, scope_of
from pydelve.errors import LocationError, PydelveError, TargetGoneError, TargetStateError
from pydelve.records import replace
from pydelve.target.arming import Armed, Arming, ExceptionArming, Landing, UnitSpan, WovenScope
from pydelve.target.interface import Process

Resolve = Callable[..., tuple[Location, ...]]
"""``files.Files.resolve``."""
_UNCAUGHT = 0
"""What the target calls the filter that no breakpoint stands for."""


Weave = Callable[[Iterable[Breakpoint], Iterable[ScopeKey]], tuple[WovenScope, ...]]
"""``weaving.Weaving.scopes``."""


def _no_weaving(breakpoints: Iterable[Breakpoint], touched: Iterable[ScopeKey]) -> tuple[WovenScope, ...]:
    return ()


class Breakpoints:
    """The session's breakpoints; ``changed`` hears of each change, ``units_beside`` gives all units of a location's
    code, ``weave`` what is to be woven into functions, ``runs_once`` whether a location's code runs only when it is
    loaded.
    """

    def __init__(
        self,
        changed: Callable[..., None],
        units_beside: Callable[[Location], tuple[UnitSpan, ...] | None],
        weave: Weave = _no_weaving,
        runs_once: Callable[[Location], bool] = lambda location: False,
        ident_of: IdentOf = lambda thread: thread,
    ) -> None:
        self._ident_of = ident_of
        self._runs_once = runs_once
        self._units_beside = units_beside
        self._weave = weave
        self._all: dict[int, Breakpoint] = {}
        self._next = 1
        self._changed = changed
        self._goal: Breakpoint | None = None
        self._stops_uncaught = True
        self._with_tasks: set[int] = set()
        """Those that are about a task of this run."""
        self._lost: set[int] = set()
        """Those whose places were not found when their source had changed."""

    def all(self) -> tuple[Breakpoint, ...]:
        """By ascending id."""
        return tuple(self._all[number] for number in sorted(self._all))

    def known(self, number: int) -> bool:
        """Is there one of that number?"""
        return number in self._all

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
        name: str = "",
        after: After | None = None,
        inner: bool = False,
        log: str = "",
        thread: int = 0,
        per_task: bool = False,
        shared: bool = False,
    ) -> Breakpoint:
        """Set one, and arm it where there is a target. Where that fails, there is none.

        Raises:
            EvaluationError: the condition does not compile, or an expression of the message.
            UsageError: the hit condition is none; the name is none, or taken.
            LocationError: there is no breakpoint to come after.
            TargetStateError: there is no such thread, or no such task.
            TargetBusyError, AgentError: the target did not take it.
        """
        check_condition(condition)
        self._check_log(log, thread, process)
        check_hit_condition(hit_condition)
        check_name(name, self._all.values())
        self._check_after(self._next, after)
        made = Breakpoint(
            self._next,
            text,
            tuple(Placement(location, "suspended") for location in locations),
            condition,
            hit_condition,
            temporary,
            name=name,
            after=after,
            inner=inner,
            log=log,
            thread=thread,
            per_task=per_task,
            shared=shared,
        )
        if thread < 0:
            self._with_tasks.add(self._next)
        self._next += 1  # also where it fails: the target may have heard of this number
        return self._keep(self._armed(made, process))

    def create_on_exceptions(
        self,
        wanted: ExceptionFilter,
        condition: str,
        hit_condition: HitCondition | None,
        temporary: bool,
        process: Process | None,
        name: str = "",
        after: After | None = None,
        shared: bool = False,
    ) -> Breakpoint:
        """Set one on exceptions; raises as :meth:`create`."""
        check_condition(condition)
        check_hit_condition(hit_condition)
        check_name(name, self._all.values())
        self._check_after(self._next, after)
        made = Breakpoint(
            self._next, wanted.pattern, (), condition, hit_condition, temporary, name=name, after=after,
            shared=shared, exception=wanted,
        )  # fmt: skip
        self._next += 1
        return self._keep(self._armed(made, process))

    @property
    def stops_uncaught(self) -> bool:
        """Does every uncaught exception stop the target?"""
        return self._stops_uncaught

    def take_over(self, other: Breakpoints) -> None:
        """Those of another target, before this one's run begins."""
        self._all = {number: with_state(replace(found, hits=0)) for number, found in other._all.items()}
        self._next, self._stops_uncaught = other._next, other._stops_uncaught

    def mirror(self, made: Breakpoint, process: Process | None) -> None:
        """One as it is in another target: set here too, or changed. Refused, with the reason, where that fails."""
        self._next = max(self._next, made.id + 1)
        here = with_state(replace(made, hits=self._all[made.id].hits if made.id in self._all else 0))
        try:
            self._keep(self._armed(here, process))
        except PydelveError as error:
            self._keep(with_state(here, "refused", why=why_of(error)))

    def stop_uncaught(self, process: Process | None, *, stop: bool) -> None:
        """Does every uncaught exception stop the target? Remembered for each run."""
        self._stops_uncaught = stop
        if process is not None:
            with contextlib.suppress(TargetGoneError):
                process.arm_exception(_UNCAUGHT, ExceptionArming(ExceptionFilter("uncaught")) if stop else None)

    def amend(self, number: int, process: Process | None, **changes: Any) -> Breakpoint:
        """Change fields of one and arm it anew; its counter goes on. Where that fails, it stays as it was.

        Raises:
            LocationError: there is none of that number.
            EvaluationError, UsageError, TargetBusyError, AgentError: as :meth:`create`.
        """
        if "condition" in changes:
            check_condition(changes["condition"])
        if "hit_condition" in changes:
            check_hit_condition(changes["hit_condition"])
        if "log" in changes or "thread" in changes:
            self._check_log(changes.get("log", ""), changes.get("thread", 0), process)
        if "after" in changes:
            self._check_after(number, changes["after"])
        if changes.get("thread", 0) < 0:
            self._with_tasks.add(number)
        if changes.keys() <= {"commands"}:  # which the target knows nothing of
            return self._keep(replace(self.get(number), **changes))
        return self._keep(self._armed(replace(self.get(number), **changes), process))

    def _check_log(self, log: str, thread: int, process: Process | None) -> None:
        log_expression(log)
        if process is not None and thread < 0 and not any(task.id == -thread for task in process.tasks().tasks):
            raise TargetStateError(f"there is no task {-thread}", why="it is gone, or never was", hint="tasks")
        if process is not None and thread > 0 and self._ident_of(thread) < 0:
            raise TargetStateError(f"there is no thread {thread}", why="it has ended, or never was", hint="threads")

    def _check_after(self, number: int, after: After | None) -> None:
        if after is not None:
            self.get(after.id)
        check_after(number, after, self._all)

    def set_goal(self, locations: tuple[Location, ...], process: Process) -> None:
        """The target is to stop there once, whatever stops it first (``Resume.location``).

        Raises:
            TargetError: it can't.
        """
        goal = Breakpoint(GOAL, "", tuple(Placement(place, "suspended") for place in locations))
        states = process.arm(GOAL, self._armings(goal), self._scopes(goal))
        self._goal = goal
        refused = [state.why for state in states if state.state == "refused"]
        if len(refused) == len(states):
            self.reached_goal((), process)
            raise LocationError("the program can't stop there", why=refused[0], hint="breakpoints")

    def reached_goal(self, hit: tuple[int, ...], process: Process) -> tuple[tuple[int, ...], bool]:
        """The target has stopped, so there is no goal any more: the breakpoints that were hit, and whether it was."""
        if self._goal is not None:
            goal, self._goal = self._goal, None
            process.arm(GOAL, (), self._scopes(replace(goal, enabled=False)))
        return tuple(number for number in hit if number != GOAL), GOAL in hit

    def in_file(self, path: str) -> tuple[int, ...]:
        """Those with a place in a file."""
        return tuple(
            number
            for number in sorted(self._all)
            if any(place.location.file == path for place in self._all[number].placements)
        )

    def move(self, number: int, resolve: Resolve, process: Process) -> Breakpoint:
        """Find one's places anew, as its source has changed: a function where it is now, a line where it was. Where it
        is not found it is refused, with the reason.
        """
        found = self.get(number)
        try:
            return self._keep(self._armed(self._found_anew(found, resolve, process), process))
        except LocationError as error:
            with contextlib.suppress(TargetGoneError):
                process.arm(number, ())
            return self._keep(with_state(found, "refused", why=why_of(error)))

    def _found_anew(self, found: Breakpoint, resolve: Resolve, process: Process) -> Breakpoint:
        """With its places in source that has changed: a function where it is now, a line where it was.

        Raises:
            LocationError: it is not there any more.
        """
        text = found.text
        if not isinstance(locspec.parse(text), locspec.Function | locspec.Pattern):
            place = found.placements[0].location
            text = f"{place.file}:{place.unit.line}"
        self._lost.add(found.id)
        try:
            locations = resolve(text, "", 0, process, found.inner)
        except LocationError as error:
            raise LocationError(
                f"breakpoint {found.id} has lost its place: {error.message}", why=error.why, hint=f"clear {found.id}"
            ) from error
        self._lost.discard(found.id)
        return replace(found, placements=tuple(Placement(location, "suspended") for location in locations))

    def clear(self, number: int, process: Process | None) -> Breakpoint:
        """Remove one; gives it back as it was. It stays where the target can't be told.

        Raises:
            LocationError: there is none of that number.
            TargetBusyError, AgentError: the target did not take it.
        """
        gone = self.get(number)
        if process is not None:
            with contextlib.suppress(TargetGoneError):
                if gone.exception is not None:
                    process.arm_exception(number, None)
                else:
                    process.arm(number, (), self._scopes(replace(gone, enabled=False)))
        del self._all[number]
        self._changed(gone, cleared=True)
        return gone

    def begin_run(
        self, process: Process, edited: Container[str] = (), resolve: Resolve | None = None
    ) -> tuple[PydelveError, ...]:
        """A new run of the target: counters at zero, everything armed again; places in files that were ``edited`` since
        the last one are found anew. One that the target does not take is refused, with the reason, and does not keep
        the others from it; gives what went wrong.
        """
        self._goal = None
        self._with_tasks.clear()
        if not self._stops_uncaught:
            self.stop_uncaught(process, stop=False)
        failures: list[PydelveError] = []
        numbers = sorted(self._all)
        touched = {scope_of(place.location): None for each in self._all.values() for place in each.placements}
        for number in numbers:
            fresh = replace(self._all[number], hits=0)
            try:
                if resolve is not None and (
                    number in self._lost or any(place.location.file in edited for place in fresh.placements)
                ):
                    fresh = self._all[number] = self._found_anew(fresh, resolve, process)
                    touched.update({scope_of(place.location): None for place in fresh.placements})
                # functions are woven when all their breakpoints are there
                scopes = self._weave(self._all.values(), touched) if number == numbers[-1] else ()
                fresh = self._armed(fresh, process, scopes)
            except PydelveError as error:
                failures.append(error)
                fresh = with_state(fresh, "refused", why=why_of(error))
            self._keep(fresh)
        if numbers:
            with contextlib.suppress(TargetGoneError):
                self.place(process.placements())
        return tuple(failures)

    def end_run(self) -> None:
        """The target is gone: what was armed is suspended until the next run. The counters stay to be looked at."""
        for number in sorted(self._all):
            self._keep(with_state(self._all[number]))

    def _keep(self, breakpoint_: Breakpoint) -> Breakpoint:
        self._all[breakpoint_.id] = breakpoint_
        self._changed(breakpoint_)
        return breakpoint_

    def _armed(
        self, wanted: Breakpoint, process: Process | None, scopes: tuple[WovenScope, ...] | None = None
    ) -> Breakpoint:
        """Tell the target of a breakpoint; gives it with what became of its placements. ``scopes``: what is woven with
        it; None: what its functions are to have.
        """
        if process is None:
            return with_state(wanted)
        if wanted.exception is not None:
            with contextlib.suppress(TargetGoneError):  # it ended at this moment: the next run arms it
                process.arm_exception(wanted.id, exception_arming(wanted) if wanted.enabled else None)
            if not scopes:
                return wanted
        if scopes is None:
            scopes = self._scopes(wanted)
        try:
            armed = process.arm(wanted.id, self._armings(wanted) if wanted.enabled else (), scopes)
        except TargetGoneError:  # it ended at this moment: the next run arms it
            return with_state(wanted)
        if not wanted.enabled:
            return with_state(wanted)
        lost = self._lost_for(wanted)
        placements = tuple(
            replace(place, state=result.state, how=result.how, why=result.why or lost, unwoven=result.unwoven)
            for place, result in zip(wanted.placements, armed, strict=True)
        )
        return replace(wanted, placements=placements)

    def _scopes(self, wanted: Breakpoint) -> tuple[WovenScope, ...]:
        """What is to be woven into the functions of a breakpoint, once that is as it is here."""
        others = [each for each in (*self._all.values(), self._goal) if each is not None and each.id != wanted.id]
        return self._weave([*others, wanted], {scope_of(place.location): None for place in wanted.placements})

    def place(self, placed: dict[tuple[int, str, int], Armed]) -> None:
        """Take over where the target says that breakpoints are armed, and how."""
        for number, found in self._all.items():
            placements = []
            for place in found.placements:
                now = placed.get((number, place.location.file, place.location.unit.line))
                if now is not None:
                    why = now.why or self._lost_for(found)
                    place = replace(place, state=now.state, how=now.how, why=why, unwoven=now.unwoven)
                placements.append(place)
            self._all[number] = replace(found, placements=tuple(placements))

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
            replace(
                place,
                state="armed" if landing.how else "refused",
                why=landing.why,
                how=landing.how,
                unwoven=landing.unwoven,
            )
            if (place.location.file, place.location.unit.line) == (landing.file, landing.line)
            and place.state == "suspended"
            else place
            for place in found.placements
        )
        if placements == found.placements:
            return None
        self._all[found.id] = replace(found, placements=placements)
        return self._all[found.id]

    def _lost_for(self, found: Breakpoint) -> str:
        """Why it is never hit in this run: the one thread or task that it is about is not there; "" for none."""
        if found.thread < 0:
            return "" if found.id in self._with_tasks else f"task {-found.thread} was one of an earlier run"
        return f"there is no thread {found.thread} in this run" if self._ident_of(found.thread) < 0 else ""

    def _armings(self, found: Breakpoint) -> tuple[Arming, ...]:
        return tuple(
            Arming(
                place.location,
                ((place.location.unit.line, place.location.unit.end_line, "expression"),)
                if found.inner
                else self._units_beside(place.location),
                found.condition,
                found.hit_condition,
                found.after,
                log_expression(found.log),
                self._ident_of(found.thread) if found.thread > 0 else 0,
                found.temporary,
                self._runs_once(place.location),
                0 if found.thread >= 0 else -found.thread if found.id in self._with_tasks else -1,
                found.per_task,
            )
            for place in found.placements
        )
