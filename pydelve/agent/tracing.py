"""Arrivals told by ``sys.settrace``: CPython 3.9 to 3.11, which have no ``sys.monitoring``.

Off unless a breakpoint or a step needs it. While on, every call asks once whether its code matters; only frames that
matter get line events. Threads that already run are entered through ``_PyEval_SetTrace`` (PITFALLS 16), new ones
through the hook that ``threading.settrace`` sets. The interface is that of ``monitoring.Monitoring``.
"""

from __future__ import annotations

import _thread
import sys
from _thread import get_ident

from . import native
from .paths import is_agent

NAME = "trace"
_RETURN_VALUE, _YIELD_VALUE, _YIELD_FROM = 83, 86, 72  # Include/opcode.h of 3.9, 3.10 and 3.11


class Tracing:
    """The event source up to 3.11."""

    def __init__(self, agent):
        """Nothing is on yet."""
        self._agent = agent
        self._placed = {}  # id(code): (code, Placed or None) for code in files with breakpoints
        self._previous = {}  # id(frame): offset of its last line event, where the line map asks for it (3.9)
        self._raised = {}  # id(frame): offset of the exception that was its last event, while a step watches it
        self._watched = set()  # ids of frames whose lines the stepper wants
        self._waiting_for_main = None
        self._watching_calls = False
        self._on = False
        self._threads = None
        self._chained = {}  # ident: the tracer that was there before
        # bound once: comparing and storing bound methods made anew would never match
        self._global, self._local = self._on_call, self._on_event
        self._start, self._start_traced = _thread.start_new_thread, self._start_thread

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def update(self):
        """The table changed: frames that already run get line events where they need them."""
        self._placed.clear()
        self._previous.clear()
        if self._agent.table:
            self._switch(True)
            self._trace_running()
        self._untrace_running()
        self._rest()

    def _untrace_running(self):
        """Take line events from the frames that have neither a breakpoint nor a step."""
        for frame in sys._current_frames().values():
            while frame is not None:
                ours = frame.f_trace is self._local and id(frame) not in self._watched
                if ours and self._placed_in(frame.f_code) is None:
                    frame.f_trace = None
                frame = frame.f_back

    def _trace_running(self):
        """Give line events to the frames that are active already and have a breakpoint."""
        for frame in sys._current_frames().values():
            while frame is not None:
                if frame.f_trace is None and self._placed_in(frame.f_code) is not None:
                    frame.f_trace = self._local
                frame = frame.f_back

    def wait_for_main(self, callback):
        """Call ``callback(frame)`` once, when the program's own ``__main__`` module begins to run."""
        self._waiting_for_main = callback
        self._switch(True)

    def _rest(self):
        """Switch off what nobody needs."""
        needed = self._agent.table or self._waiting_for_main or self._agent.stepper.active
        if not needed:
            self._switch(False)

    def _placed_in(self, code):
        """What is armed in a code object, remembered for code in files that have any; None for most."""
        found = self._placed.get(id(code))
        if found is not None:
            return found[1]
        table = self._agent.table
        if not table.in_file(code.co_filename):
            return None
        placed = table.placed_in(code)
        self._placed[id(code)] = (code, placed)
        todo = [code]
        while todo:  # a module's code tells of all its functions: report what has landed
            inner = todo.pop()
            self._agent.landed(table.placed_in(inner))
            todo.extend(constant for constant in inner.co_consts if type(constant) is type(code))
        return placed

    # -- stepping ------------------------------------------------------------------------------------------------------

    def watch(self, frame):
        """Tell the stepper of lines, return and yield of this frame."""
        self._watched.add(id(frame))
        self._switch(True)
        if frame.f_trace is None:
            frame.f_trace = self._local

    def watch_calls(self, wanted):
        """Tell the stepper of frames that start, or not."""
        self._watching_calls = wanted

    def unwatch(self):
        """No step is under way."""
        self._watched.clear()
        self._watching_calls = False
        self._untrace_running()
        self._rest()

    # -- trace functions -----------------------------------------------------------------------------------------------

    def _on_call(self, frame, event, argument):
        """The global trace function: a frame starts or a generator's goes on."""
        if event != "call":
            return self._on_event(frame, event, argument)
        code = frame.f_code
        if is_agent(code):
            return None
        self._hook_new_threads()
        if self._waiting_for_main is not None and code.co_name == "<module>":
            self._main_begins(frame)
        step = self._agent.stepper.active
        if step is not None and step.ident == get_ident():
            if self._watching_calls:
                self._agent.step_outcome(self._agent.stepper.started(frame))
            if id(frame) in self._watched:
                return self._local
        return self._local if self._placed_in(code) is not None else None

    def _on_event(self, frame, event, argument):
        """The local trace function of frames that matter."""
        code = frame.f_code
        if is_agent(code):
            return
        step = self._agent.stepper.active
        stepping = step is not None and step.ident == get_ident() and (frame is step.frame or frame is step.consumer)
        if event == "line":
            self._raised.pop(id(frame), None)
            self._on_line(frame, code, stepping)
        elif event == "opcode":
            frame.f_trace_opcodes = False
            if frame.f_lasti in self._silent(frame, code) and self._previous.get(id(frame)) != frame.f_lasti:
                self._on_line(frame, code, stepping)
        elif event == "exception":
            if self._silent(frame, code):
                frame.f_trace_opcodes = True  # 3.9: a handler may begin without a line event (linemap.LineMap.silent)
            if stepping:
                self._raised[id(frame)] = frame.f_lasti
        elif event == "return":
            self._previous.pop(id(frame), None)
            raised = self._raised.pop(id(frame), -1)
            if stepping:
                self._on_return(frame, code, argument, raised == frame.f_lasti)
        # No result: that leaves f_trace as it is, which a stop may have taken away.

    def _silent(self, frame, code):
        """Offsets in this code where a statement may begin without a line event; none from 3.10 on."""
        placed, step = self._placed_in(code), self._agent.stepper.active
        found = placed.line_map.silent if placed is not None else set()
        return found | step.line_map.silent if step is not None and step.handles_silently(frame) else found

    def _on_line(self, frame, code, stepping):
        offset = frame.f_lasti
        placed = self._placed_in(code)
        unit, breakpoints = 0, ()
        previous = self._previous.get(id(frame), -1)
        if self._silent(frame, code) or (placed is not None and placed.line_map.repeats):
            self._previous[id(frame)] = offset
        if placed is not None:
            unit = placed.line_map.unit_at(offset, previous)
            breakpoints = placed.lines.get(unit, ())
        if breakpoints or stepping:
            self._agent.arrive(frame, unit, offset, breakpoints, stepping)

    def _on_return(self, frame, code, value, raised):
        """Tell a return, a yield and an exception that leaves the frame apart, by the instruction it stands at.

        Args:
            frame: The frame that is left.
            code: Its code.
            value: What it returns or yields; None with an exception.
            raised: The last thing that happened in it was an exception, at this very instruction (thrown in at a
            ``yield``).
        """
        operations, at = code.co_code, frame.f_lasti
        stepper = self._agent.stepper
        if raised:
            stepper.unwound(frame)
        elif (
            operations[at] == _YIELD_VALUE or _YIELD_FROM in operations[at : at + 3 : 2]
        ):  # 3.9, 3.10: stands before YIELD_FROM
            self._agent.step_outcome(stepper.yielded(frame, value))
        elif operations[at] == _RETURN_VALUE:
            self._agent.step_outcome(stepper.returned(frame, value))
        else:
            stepper.unwound(frame)

    def _main_begins(self, frame):
        if frame.f_globals.get("__name__") == "__main__":
            callback, self._waiting_for_main = self._waiting_for_main, None
            callback(frame)

    # -- on and off, in every thread -----------------------------------------------------------------------------------

    def _switch(self, on):
        if on == self._on and not on:
            return
        self._on = on
        self._trace_threads(on)
        self._hook_new_threads()

    def _trace_threads(self, on):
        if self._threads is None:
            self._threads = _Threads(self._global)
        own = native.thread_state()  # not by ident: a thread that is just being started has its creator's
        for ident, state in self._threads.states():
            if state == own:
                self._switch_here(on)
            elif ident not in self._agent.own:
                self._threads.set_trace(state, on)

    def _switch_here(self, on):
        if on and sys.gettrace() is not self._global:
            sys.settrace(self._global)
        elif not on and sys.gettrace() is self._global:
            sys.settrace(None)

    def _start_thread(self, *args, **kwargs):
        """Stands in for ``_thread.start_new_thread`` while tracing is on: threads started so call no hook."""
        ident = self._start(*args, **kwargs)
        if self._on:
            self._trace_threads(True)
            self._trace_running()
        return ident

    def _hook_new_threads(self):
        """New threads call what ``threading.settrace`` has set; one that the program has set is left alone."""
        names = _thread.__dict__
        if names["start_new_thread"] is (self._start if self._on else self._start_traced):
            names["start_new_thread"] = self._start_traced if self._on else self._start
        threading = sys.modules.get("threading")
        if threading is None:
            return
        names = threading.__dict__
        if self._on and names.get("_trace_hook", self) is None:
            names["_trace_hook"] = self._global
        elif not self._on and names.get("_trace_hook") is self._global:
            names["_trace_hook"] = None

    def silence(self):
        """No event reaches us from now on, as far as threads aren't in our code already."""
        self.close()

    def close(self):
        """Leave no trace function behind."""
        self._watched.clear()
        self._waiting_for_main = None
        self._switch(False)
        for frame in sys._current_frames().values():
            while frame is not None:
                if frame.f_trace is self._local or frame.f_trace is self._global:
                    frame.f_trace = None
                frame = frame.f_back


