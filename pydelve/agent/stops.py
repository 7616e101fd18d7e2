"""The stop: one thread of the program stands still, holds the GIL, and serves the debugger until told to run.

Whoever has a reason to stop (``core``, ``hooks``) says it as a ``Cause``. One stop at a time: threads that come
meanwhile wait for their turn, and are told then, if the reason still holds.
"""

from __future__ import annotations

import _thread
import sys
import time
from _thread import get_ident

from . import protocol
from .events.stepping import Step
from .exceptions import tree as exception_tree
from .interpreter import interpreters, threads
from .interpreter.gil import FREE_THREADED
from .interpreter.interpreters import current_frames
from .interpreter.linemap import LineMap
from .interpreter.skipping import Skipped
from .looking import evaluation
from .protocol import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence
    from typing import Any

    from .core import Agent
    from .interpreter.threads import Stack

_TURN_S = 0.02  # how often a thread that stopped looks whether a step of another one has ended
# A thread that stands may not be traced: 3.11 does not get past the begin of a traced function as long as the eval
# breaker is set (Python/ceval.c: DO_TRACING of RESUME), and in a stop it may be.
_IS_TRACED = sys.version_info < (3, 12)
_HALT_TRIES = 20  # until a thread's frames have stayed the same while they were told
_STOPS_KEPT = 1000  # for saying how long something ran between them
_monotonic, _sleep = time.monotonic, time.sleep  # taken before the program can replace them
FIRST_FRAMES = 20  # sent with each stop; the rest is asked for


class Cause:
    """Why a thread stops: the fields of ``pydelve.target.StopReport`` that are known by then."""

    __slots__ = (
        "at_line", "dead", "detail", "exception", "frame", "ids", "reason", "returned", "step", "test", "traceback",
    )  # fmt: skip

    def __init__(
        self,
        reason: str,
        ids: Sequence[int] = (),
        detail: str = "",
        step: Step | None = None,
        returned: tuple[Any, Any] | None = None,
        exception: BaseException | None = None,
        at_line: bool = False,
        frame: int = 0,
        test: dict[str, Any] | None = None,
        dead: int = 0,
    ) -> None:
        """``ids`` of the breakpoints hit; ``step`` that ended here; ``returned``: code (or what was called) and value
        of a call left; ``at_line``: the thread is in the callback of a line event, and may jump; ``frame`` to look at
        first; ``test``: what ``failing_tests`` says of a test that failed; ``dead``: how many of the innermost frames
        an exception has left already.
        """
        self.reason = reason
        self.ids = ids
        self.detail = detail
        self.step = step
        self.returned = returned
        self.exception = exception
        self.at_line = at_line
        self.frame = frame
        self.test = test
        self.dead = dead
        self.traceback = exception.__traceback__ if exception is not None else None


class Queued:
    """A thread that has stopped and waits for its turn to be shown, while others run (``Stops.one``)."""

    __slots__ = ("go_on",)

    def __init__(self) -> None:
        """It is to be shown."""
        self.go_on = False
        """Without being shown: the user has it move."""


