"""Arrivals: what comes of an event that the program's threads have come to. In the thread that came.

The event sources (``monitoring.py``, ``tracing.py``) and the checks that are woven in (``checks.py``) tell of them;
whether it is a stop is decided here, and ``stops.py`` makes it.
"""

from __future__ import annotations

from _thread import get_ident

from .. import log_records
from ..interpreter import blame, threads
from ..looking import evaluation
from ..stops import Cause

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

    from ..core import Agent
    from ..events.breakpoints import Armed
    from ..events.stepping import Outcome, Step


class Arrivals:
    """One per agent."""

    def __init__(self, agent: Agent) -> None:
        """``agent`` is the ``core.Agent``."""
        self._agent = agent

    def arrive(self, frame: FrameType, unit: int, offset: int, breakpoints: Sequence[Armed], stepping: bool) -> None:
        """Control reached a line.

        Args:
            frame: Where.
            unit: Line of the unit it arrived at; 0 where the line map was not asked, or says that this is no arrival.
            offset: Of the instruction.
            breakpoints: Those armed on the unit.
            stepping: The step under way watches this frame.
        """
        agent = self._agent
        if not agent.active or (breakpoints and agent.forked()):
            return
        if breakpoints and (
            get_ident() in agent.judging or agent.stops.stands_here() or agent.weaver.inside_check(frame.f_back)
        ):
            breakpoints = ()  # within an evaluation or a condition they are off
        hits, error = [], None
        if breakpoints:
            agent.judging.add(get_ident())
            try:
                for armed in breakpoints:
                    stop, problem = armed.hit(frame)
                    if stop and armed.log and problem is None:
                        stop = (problem := self._tell_from(armed, frame)) is not None
                    if stop:
                        hits.append(armed.id)
                        error = error or problem
            finally:
                agent.judging.discard(get_ident())
        step = agent.stepper.active
        outcome = agent.stepper.line(frame, offset) if stepping and step is not None else None
        if hits:
            self._stop_at_breakpoints(frame, unit, hits, error, step if outcome else None, True)
        elif outcome is not None and step is not None:
            cause = Cause(
                "entry" if step.how == "entry" else "step", step=step, returned=outcome.returned, at_line=True
            )
            agent.stops.stop(cause, threads.frames_of(frame, outcome.line))

    def arrive_woven(self, frame: FrameType, unit: int, hits: list[int], error: dict[str, Any] | None) -> None:
        """The check of a line has found these breakpoints hit; ``error``: what a condition raised."""
        agent = self._agent
        step = agent.stepper.active
        ends = None
        if step is not None and step.ident == get_ident() and (frame is step.frame or frame is step.consumer):
            woven = agent.weaver.of(frame.f_code)
            offset = woven.after(unit) if woven is not None else -1
            if agent.stepper.line(frame, offset) is not None:
                ends = step
        agent.events.shield(lambda: self._stop_at_breakpoints(frame, unit, hits, error, ends, False))

    def _tell_from(self, armed: Armed, frame: FrameType) -> dict[str, Any] | None:
        """A logpoint is hit in this frame: tell its message, evaluated from outside; what that raised, or None."""
        try:
            message = armed.message(frame)
        except Exception as error:
            if not blame.is_of_condition(error):
                raise
            return evaluation.problem_of(error, True)
        self.tell(armed, message)
        return None

    def tell(self, armed: Armed, message: object) -> None:
        """A logpoint's message: to the debugger, soon."""
        agent = self._agent
        if armed.may_log():
            agent.outbox.put(log_records.record(armed.source(), str.__str__(message)))

    def _stop_at_breakpoints(
        self,
        frame: FrameType,
        unit: int,
        hits: list[int],
        error: dict[str, Any] | None,
        step: Step | None,
        at_line: bool,
    ) -> None:
        agent = self._agent
        reason = "breakpoint"
        if error is not None:
            reason = "log-error" if error["of_message"] else "condition-error"
        detail = "" if error is None else "{type}: {message}".format(**error)
        agent.stops.stop(Cause(reason, hits, detail, step, at_line=at_line), threads.frames_of(frame, unit))

    def step_outcome(self, outcome: Outcome | None) -> None:
        """A step ended in a caller, with a value."""
        agent = self._agent
        if outcome is not None and agent.active and not agent.forked():
            step = agent.stepper.active
            cause = Cause("step", step=step, returned=outcome.returned)
            agent.stops.stop(cause, threads.frames_of(outcome.frame, outcome.line))
