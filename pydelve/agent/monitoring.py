"""Arrivals told by ``sys.monitoring`` (PEP 669): CPython 3.12 and later.

Two tools: one for breakpoints, whose LINE events are local to the code that has one and DISABLEd on every other line,
and one for stepping, so that a step never touches what the first has disabled (PITFALLS 29). Late code is found by
PY_START and PY_RESUME, disabled after first sight. ``restart_events`` is never called: it would fire others' events
again (PITFALLS 15).

Callbacks run in the program's threads, between two of its instructions; what a callback raises would enter the
program, so they raise only what is the program's own (a signal handler's exception that waited for a stop to end).
"""

from __future__ import annotations

import _weakref
import sys
from _thread import get_ident

from .paths import is_agent

NAME = "events"


class Monitoring:
    """The event source of 3.12+; see ``tracing.Tracing`` for the other one and the interface they share."""

    def __init__(self, agent):
        """Takes two free tool ids; raises RuntimeError, naming the owners, where fewer are free."""
        self._agent = agent
        self._monitoring = sys.monitoring
        self._disable = self._monitoring.DISABLE
        self._break, self._step = self._take_tools()
        self._armed = {}  # id(code): (code, Placed); the code is kept so that its id stays its own
        self._seen = {}  # co_filename: [weak reference to code, ...], for breakpoints set later
        self._watched = {}  # id(code): code, with the stepping tool's local events
        self._break_global = self._step_global = 0
        self._waiting_for_main = None
        self._handled = {}  # ident: (frame id, offset) whose arrival the stepping tool's callback has dealt with
        self._register()

    def _take_tools(self):
        # 3 and 4 first: 0 is what a pdb in the program itself takes (3.14), 1, 2 and 5 have their owners by name
        free = [number for number in (3, 4, 0, 2, 1, 5) if self._monitoring.get_tool(number) is None]
        if len(free) < 2:
            owners = ", ".join(repr(self._monitoring.get_tool(number)) for number in range(6))
            raise RuntimeError("all tool ids of sys.monitoring are taken: " + owners)
        # Of two tools with an event at one instruction the one with the higher id is called first (CPython
        # Python/instrumentation.c: most_significant_bit). It must be the breakpoints' one: what is set while a step
        # stands on a line would be hit by the same arrival.
        stepping, breaking = sorted(free[:2])
        for number in (breaking, stepping):
            self._monitoring.use_tool_id(number, "pydelve")
        return breaking, stepping

    def _register(self):
        events, register = self._monitoring.events, self._monitoring.register_callback
        register(self._break, events.LINE, self._on_line)
        register(self._break, events.PY_START, self._on_first_sight)
        register(self._break, events.PY_RESUME, self._on_first_sight)
        register(self._step, events.LINE, self._on_step_line)
        register(self._step, events.PY_START, self._on_step_start)
        register(self._step, events.PY_RESUME, self._on_step_start)
        register(self._step, events.PY_THROW, self._on_step_throw)
        register(self._step, events.PY_RETURN, self._on_step_return)
        register(self._step, events.PY_YIELD, self._on_step_yield)
        register(self._step, events.PY_UNWIND, self._on_step_unwind)

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def update(self):
        """The table changed: arm and disarm what is known to run, and look out for the rest."""
        for code, _ in list(self._armed.values()):
            self._arm(code)
        for filename, references in list(self._seen.items()):
            if self._agent.table.in_file(filename):
                for reference in references:
                    self._arm_tree(reference())
        for frame in sys._current_frames().values():
            while frame is not None:
                if self._agent.table.in_file(frame.f_code.co_filename):
                    self._arm_tree(frame.f_code)
                frame = frame.f_back
        self._look_out()

    def wait_for_main(self, callback):
        """Call ``callback(frame)`` once, when the program's own ``__main__`` module begins to run."""
        self._waiting_for_main = callback
        self._look_out()

    def _look_out(self):
        events = self._monitoring.events
        wanted = events.PY_START | events.PY_RESUME if self._agent.table or self._waiting_for_main else 0
        if wanted != self._break_global:
            self._break_global = wanted
            self._monitoring.set_events(self._break, wanted)

    def _on_first_sight(self, code, offset):
        filename = code.co_filename
        if id(code) in self._armed:
            return self._on_entry(code)
        if self._waiting_for_main is not None and code.co_name == "<module>":
            self._main_begins(sys._getframe(1))
        references = self._seen.setdefault(filename, [])
        references.append(_weakref.ref(code))
        if len(references) & (len(references) - 1) == 0:  # at each power of two: forget code that is gone
            references[:] = [reference for reference in references if reference() is not None]
        if self._agent.table.in_file(filename):
            self._arm_tree(code)
            return self._on_entry(code)
        return self._disable

    def _on_entry(self, code):
        """The start of code whose first statement stands on its ``def`` line: no LINE event there from 3.13 on."""
        armed = self._armed.get(id(code))
        unit = armed[1].line_map.entry if armed is not None else 0
        if not unit or unit not in armed[1].lines:
            return self._disable
        self._agent.arrive(sys._getframe(2), unit, 0, armed[1].lines[unit], False)
        return None

    def _main_begins(self, frame):
        if frame.f_globals.get("__name__") == "__main__" and not is_agent(frame.f_code):
            callback, self._waiting_for_main = self._waiting_for_main, None
            callback(frame)
            self._look_out()

    def _arm_tree(self, code):
        """Arm a code object and all that is defined in it."""
        if code is None:
            return
        todo = [code]
        while todo:
            code = todo.pop()
            self._arm(code)
            todo.extend(constant for constant in code.co_consts if type(constant) is type(code))

    def _arm(self, code):
        placed = self._agent.table.placed_in(code)
        old = self._armed.get(id(code))
        if placed is None:
            if old is not None:
                self._monitoring.set_local_events(self._break, code, 0)
                del self._armed[id(code)]
            return
        self._armed[id(code)] = (code, placed)
        if old is None or old[1].lines.keys() != placed.lines.keys():
            # a line DISABLEd before comes back when the code's events go from none to some
            events = self._monitoring.events
            self._monitoring.set_local_events(self._break, code, 0)
            start = events.PY_START if placed.line_map.entry in placed.lines else 0
            self._monitoring.set_local_events(self._break, code, events.LINE | start)
        self._agent.landed(placed)

    def _on_line(self, code, line):
        ident, frame = get_ident(), sys._getframe(1)
        armed = self._armed.get(id(code))
        if armed is None:
            return self._disable
        placed = armed[1]
        unit = placed.line_map.unit_at(frame.f_lasti)
        if unit not in placed.lines:
            return self._disable
        self._arrive(ident, frame, unit, placed.lines[unit], self._stepping(ident, frame))
        return None

    def _is_second(self, ident, frame):
        """Was this very event dealt with by the other tool's callback just before?"""
        return bool(self._handled) and self._handled.pop(ident, None) == (id(frame), frame.f_lasti)

    def _arrive(self, ident, frame, unit, breakpoints, stepping):
        """One arrival for both tools: a step and a breakpoint that meet make one stop."""
        if breakpoints and id(frame.f_code) in self._watched:
            self._handled[ident] = (id(frame), frame.f_lasti)  # the stepping tool is called next
        try:
            self._agent.arrive(frame, unit, frame.f_lasti, breakpoints, stepping)
        except BaseException:  # the program's own, which it gets: then the other tool is not called
            self._handled.pop(ident, None)
            raise

    # -- stepping ------------------------------------------------------------------------------------------------------

    def watch(self, frame):
        """Tell the stepper of lines, return and yield of this frame."""
        code = frame.f_code
        if id(code) not in self._watched:
            self._watched[id(code)] = code
            events = self._monitoring.events
            wanted = events.LINE | events.PY_RETURN | events.PY_YIELD
            self._monitoring.set_local_events(self._step, code, wanted)

    def watch_calls(self, wanted):
        """Tell the stepper of frames that start, or not; while a step is under way, of those left by an exception."""
        events = self._monitoring.events
        self._set_step_global(
            events.PY_UNWIND | ((events.PY_START | events.PY_RESUME | events.PY_THROW) if wanted else 0)
        )

    def unwatch(self):
        """No step is under way: nothing of the stepping tool stays on."""
        for code in self._watched.values():
            self._monitoring.set_local_events(self._step, code, 0)
        self._watched.clear()
        self._set_step_global(0)

    def _set_step_global(self, events):
        if events != self._step_global:
            self._step_global = events
            self._monitoring.set_events(self._step, events)

    def _stepping(self, ident, frame=None):
        """Does the step under way belong to this thread (and, if given, watch the lines of this frame)?"""
        step = self._agent.stepper.active
        return (
            step is not None
            and step.ident == ident
            and (frame is None or frame is step.frame or frame is step.consumer)
        )

    def _on_step_line(self, code, line):
        ident, frame = get_ident(), sys._getframe(1)
        if self._is_second(ident, frame) or not self._stepping(ident, frame):
            return
        self._arrive(ident, frame, 0, (), True)

    def _on_step_start(self, code, offset):
        if self._stepping(get_ident()) and not is_agent(code):
            self._agent.step_outcome(self._agent.stepper.started(sys._getframe(1)))

    def _on_step_throw(self, code, offset, exception):
        if self._stepping(get_ident()) and not is_agent(code):
            self._agent.step_outcome(self._agent.stepper.started(sys._getframe(1)))

    def _on_step_return(self, code, offset, value):
        ident = get_ident()
        if self._stepping(ident):
            self._agent.step_outcome(self._agent.stepper.returned(sys._getframe(1), value))

    def _on_step_yield(self, code, offset, value):
        ident = get_ident()
        if self._stepping(ident):
            self._agent.step_outcome(self._agent.stepper.yielded(sys._getframe(1), value))

    def _on_step_unwind(self, code, offset, exception):
        if self._stepping(get_ident()):
            self._agent.stepper.unwound(sys._getframe(1))

    # -- the end -------------------------------------------------------------------------------------------------------

    def silence(self):
        """No event reaches us from now on; threads that are in our code still find our tools."""
        for tool in (self._break, self._step):
            for event in (1 << number for number in range(17)):
                try:
                    self._monitoring.register_callback(tool, event, None)
                except ValueError:  # not an event of this version
                    continue

    def close(self):
        """Leave nothing behind: events of all code to 0 first, or the id's next owner inherits them (PITFALLS 15)."""
        self.unwatch()
        for code, _ in self._armed.values():
            self._monitoring.set_local_events(self._break, code, 0)
        self._armed.clear()
        self._seen.clear()
        for tool in (self._break, self._step):
            self._monitoring.set_events(tool, 0)
            self._monitoring.free_tool_id(tool)