class Stops:
    """All stops of one target, one after the other; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Nothing has stopped yet."""
        self._agent = agent
        self.turn = _thread.RLock()
        """Held while a thread is stopped, and by whoever must not be overtaken by a stop. Can be taken again: a signal
        handler may run as soon as it is, and stop by itself before."""
        self.run = 0
        """How often the program was resumed: a halt sent for an earlier run is stale."""
        self.one = False
        """A thread that stops stands alone: the others run."""
        self.queue: dict[int, Queued] = {}
        """By ident: who waits for its turn."""
        self.answered = 0
        """The newest request id served on hold."""
        self.began = 0.0
        """When the stop began, by ``time.monotonic``."""
        self._held: list[tuple[float, float]] = []
        self._owner = 0
        self._halted = self._told_of_interpreters = False
        self._patient = True  # who waits for its turn waits for a step, too
        self._units: dict[int, tuple[Any, LineMap]] = {}  # id(code): (code, line map)

    def forget(self) -> None:
        """Hold no code any more: see ``weaving.Weaver.let_go``."""
        self._units.clear()

    def held_since(self, moment: float) -> float:
        """For how many seconds the program has stood still from a moment on, but for this stop."""
        return sum(ended - max(began, moment) for began, ended in self._held if ended > moment)

    def stands_here(self) -> bool:
        """Is the calling thread stopped? Then it evaluates something for the user."""
        return self._owner == get_ident()

    def stop(self, cause: Cause, frames: Stack, ident: int = 0, run: int | None = None) -> None:
        """Stand still until the debugger says run.

        Args:
            cause: Why.
            frames: The stack to show; an empty list for another thread's, which may run on until all stand.
            ident: Its thread; 0: the calling one.
            run: The run that is to be halted; None: this is no halt.
        """
        agent, me = self._agent, get_ident()
        if self._owner == me or not agent.active or not (frames or ident) or agent.forked():
            return
        own: Any = self.turn
        inner, taken = own._is_owned(), False  # inner: of a signal handler, which runs while we are about to stop
        try:
            taken = self._take_turn(cause, run)
            if not taken or not self._holds(cause, run):
                return
            plan = fault = None
            self._halted = run is not None
            agent.hold.loose = self._is_loose()
            if FREE_THREADED:
                agent.freezer.stop_all(me)
                if ident:  # it went on until now
                    frames = threads.frames_of(current_frames().get(ident)) or frames
            agent.hold.enter()
            self._owner = me  # no handler runs from here on
            self.began = _monotonic()
            try:
                plan = self._stand(ident or me, cause, frames)
            except BaseException as error:  # noqa: BLE001  our own bug: raised on when signals are let in again
                fault = error
                agent.freezer.thaw_all()
            finally:
                self.run += 1
                self._held = [*self._held[-_STOPS_KEPT:], (self.began, _monotonic())]
                left = agent.hold.leave()
                self._owner = 0
            other = self._gives_turn_away(plan)
        finally:
            if inner and taken:
                own.release()
            while not inner and own._is_owned():  # more than once, where what a handler has raised came in between
                own.release()
        if agent.hold.lost:
            agent.deactivate()
        if agent.hold.has_signals():  # the program's handlers, with events: breakpoints in them are hit
            agent.events.call_with_events(agent.hold.deliver, left)
        else:
            agent.hold.deliver(left)
        if fault is not None:
            raise fault
        if plan is not None and plan["how"] == "call" and agent.active:
            self.stop(self._call(plan, frames, cause.at_line), frames)
        elif other and agent.active:
            self.stop(Cause("still", exception=cause.exception, at_line=cause.at_line), frames)

    def _take_turn(self, cause: Cause, run: int | None) -> bool:
        """Wait, with the GIL let go, until no other thread is shown; False where the user has this one go on.

        Where only one thread stops, a step under way in another one is waited for, too, unless this is a halt.
        """
        me, queued = get_ident(), Queued()
        before = self.queue.get(me)  # a handler's, while we wait
        if run is None:
            self.queue[me] = queued
        try:
            while True:
                taken = self.turn.acquire(True, _TURN_S if self.one else -1)
                step = self._agent.stepper.active
                if queued.go_on:
                    if taken:
                        self.turn.release()
                    return False
                if not taken:
                    continue
                mine = step is None or step is cause.step or step.ident == me
                if mine or run is not None or not (self.one and self._patient):
                    return True
                self.turn.release()
                _sleep(_TURN_S)
        finally:
            self.queue.pop(me, None)
            if before is not None:
                self.queue[me] = before

    def _gives_turn_away(self, plan: dict[str, Any] | None) -> bool:
        """Is it about another thread, which has stopped and waits? That one goes on, and this one stays."""
        queued = self.queue.get(plan["ident"]) if plan is not None and self.one else None
        if queued is None:
            return False
        queued.go_on = True
        return True

    def show_next(self, run: int) -> bool:
        """For a halt: is there one that waits for its turn? Then the step that it waits for is over."""
        if not self.one or run != self.run or all(queued.go_on for queued in list(self.queue.values())):
            return False
        self._patient = False
        return True

    def stop_one(self, one: bool) -> None:
        """From now on a thread that stops stands alone, or all stand."""
        if one and FREE_THREADED:
            raise Refused(
                "a free-threaded build stops all threads: values can't be read safely while others change them"
            )
        self.one = one

    def others_run(self) -> bool:
        """Do the others run, but for the moments in which something is looked at?"""
        return self.one and not self._halted

    def _is_loose(self) -> bool:
        return self.others_run() or FREE_THREADED

    def stance(self, ident: int) -> str:
        """What a thread does at this stop, where only one stands: "queued", "frozen" or "runs"; else ""."""
        if not self.others_run():
            return ""
        if ident in self.queue:
            return "queued"
        return "frozen" if self._agent.freezer.is_frozen(ident) else "runs"

    def stop_outside(self, cause: Cause, frames: Stack) -> None:
        """The same, where no event may have called us."""
        if _IS_TRACED:
            self._agent.events.shield(lambda: self.stop(cause, frames))
        else:
            self.stop(cause, frames)

    def _holds(self, cause: Cause, run: int | None) -> bool:
        """When our turn has come: does the reason to stop still hold?"""
        agent = self._agent
        if agent.left() or (run is not None and run != self.run):
            return False  # halted already, or stopped by itself, and goes on
        cause.ids = [number for number in cause.ids if agent.table.knows(number)]
        if cause.reason in ("breakpoint", "condition-error", "log-error", "raised"):
            return bool(cause.ids)  # else cleared while we waited
        return cause.reason not in ("step", "entry") or cause.step is agent.stepper.active  # else overtaken

    def _call(self, plan: dict[str, Any], frames: Stack, at_line: bool) -> Cause:
        """Run an expression for the user as if the program had called it."""
        frame = frames[min(plan["frame"], len(frames) - 1)][0]
        try:
            value = self._agent.events.call_with_events(evaluation.evaluate_expression, frame, plan["text"])
        except BaseException as error:  # noqa: BLE001  whatever the call raised is its result
            return Cause("call", exception=error, at_line=at_line)
        return Cause("call", returned=(plan["text"], value), at_line=at_line)

    def _stand(self, ident: int, cause: Cause, frames: Stack) -> dict[str, Any] | None:
        """Tell of the stop, serve, and begin the step that is asked for; its plan, None where nobody is there."""
        agent = self._agent
        for outbox in agent.traces.outboxes():
            outbox.settle()
        overtaken, self._patient = agent.stepper.cancel(), True
        self._tell_of_interpreters()
        report = self._report(ident, cause, frames) if frames else self._report_of(ident, cause, frames)
        if not frames:  # its Python part has ended at this moment
            agent.freezer.let_run(0)
            agent.service.end()
            return None
        report["interrupted_step"] = overtaken not in (None, cause.step) and cause.reason != "call"
        agent.hold.send(("event", protocol.STOPPED, report))
        plan = self._serve()
        if plan is not None and plan["how"] not in ("continue", "call") and cause.reason != "exception":
            self._begin_step(plan, cause.dead)
        else:
            agent.events.unwatch()
        if plan is not None:
            alone = plan["alone"] and not self.one
            agent.freezer.let_run((plan["ident"] or ident) if alone else 0)
        agent.service.end()
        return plan

    def _report_of(self, ident: int, cause: Cause, frames: Stack) -> dict[str, Any]:
        """Of another thread, whose ``frames`` are found. It may run as long as we do not wait for the debugger, and if
        it did they are read anew, as they may have ended.
        """
        report: dict[str, Any] = {}
        for _ in range(_HALT_TRIES):
            top = current_frames().get(ident)
            at = top.f_lasti if top is not None else 0
            frames[:] = threads.frames_of(top)
            report = self._report(ident, cause, frames)
            if current_frames().get(ident) is top and (top is None or top.f_lasti == at):
                break
        return report

    def _tell_of_interpreters(self) -> None:
        """Once: what a breakpoint in a subinterpreter is good for."""
        if not self._told_of_interpreters and interpreters.are_there_others():
            self._told_of_interpreters = True
            self._agent.tell_notice(
                "breakpoints and steps don't act in this program's subinterpreters",
                "pydelve's agent is in the main interpreter, and one with a GIL of its own does not stop either",
                "threads",
            )

    def _report(self, ident: int, cause: Cause, frames: Stack) -> dict[str, Any]:
        """What the debugger is told."""
        agent = self._agent
        agent.service.begin(ident, frames, cause.at_line)
        if cause.exception is not None and cause.reason != "call":
            agent.service.about(cause.exception, cause.traceback)
        report = {
            "reason": cause.reason,
            "ident": ident,
            "task": agent.tasks.current() if ident == get_ident() else agent.tasks.running_in(ident),
            "name": threads.names().get(ident, ("", 0))[0],
            "native_id": threads.native_id(ident),
            "ids": cause.ids,
            "counts": agent.table.counts() if cause.ids else {},
            "detail": cause.detail,
            "frame": cause.frame,
            "frames": [agent.service.describe(*entry) for entry in frames[:FIRST_FRAMES]],
            "run": self.run + 1,
            "others": self._others_run(),
            "interval_us": agent.hold.interval_us,
            "loose": agent.hold.loose,
            "others_run": self.others_run(),
        }
        if cause.returned is not None:
            code, value = cause.returned
            name = code if type(code) is str else getattr(code, "co_qualname", code.co_name)
            report["returned"] = [name, agent.service.inspect(value)]
        if cause.step is not None and cause.step.goal is not None and cause.reason == "step":
            report["detail"] = cause.step.goal[0] + " was not called"
        if cause.exception is not None:
            report["exception"] = exception_tree.describe(cause.exception)
        if cause.test is not None:
            report["test"] = self._test(cause.test)
        return report

    def _test(self, test: dict[str, Any]) -> dict[str, Any]:
        wire = dict(test)
        for given in ("parameters", "fixtures"):
            wire[given] = [[name, "local", self._agent.service.inspect(value)] for name, value in test[given]]
        return wire

    def _others_run(self) -> bool:
        """Is there any other Python thread than this one and ours?"""
        return len(current_frames().keys() - self._agent.own - {get_ident()}) > 0

    def _serve(self) -> dict[str, Any] | None:
        """Serve until told to run: the run's arguments, or None where the debugger is gone or leaves."""
        hold = self._agent.hold
        settling = True
        while True:
            try:
                request = hold.next_request(settling)
            except (ValueError, EOFError, TypeError):
                # nonsense on the wire: better no debugger than a program that stands still
                request, hold.lost = None, True
            if request is None:
                return None
            identifier, operation, arguments = request
            self.answered = max(self.answered, identifier)
            settling = operation in protocol.EVALUATING
            try:
                if operation == protocol.RUN:
                    self._answer("reply", identifier, None, False)
                    plan: dict[str, Any] = arguments
                    return plan
                result = self._result(operation, arguments)
                if operation == protocol.STOP_ONE:
                    hold.loose = result = self._is_loose()
                    settling = not result
            except Refused as refusal:
                self._answer("refused", identifier, refusal.content(), settling)
            except Exception as error:  # noqa: BLE001  our own bug: told, and the session goes on
                self._answer("refused", identifier, {"internal": evaluation.describe_error(error)}, settling)
            else:
                self._answer("reply", identifier, result, settling)
            if operation == protocol.DETACH:
                hold.lost = True
                return None

    def _answer(self, kind: str, identifier: int, content: Any, settling: bool) -> None:
        hold = self._agent.hold
        hold.send((kind, identifier, content, hold.interval_us if settling else 0))

    def _result(self, operation: str, arguments: dict[str, Any]) -> Any:
        if operation in (
            protocol.ARM,
            protocol.ARM_EXCEPTION,
            protocol.MODULES,
            protocol.COUNTS,
            protocol.PLACEMENTS,
            protocol.TRACE,
            protocol.END_TRACE,
            protocol.FREEZE,
            protocol.STOP_ONE,
            protocol.FOLLOW,
            protocol.DETACH,
        ):
            return self._agent.common(operation, arguments)
        return self._agent.service.handle(operation, arguments)

    def _begin_step(self, plan: dict[str, Any], dead: int) -> None:
        agent = self._agent
        ident = plan["ident"] or agent.service.ident
        frames = agent.service.frames(ident)
        index = plan["frame"]
        if ident < 0:  # of a task: what its thread does when it goes on
            ident = agent.tasks.thread_of(-ident)
            if not ident:  # of an exception, whose frames are left, or of a loop that nobody knows
                frames, ident, index = agent.service.frames(0), agent.service.ident, dead
        if index < dead and ident == agent.service.ident:  # left already: from the nearest of the user's that runs
            library = agent.ownership.is_library
            found = [at for at in range(dead, len(frames)) if not library(frames[at][0].f_code.co_filename)]
            if not found:
                agent.events.unwatch()
                return
            index = found[0]
            plan = {**plan, "how": "next", "units": None}
        frame = frames[min(index, len(frames) - 1)][0]
        code = frame.f_code
        original = agent.weaver.original_of(code)
        outdated = any(original is each for each in agent.service.outdated)
        woven = agent.weaver.of(code)
        if plan["units"] is not None and not outdated:
            units = [tuple(unit) for unit in plan["units"]]
            self._units[id(code)] = code, LineMap(code, units) if woven is None else woven.line_map(units)
        known = self._units.get(id(code)) if not outdated else None
        into = plan["into_libraries"] or agent.ownership.is_library(code.co_filename)
        skip = Skipped(plan["skip"])
        if skip.has(frame):
            skip = Skipped(())  # asked in code that is skipped: then it is what the user looks at
        agent.events.unwatch()
        line_map = known[1] if known is not None else None
        arrives = plan["how"] == "arrive"
        step = Step("next" if arrives else plan["how"], ident, frame, line_map, into, plan["line"], plan["goal"], skip)
        step.in_check = not arrives and woven is not None and frame.f_lasti in woven.offsets()
        agent.stepper.begin(step)
