"""Arrivals told by ``sys.monitoring`` (PEP 669): CPython 3.12 and later.

Two tools: one for breakpoints, whose LINE events are local to the code that has one and DISABLEd on every other line,
and one for stepping, so that a step never touches what the first has disabled (PITFALLS 29). Late code is found by
PY_START and PY_RESUME, disabled after first sight. ``restart_events`` is never called: it would fire others' events
again (PITFALLS 15).

Callbacks run in the program's threads, between two of its instructions; what a callback raises would enter the
program, so they raise only what is the program's own (a signal handler's exception that waited for a stop to end):
``_guarded`` is around each.
"""

from __future__ import annotations

import _weakref
import sys
from _thread import get_ident

from ..events.freeze_events import FreezeEvents  # at the start: in a stop an import would let other threads run
from ..events.seen import Seen
from ..interpreter.interpreters import current_frames
from ..interpreter.paths import is_agent
from ..interpreter.shield import Shield

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.events import CallEvents
    from ..calls.traces import Traced
    from ..core import Agent
    from ..events.breakpoints import Armed, Placed
    from ..events.freezing import Freezer

NAME = "events"


_TOOL = "pydelve"
_getframe = sys._getframe  # taken before the program can replace it
_reference = _weakref.ref  # code may begin after the interpreter has cleared that module, at its end
_call_tracing = sys.call_tracing