class _Threads:
    """Every thread state of the interpreter, and how to trace one that is not ours.

    The C function behind a Python trace function (``trace_trampoline`` in ``Python/sysmodule.c``) is not exported:
    it is read from our
    own thread state after tracing was switched on there, where ``c_tracefunc`` stands two words before ``c_traceobj``.
    """

    def __init__(self, trace):
        self._trace = trace
        self._head = native.held("PyInterpreterState_ThreadHead", native.WORD, native.WORD)
        self._next = native.held("PyThreadState_Next", native.WORD, native.WORD)
        self._set_trace = native.held("_PyEval_SetTrace", native.INT, native.WORD, native.WORD, native.OBJECT)
        self._clear_trace = native.held("_PyEval_SetTrace", native.INT, native.WORD, native.WORD, native.WORD)
        self._trampoline, self._object = self._find_trampoline()
        self._ident = self._find_word(get_ident())

    def _find_trampoline(self):
        before = sys.gettrace()
        try:
            sys.settrace(self._trace)
            place = self._find_word(id(self._trace))
        finally:
            sys.settrace(before)
        if not place:
            return 0, 0
        try:
            sys.settrace(self._trace)
            return native.read_word(native.thread_state() + place - 16), place
        finally:
            sys.settrace(before)

    @staticmethod
    def _find_word(word):
        """Offset of a word in our own thread state; 0 where it is not there."""
        state = native.thread_state()
        return next((at for at in range(0, 256, 8) if native.read_word(state + at) == word), 0)

    def states(self):
        """``(ident, thread state address)`` of each thread."""
        state = self._head(native.interpreter_state())
        while state:
            yield (native.read_word(state + self._ident) if self._ident else 0), state
            state = self._next(state)

    def set_trace(self, state, on):
        """Switch our tracing on or off in another thread; one with a tracer of its own is left alone."""
        if not self._trampoline or not self._ident:
            return
        current = native.read_word(state + self._object)
        if on and current == 0:
            self._set_trace(state, self._trampoline, self._trace)
        elif not on and current == id(self._trace):
            self._clear_trace(state, 0, 0)