class Monitoring:
    """The event source of 3.12+; see ``tracing.Tracing`` for the other one and the interface they share."""

    def __init__(self, agent: Agent) -> None:
        """Takes two free tool ids; raises RuntimeError, naming the owners, where fewer are free."""
        self._agent = agent
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # checked as if on 3.11
        self._disable = self._monitoring.DISABLE
        self._break, self._step = self._take_tools()
        self._armed: dict[
            int, tuple[CodeType, Placed]
        ] = {}  # id(code): (code, Placed); the code is kept so that its id stays its own
        self._seen = Seen()
        self._changes = 0  # how often code was armed
        self._watched: dict[int, CodeType] = {}  # id(code): code, with the stepping tool's local events
        self._break_global = self._step_global = 0
        self._raises = False
        self._call_events: CallEvents | None = None
        self._freeze_events: FreezeEvents | None = None
        self._waiting_for_main: Callable[[FrameType], None] | None = None
        # ident: (frame id, offset) whose arrival the breakpoints' callback has dealt with
        self._handled: dict[int, tuple[int, int]] = {}
        self._shield = Shield()
        self._register()
        self._monitoring.set_local_events(self._step, Shield.code, self._monitoring.events.PY_START)

    def _take_tools(self) -> tuple[int, int]:
        # 3 and 4 first: 0 is what a pdb in the program itself takes (3.14), 1, 2 and 5 have their owners by name
        free = [number for number in (3, 4, 0, 2, 1, 5) if self._monitoring.get_tool(number) is None]
        if len(free) < 2:
            owners = ", ".join(repr(self._monitoring.get_tool(number)) for number in range(6))
            raise RuntimeError("all tool ids of sys.monitoring are taken: " + owners)
        # Of two tools with an event at one instruction the one with the higher id is called first (CPython
        # Python/instrumentation.c: most_significant_bit). It must be the breakpoints' one: what is set while a step
        # stands on a line would be hit by the same arrival.
        stepping, breaking = sorted(free[:2])
        self._monitoring.use_tool_id(breaking, _TOOL)
        try:
            self._monitoring.use_tool_id(stepping, _TOOL)
        except ValueError:  # somebody else took it at this very moment
            self._monitoring.free_tool_id(breaking)
            raise
        return breaking, stepping

    def _register(self) -> None:
        events = self._monitoring.events
        for tool, event, function in (
            (self._break, events.LINE, self._on_line),
            (self._step, events.LINE, self._on_step_line),
            (self._step, events.INSTRUCTION, self._on_step_instruction),
            (self._step, events.PY_START, self._on_step_start),
            (self._step, events.PY_RESUME, self._on_step_start),
            (self._step, events.PY_THROW, self._on_step_start),
            (self._step, events.PY_RETURN, self._on_step_return),
            (self._step, events.PY_YIELD, self._on_step_yield),
            (self._step, events.PY_UNWIND, self._on_step_unwind),
        ):
            self._monitoring.register_callback(tool, event, self._guarded(function))
        self._monitoring.register_callback(self._break, events.PY_START, self._quick_on_sight(self._on_first_sight))
        self._monitoring.register_callback(self._break, events.PY_RESUME, self._quick_on_sight(self._on_resumed_sight))
        self._monitoring.register_callback(self._break, events.RAISE, self._quick_on_raise())

    def _quick_on_sight(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What is called when a code object is first seen to run: most are in files where nothing is armed."""
        agent, unmeant, disable = self._agent, self._seen.unmeant, self._disable

        def callback(code: CodeType, offset: int) -> Any:
            filename = code.co_filename
            references = unmeant.get(filename)
            if references is not None:
                references[id(code)] = _reference(code)
                # noted first, then asked again: ``update`` clears first, then looks at what is noted
                if len(references) & (len(references) - 1) and unmeant.get(filename) is references:
                    return disable
            try:
                return function(code, _getframe(1), offset)
            except BaseException as error:
                if not agent.is_own_fault(error):
                    raise
            return None

        return callback

    def _quick_on_raise(self) -> Callable[..., Any]:
        """What is called for each frame that any exception passes: most are of no class that is meant."""
        agent = self._agent
        unmeant, lasting, recent = agent.exceptions.unmeant, agent.exceptions.lasting, agent.exceptions.recent

        def callback(code: CodeType, offset: int, error: BaseException) -> None:
            kind = type(error)
            if kind is recent[0]:  # a third of what asking for its id costs
                return
            if type(kind) is type and kind in lasting:
                recent[0] = kind
                return
            if id(kind) in unmeant:
                return
            try:
                agent.exceptions.happened(_getframe(1), error, error.__traceback__)
            except BaseException as fault:
                if not agent.is_own_fault(fault):
                    raise

        return callback

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A callback that calls ``function(code, frame, ...)`` and lets no fault of ours into the program."""
        agent = self._agent

        def callback(code: CodeType, *details: Any) -> Any:
            try:
                return function(code, _getframe(1), *details)
            except BaseException as error:
                if not agent.is_own_fault(error):
                    raise
            return None

        return callback

    def shield(self, function: Callable[[], None]) -> None:
        """Run ``function`` as if an event had called it: nothing it runs makes events, of ours or of other tools."""
        self._shield.run(function)

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def update(self) -> None:
        """The table changed: arm and disarm what is known to run, and look out for the rest."""
        self._seen.unmeant.clear()
        for code, _ in list(self._armed.values()):
            self._arm(code)
        for filename in self._seen.files():
            if self._agent.table.in_file(filename):
                for code in self._seen.codes(filename):
                    self._arm_tree(code)
        frame: FrameType | None  # ends as None: our own frame is among them, and must not hold itself
        for frame in current_frames().values():
            while frame is not None:
                if self._agent.table.in_file(frame.f_code.co_filename):
                    self._arm_tree(frame.f_code)
                frame = frame.f_back
        self._look_out()

    def wait_for_main(self, callback: Callable[[FrameType], None]) -> None:
        """Call ``callback(frame)`` once, when the program's own ``__main__`` module begins to run."""
        self._waiting_for_main = callback
        self._seen.unmeant.clear()
        self._look_out()

    def _look_out(self) -> None:
        events = self._monitoring.events
        wanted = events.PY_START | events.PY_RESUME if self._agent.table or self._waiting_for_main else 0
        if self._raises:
            wanted |= events.RAISE
        if wanted != self._break_global:
            self._break_global = wanted
            self._set_global(self._break, wanted)

    def watch_exceptions(self, wanted: bool, libraries: bool) -> None:
        """Tell ``exceptions`` of each that comes up in a frame, or not: in any frame, whatever ``libraries`` asks."""
        self._raises = wanted
        self._look_out()

    def _on_first_sight(self, code: CodeType, frame: FrameType, offset: int) -> Any:
        self._see(code, frame)
        return self._on_entry(code, frame)

    def _on_resumed_sight(self, code: CodeType, frame: FrameType, offset: int) -> Any:
        """A generator that began before anybody looked goes on."""
        self._see(code, frame)
        return self._disable

    def _see(self, code: CodeType, frame: FrameType) -> None:
        filename = code.co_filename
        if id(code) in self._armed:
            return
        if self._waiting_for_main is not None and code.co_name == "<module>":
            self._main_begins(frame)
        references = self._seen.note(code)
        if self._agent.table.in_file(filename):
            self._agent.weaver.late(code)
            self._arm_tree(code)
        elif self._waiting_for_main is None:
            self._seen.unmeant[filename] = references
            if self._agent.table.in_file(filename):  # since this very moment, and ``update`` has cleared before
                self._seen.unmeant.pop(filename, None)
        for missing in self._seen.forget_files():
            self._arm_tree(missing)

    def _on_entry(self, code: CodeType, frame: FrameType) -> Any:
        """The start of code whose first statement stands on its ``def`` line: no LINE event there from 3.13 on."""
        changes = self._changes
        armed = self._armed.get(id(code))
        unit = armed[1].line_map.entry if armed is not None else 0
        if armed is None or not unit or unit not in armed[1].lines:
            return self._disable if changes == self._changes else None
        self._agent.arrivals.arrive(frame, unit, 0, armed[1].lines[unit], False)
        return None

    def _main_begins(self, frame: FrameType) -> None:
        callback = self._waiting_for_main
        if callback is not None and frame.f_globals.get("__name__") == "__main__" and not is_agent(frame.f_code):
            self._waiting_for_main = None
            callback(frame)
            self._look_out()

    def _arm_tree(self, code: CodeType) -> None:
        """Arm a code object and all that is defined in it."""
        todo = [code]
        while todo:
            inner = todo.pop()
            self._arm(inner)
            todo.extend(constant for constant in inner.co_consts if type(constant) is type(inner))

    def _arm(self, code: CodeType) -> None:
        placed = self._agent.table.placed_in(code)
        old = self._armed.get(id(code))
        if placed is None:
            if old is not None:
                self._monitoring.set_local_events(self._break, code, 0)
                del self._armed[id(code)]
            return
        self._armed[id(code)] = (code, placed)
        self._changes += 1  # before the events come back: who decides at this moment by what was, disables nothing
        if old is None or old[1].lines.keys() != placed.lines.keys():
            # a line DISABLEd before comes back when the code's events go from none to some
            events = self._monitoring.events
            self._monitoring.set_local_events(self._break, code, 0)
            start = events.PY_START if placed.line_map.entry in placed.lines else 0
            self._monitoring.set_local_events(self._break, code, events.LINE | start)
        self._agent.landed(placed)

    def _on_line(self, code: CodeType, frame: FrameType, line: int) -> Any:
        changes = self._changes
        ident = get_ident()
        armed = self._armed.get(id(code))
        unit = armed[1].line_map.unit_at(frame.f_lasti) if armed is not None else 0
        if armed is None or unit not in armed[1].lines:
            return self._disable if changes == self._changes else None  # armed anew meanwhile: told once more
        placed = armed[1]
        self._arrive(ident, frame, unit, placed.lines[unit], self._stepping(ident, frame))
        return None

    def call_with_events(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run code of the program's in a callback of ours, with events: breakpoints in it are hit.

        Like ``pdb``'s ``debug``; nothing else lets events through there.
        """
        event = self._handled.pop(get_ident(), None)
        try:
            return _call_tracing(function, arguments)
        finally:
            if event is not None:
                self._handled[get_ident()] = event

    def moved(self, frame: FrameType) -> None:
        """A stop in the callback of a line event has jumped: the other tool's callback is still to come for it."""
        if get_ident() in self._handled:
            self._handled[get_ident()] = (id(frame), frame.f_lasti)

    def _is_second(self, ident: int, frame: FrameType) -> bool:
        """Was this very event dealt with by the other tool's callback just before?"""
        return bool(self._handled) and self._handled.pop(ident, None) == (id(frame), frame.f_lasti)

    def _arrive(self, ident: int, frame: FrameType, unit: int, breakpoints: list[Armed], stepping: bool) -> None:
        """One arrival for both tools: a step and a breakpoint that meet make one stop."""
        if breakpoints and id(frame.f_code) in self._watched:
            self._handled[ident] = (id(frame), frame.f_lasti)  # the stepping tool is called next
        try:
            self._agent.arrivals.arrive(frame, unit, frame.f_lasti, breakpoints, stepping)
        except BaseException:  # the program's own, which it gets: then the other tool is not called
            self._handled.pop(ident, None)
            raise

    # -- traced calls --------------------------------------------------------------------------------------------------

    def follow_calls(self, calls: Traced | None) -> None:
        """Get ready to tell a trace of its functions' calls, or stop it. Raises RuntimeError where no tool is free."""
        before, self._call_events = self._call_events, None
        if before is not None:
            before.close()
        if calls is not None:
            from ..calls.events import CallEvents  # noqa: PLC0415  most programs that are debugged are not traced

            self._call_events = CallEvents(self._agent, calls)

    def update_calls(self) -> None:
        """Begin to tell it."""
        if self._call_events is not None:
            self._call_events.begin()

    def leave_code(self) -> None:
        """Breakpoints are about to need the program's code as it is, or something else is."""
        if self._call_events is not None:
            self._call_events.leave_code()

    # -- frozen threads ------------------------------------------------------------------------------------------------

    def freeze(self, freezer: Freezer) -> None:
        """Bring the frozen threads to their gates, at their next instruction; see :meth:`why_not_frozen`."""
        if self._freeze_events is not None:
            self._freeze_events.begin(freezer)

    def thaw(self) -> None:
        """Nobody is to be brought to a gate any more."""
        if self._freeze_events is not None:
            self._freeze_events.end()

    def why_not_frozen(self, ident: int) -> str:
        """Why this thread can't be frozen; "" where it can: then we are ready for it."""
        if self._freeze_events is None:
            try:
                self._freeze_events = FreezeEvents(self._agent)
            except RuntimeError as error:
                return str(error)
        return ""

    # -- stepping ------------------------------------------------------------------------------------------------------

    def watch(self, frame: FrameType) -> None:
        """Tell the stepper of lines, return and yield of this frame."""
        code = frame.f_code
        if id(code) not in self._watched:
            self._watched[id(code)] = code
            events = self._monitoring.events
            wanted = events.LINE | events.PY_RETURN | events.PY_YIELD
            if self._agent.weaver.of(code) is not None:  # no LINE event parts a check from its statement
                wanted |= events.INSTRUCTION
            self._monitoring.set_local_events(self._step, code, wanted)

    def watch_calls(self, wanted: bool) -> None:
        """Tell the stepper of frames that start, or not; while a step is under way, of those left by an exception."""
        events = self._monitoring.events
        self._set_step_global(
            events.PY_UNWIND | ((events.PY_START | events.PY_RESUME | events.PY_THROW) if wanted else 0)
        )

    def unwatch(self) -> None:
        """No step is under way: nothing of the stepping tool stays on."""
        for code in self._watched.values():
            self._monitoring.set_local_events(self._step, code, 0)
        self._watched.clear()
        self._set_step_global(0)

    def _set_step_global(self, events: int) -> None:
        if events != self._step_global:
            self._step_global = events
            self._set_global(self._step, events)

    def _set_global(self, tool: int, events: int) -> None:
        self._monitoring.set_events(tool, events)
        if self._freeze_events is not None:
            self._freeze_events.renew()

    def _stepping(self, ident: int, frame: FrameType | None = None) -> bool:
        """Does the step under way belong to this thread (and, if given, watch the lines of this frame)?"""
        step = self._agent.stepper.active
        return (
            step is not None
            and step.ident == ident
            and (frame is None or frame is step.frame or frame is step.consumer)
        )

    def _on_step_line(self, code: CodeType, frame: FrameType, line: int) -> None:
        ident = get_ident()
        if not self._is_second(ident, frame) and self._stepping(ident, frame):
            woven = self._agent.weaver.of(code)
            if woven is not None and (frame.f_lasti in woven.offsets() or frame.f_lasti in woven.afters()):
                return
            self._arrive(ident, frame, 0, [], True)

    def _on_step_instruction(self, code: CodeType, frame: FrameType, offset: int) -> Any:
        """In woven code: the statement after a check begins."""
        woven = self._agent.weaver.of(code)
        if woven is None or offset not in woven.afters():
            return self._disable
        if self._stepping(get_ident(), frame):
            self._agent.arrivals.arrive(frame, 0, offset, (), True)
        return None

    def _on_step_start(
        self, code: CodeType, frame: FrameType, offset: int, thrown: BaseException | None = None
    ) -> None:
        if code is Shield.code:
            self._shield.opens()
        elif self._stepping(get_ident()) and not is_agent(code):
            self._agent.arrivals.step_outcome(self._agent.stepper.started(frame))

    def _on_step_return(self, code: CodeType, frame: FrameType, offset: int, value: Any) -> None:
        if self._stepping(get_ident()):
            self._agent.arrivals.step_outcome(self._agent.stepper.returned(frame, value))

    def _on_step_yield(self, code: CodeType, frame: FrameType, offset: int, value: Any) -> None:
        if self._stepping(get_ident()):
            self._agent.arrivals.step_outcome(self._agent.stepper.yielded(frame, value))

    def _on_step_unwind(self, code: CodeType, frame: FrameType, offset: int, exception: BaseException) -> None:
        if self._stepping(get_ident()):
            self._agent.stepper.unwound(frame)

    # -- the end -------------------------------------------------------------------------------------------------------

    def obstacle(self) -> str:
        """Why breakpoints don't work everywhere: never, here."""
        return ""

    def silence(self) -> None:
        """No event reaches us from now on; threads that are in our code still find our tools."""
        for tool in self._held():
            for event in (1 << number for number in range(17)):
                try:
                    self._monitoring.register_callback(tool, event, None)
                except ValueError:  # noqa: PERF203  not an event of this version
                    continue

    def close(self) -> None:
        """Leave nothing behind: events of all code to 0 first, or the id's next owner inherits them (PITFALLS 15)."""
        if self._freeze_events is not None:
            self._freeze_events.close()
        held = self._held()
        if self._step in held:
            self.unwatch()
            self._monitoring.set_local_events(self._step, Shield.code, 0)
        if self._break in held:
            for code, _ in self._armed.values():
                self._monitoring.set_local_events(self._break, code, 0)
        self._armed.clear()
        self._seen.clear()
        for tool in held:
            self._monitoring.set_events(tool, 0)
            self._monitoring.free_tool_id(tool)

    def _held(self) -> list[int]:
        """Our tools that we have not given back: a child may be forked while the parent is doing that."""
        tools = (self._break, self._step)
        return [tool for tool in tools if self._monitoring.get_tool(tool) == _TOOL]
