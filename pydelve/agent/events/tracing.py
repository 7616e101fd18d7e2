"""Arrivals told by ``sys.settrace``: CPython 3.9 to 3.11, which have no ``sys.monitoring``.

Off unless a breakpoint or a step needs it. While on, every call asks once whether its code matters; only frames that
matter get line events. Threads that already run are entered through ``_PyEval_SetTrace`` (PITFALLS 16), new ones
through the hook that ``threading.settrace`` sets. The interface is that of ``monitoring.Monitoring``.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ..calls.telling import CallTelling
from ..interpreter import native
from ..interpreter.imports import Imports
from ..interpreter.interpreters import current_frames
from ..interpreter.paths import is_agent
from ..interpreter.shield import Shield
from ..interpreter.thread_states import ThreadStates

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.traces import Traced
    from ..core import Agent
    from ..events.breakpoints import Armed, Placed
    from ..events.freezing import Freezer

NAME = "trace"


_getframe = sys._getframe  # taken before the program can replace it
_call_tracing = sys.call_tracing
_RETURN_VALUE, _YIELD_VALUE, _YIELD_FROM = 83, 86, 72  # Include/opcode.h of 3.9, 3.10 and 3.11


class Tracing:
    """The event source up to 3.11."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is on yet."""
        self._agent = agent
        self._placed: dict[
            int, tuple[CodeType, Placed | None]
        ] = {}  # id(code): (code, Placed or None) for code in files with breakpoints
        self._previous: dict[
            int, int
        ] = {}  # id(frame): offset of its last line event, where the line map asks for it (3.9)
        self._raised: dict[
            int, int
        ] = {}  # id(frame): offset of the exception that was its last event, while a step watches it
        self._watched: set[int] = set()  # ids of frames whose lines the stepper wants
        self._waiting_for_main: Callable[[FrameType], None] | None = None
        self._watching_calls = False
        self._raises = self._raises_in_libraries = False
        self._on = False
        self._telling = CallTelling(agent, lambda: self._switch(True))
        self._threads: ThreadStates | None = None
        self._freezer: Freezer | None = None
        """While a frozen thread has not come to its gate."""
        self._again = native.PendingCall(self._trace_again)
        self._shield = Shield()
        self._imports = Imports(self._import_begins)
        # bound once: comparing and storing bound methods made anew would never match
        self._global, self._local = self._on_call, self._on_event
        self._start_names = sys.modules["_thread"].__dict__  # the module itself: ours is a copy (loader.py)
        self._start, self._start_traced = self._start_names["start_new_thread"], self._start_thread

    def shield(self, function: Callable[[], None]) -> None:
        """Run ``function`` as if an event had called it: nothing it runs is traced, by us or by the program."""
        before = sys.gettrace()
        sys.settrace(self._global)
        try:
            self._shield.run(function)
        finally:
            if before is None or before is self._global:
                before = self._global if self._on and self._agent.active else None
            sys.settrace(before)

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def update(self) -> None:
        """The table changed: frames that already run get line events where they need them."""
        self._placed.clear()
        self._previous.clear()
        self._imports.switch(bool(self._agent.table))
        if self._agent.table:
            self._switch(True)
            self._trace_running()
        self._untrace_running()
        self._rest()

    def _import_begins(self, origin: str, module: Any) -> None:
        """A module is about to run: if it has breakpoints, its code is looked at when it begins."""
        if self._agent.table.in_file(origin):
            self._agent.guarded(self._switch, True)

    def _untrace_running(self) -> None:
        """Take line events from the frames that have neither a breakpoint nor a step."""
        frame: FrameType | None  # ends as None: our own frame is among them, and must not hold itself
        for frame in current_frames().values():
            while frame is not None:
                ours = frame.f_trace is self._local and id(frame) not in self._watched
                if ours and self._placed_in(frame.f_code) is None:
                    if self._raises_in(frame.f_code) or self._telling.has(frame):
                        frame.f_trace_lines = False
                    else:
                        frame.f_trace, frame.f_trace_lines = None, True
                frame = frame.f_back

    def _trace_running(self) -> None:
        """Give line events to the frames that are active already and have a breakpoint, exceptions to who need them."""
        frame: FrameType | None  # ends as None: our own frame is among them, and must not hold itself
        for frame in current_frames().values():
            while frame is not None:
                if frame.f_trace is None or frame.f_trace is self._local:
                    if self._placed_in(frame.f_code) is not None:
                        self._trace_frame(frame, True)
                    elif frame.f_trace is None and self._raises_in(frame.f_code):
                        self._trace_frame(frame, False)
                frame = frame.f_back

    def _trace_frame(self, frame: FrameType, lines: bool) -> None:
        """Have the events of a frame told: exceptions and its end, and its lines where they are wanted."""
        frame.f_trace = self._local
        frame.f_trace_lines = lines

    # -- exceptions ----------------------------------------------------------------------------------------------------

    def watch_exceptions(self, wanted: bool, libraries: bool) -> None:
        """Tell ``exceptions`` of each that comes up in a frame of the user's, or (``libraries``) in any; or not."""
        self._raises, self._raises_in_libraries = wanted, libraries
        if wanted:
            self._switch(True)
            self._trace_running()
        self._untrace_running()
        self._rest()

    def _raises_in(self, code: CodeType) -> bool:
        """Are exceptions in this code to be told?"""
        if not self._raises or is_agent(code):
            return False
        return self._raises_in_libraries or not self._agent.ownership.is_library(code.co_filename)

    def wait_for_main(self, callback: Callable[[FrameType], None]) -> None:
        """Call ``callback(frame)`` once, when the program's own ``__main__`` module begins to run."""
        self._waiting_for_main = callback
        self._switch(True)

    def _rest(self, leaving: FrameType | None = None) -> None:
        """Switch off what nobody needs; ``leaving``: a frame that is about to end."""
        if self._waiting_for_main or self._raises or self._agent.stepper.active or self._telling.by_events:
            return
        if self._freezer is not None:
            return
        waits = not all(armed.landed for armed in self._agent.table.all())  # it may be made by other than an import
        if not waits and not self._agent.weaver.leaves_out(leaving):
            self._switch(False)

    def _placed_in(self, code: CodeType) -> Placed | None:
        """What is armed in a code object, remembered for code in files that have any; None for most."""
        found = self._placed.get(id(code))
        if found is not None:
            return found[1]
        table = self._agent.table
        if not table.in_file(code.co_filename):
            return None
        self._agent.weaver.late(code)
        placed = table.placed_in(code)
        self._placed[id(code)] = (code, placed)
        todo = [code]
        while todo:  # a module's code tells of all its functions: report what has landed
            inner = todo.pop()
            self._agent.landed(table.placed_in(inner))
            todo.extend(constant for constant in inner.co_consts if type(constant) is type(code))
        self._rest()  # all that was waited for may be woven now
        return placed

    # -- traced calls --------------------------------------------------------------------------------------------------

    def follow_calls(self, calls: Traced | None) -> None:
        """Get ready to tell a trace of its functions' calls, or stop it."""
        self._telling.follow(calls)
        if calls is None:
            self._untrace_running()
            self._rest()

    def update_calls(self) -> None:
        """Begin to tell it."""
        self._telling.begin()

    def leave_code(self) -> None:
        """Breakpoints are about to need the program's code as it is, or something else is."""
        self._telling.leave_code()

    # -- stepping ------------------------------------------------------------------------------------------------------

    def watch(self, frame: FrameType) -> None:
        """Tell the stepper of lines, return and yield of this frame."""
        self._watched.add(id(frame))
        self._switch(True)
        if frame.f_trace is None or frame.f_trace is self._local:
            self._trace_frame(frame, True)
            if self._agent.weaver.of(frame.f_code) is not None:  # no line event parts a check from its statement
                frame.f_trace_opcodes = True

    def watch_calls(self, wanted: bool) -> None:
        """Tell the stepper of frames that start, or not."""
        self._watching_calls = wanted

    def unwatch(self) -> None:
        """No step is under way."""
        self._watched.clear()
        self._watching_calls = False
        self._untrace_running()
        self._rest()

    # -- frozen threads ------------------------------------------------------------------------------------------------

    def freeze(self, freezer: Freezer) -> None:
        """Bring the frozen threads to their gates, at their next instruction."""
        self._freezer = freezer
        self._switch(True)
        frames = current_frames()
        frame: FrameType | None  # ends as None: our own frame is among them, and must not hold itself
        for ident in freezer.frozen():
            frame = frames.get(ident)
            while frame is not None:
                if not is_agent(frame.f_code):
                    if frame.f_trace is None:
                        self._trace_frame(frame, False)
                    if frame.f_trace is self._local:
                        frame.f_trace_opcodes = True
                frame = frame.f_back
        del frames

    def thaw(self) -> None:
        """Nobody is to be brought to a gate any more."""
        self._freezer = None
        self._untrace_running()
        self._rest()

    def why_not_frozen(self, ident: int) -> str:
        """Why this thread can't be frozen; "" where it can."""
        self._threads = self._threads or ThreadStates(self._global)
        foreign = any(known == ident and self._threads.is_foreign(state) for known, state in self._threads.states())
        return "the program traces it itself (sys.settrace)" if foreign else ""

    # -- trace functions -----------------------------------------------------------------------------------------------

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """The global trace function: a frame starts or a generator's goes on."""
        try:
            return self._begin(frame) if event == "call" else self._go_on(frame, event, argument)
        except BaseException as error:  # noqa: BLE001  raised on where it is the program's
            self._leave_with(error)
        return None

    def _on_event(self, frame: FrameType, event: str, argument: Any) -> None:
        """The local trace function of frames that matter.

        No result: that leaves ``f_trace`` as it is, which a stop may have taken away.
        """
        try:
            self._go_on(frame, event, argument)
        except BaseException as error:  # noqa: BLE001  raised on where it is the program's
            self._leave_with(error)

    def _leave_with(self, error: BaseException) -> None:
        """Raise what is the program's own, such as a signal handler's exception that waited for a stop to end.

        CPython then takes the trace function away (``Python/sysmodule.c``: ``call_trampoline``). Handlers run in the
        main thread only, which puts it back as soon as it is out of our code.
        """
        if not self._agent.is_own_fault(error):
            self._again.schedule()
            raise error

    def _trace_again(self) -> bool:
        """Put the trace functions back; True where it is too early for that. A pending call: must not raise."""
        if is_agent(_getframe(2).f_code):  # 1 is the callback's own frame
            return True
        if self._on and self._agent.active:
            self._trace_threads(True)
            self._trace_running()
        return False

    def _begin(self, frame: FrameType) -> Any:
        code = frame.f_code
        if is_agent(code):
            if code is Shield.code:
                self._shield.opens()
            return None
        if self._freezer is not None:
            self._freezer.gate()
        self._hook_new_threads()
        if self._waiting_for_main is not None and code.co_name == "<module>":
            self._main_begins(frame)
        if code.co_name == "<module>" and self._telling.module_begins(code, frame.f_globals):
            self._rest()
        traced = self._telling.begins(frame)
        step = self._agent.stepper.active
        if step is not None and step.ident == get_ident():
            if self._watching_calls:
                self._agent.arrivals.step_outcome(self._agent.stepper.started(frame))
            if id(frame) in self._watched:
                frame.f_trace_lines = True
                return self._local
        if self._placed_in(code) is not None:
            frame.f_trace_lines = True  # a generator's may have begun when there was none
            return self._local
        if self._raises_in(code) or traced:
            frame.f_trace_lines = False
            return self._local
        return None

    def _go_on(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if is_agent(code):
            return
        if self._freezer is not None:
            self._freezer.gate()
        step = self._agent.stepper.active
        stepping = step is not None and step.ident == get_ident() and (frame is step.frame or frame is step.consumer)
        woven = self._agent.weaver.of(code)
        self._telling.goes_on(frame, event, argument)
        if event == "line":
            self._raised.pop(id(frame), None)
            if woven is None or (frame.f_lasti not in woven.offsets() and frame.f_lasti not in woven.afters()):
                self._on_line(frame, code, stepping)
        elif event == "opcode" and woven is not None:
            frame.f_trace_opcodes = stepping
            if stepping and frame.f_lasti in woven.afters():
                self._agent.arrivals.arrive(frame, 0, frame.f_lasti, (), True)
        elif event == "opcode":
            frame.f_trace_opcodes = False
            if frame.f_lasti in self._silent(frame, code) and self._previous.get(id(frame)) != frame.f_lasti:
                self._on_line(frame, code, stepping)
        elif event == "exception":
            if self._silent(frame, code):
                frame.f_trace_opcodes = True  # 3.9: a handler may begin without a line event (linemap.LineMap.silent)
            if self._raises:
                self._agent.exceptions.happened(frame, argument[1], argument[2])
                step = self._agent.stepper.active  # may have begun just now
                stepping = step is not None and (frame is step.frame or frame is step.consumer)
            if stepping:
                self._raised[id(frame)] = frame.f_lasti
        elif event == "return":
            self._previous.pop(id(frame), None)
            raised = self._raised.pop(id(frame), -1)
            if stepping:
                self._on_return(frame, code, argument, raised == frame.f_lasti)
            if self._placed_in(code) is not None and code.co_code[frame.f_lasti] not in (_YIELD_VALUE, _YIELD_FROM):
                self._rest(frame)

    def _silent(self, frame: FrameType, code: CodeType) -> set[int]:
        """Offsets in this code where a statement may begin without a line event; none from 3.10 on."""
        placed, step = self._placed_in(code), self._agent.stepper.active
        found: set[int] = placed.line_map.silent if placed is not None else set()
        if step is not None and step.line_map is not None and step.handles_silently(frame):
            found = found | step.line_map.silent
        return found

    def _on_line(self, frame: FrameType, code: CodeType, stepping: bool) -> None:
        offset = frame.f_lasti
        placed = self._placed_in(code)
        unit = 0
        breakpoints: Sequence[Armed] = ()
        previous = self._previous.get(id(frame), -1)
        if self._silent(frame, code) or (placed is not None and placed.line_map.repeats):
            self._previous[id(frame)] = offset
        if placed is not None:
            unit = placed.line_map.unit_at(offset, previous)
            breakpoints = placed.lines.get(unit, ())
        if breakpoints or stepping:
            self._agent.arrivals.arrive(frame, unit, offset, breakpoints, stepping)

    def _on_return(self, frame: FrameType, code: CodeType, value: Any, raised: bool) -> None:
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
            self._agent.arrivals.step_outcome(stepper.yielded(frame, value))
        elif operations[at] == _RETURN_VALUE:
            self._agent.arrivals.step_outcome(stepper.returned(frame, value))
        else:
            stepper.unwound(frame)

    def call_with_events(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run code of the program's in a callback of ours, as ``monitoring.Monitoring`` does."""
        return _call_tracing(self._resume_tracing, (function, arguments))

    def _resume_tracing(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        # 3.11's sys.call_tracing forgets its own flag: setting what is set puts that right (Python/ceval.c)
        sys.settrace(sys.gettrace())
        return function(*arguments)

    def moved(self, frame: FrameType) -> None:
        """A stop at a line event has jumped: the line before it is not what the frame comes from."""
        self._previous.pop(id(frame), None)

    def _main_begins(self, frame: FrameType) -> None:
        if frame.f_globals.get("__name__") == "__main__":
            callback, self._waiting_for_main = self._waiting_for_main, None
            if callback is not None:
                callback(frame)

    # -- on and off, in every thread -----------------------------------------------------------------------------------

    def _switch(self, on: bool) -> None:
        if on == self._on and not on:
            return
        self._on = on
        self._trace_threads(on)
        self._hook_new_threads()

    def _trace_threads(self, on: bool) -> None:
        self._threads = self._threads or ThreadStates(self._global)
        own = native.thread_state()  # not by ident: a thread that is just being started has its creator's
        for ident, state in self._threads.states():
            if state == own:
                if get_ident() not in self._agent.own:
                    self._switch_here(on)
            elif ident not in self._agent.own:
                self._threads.set_trace(state, on)

    def _switch_here(self, on: bool) -> None:
        """This thread's tracing; a trace function of the program's own stays, and keeps us out (``obstacle``)."""
        if on and sys.gettrace() is None:
            sys.settrace(self._global)
        elif not on and sys.gettrace() is self._global:
            sys.settrace(None)

    def _start_thread(self, *args: Any, **kwargs: Any) -> int:
        """Stands in for ``_thread.start_new_thread`` while tracing is on: threads started so call no hook."""
        ident: int = self._start(*args, **kwargs)
        if self._on:
            self._trace_threads(True)
            self._trace_running()
        return ident

    def _hook_new_threads(self) -> None:
        """New threads call what ``threading.settrace`` has set; one that the program has set is left alone."""
        names = self._start_names
        if names["start_new_thread"] is (self._start if self._on else self._start_traced):
            names["start_new_thread"] = self._start_traced if self._on else self._start
        threading = (sys.modules or {}).get("threading")  # None while the interpreter ends
        if threading is None:
            return
        names = threading.__dict__
        if self._on and names.get("_trace_hook", self) is None:
            names["_trace_hook"] = self._global
        elif not self._on and names.get("_trace_hook") is self._global:
            names["_trace_hook"] = None

    def silence(self) -> None:
        """No event reaches us from now on, as far as threads aren't in our code already."""
        self.close()

    def obstacle(self) -> str:
        """Why breakpoints don't work everywhere: threads that the program traces itself; "" where there are none."""
        threads = self._threads
        if not self._on or threads is None:
            return ""
        count = sum(threads.is_foreign(state) for ident, state in threads.states() if ident not in self._agent.own)
        return f"not in {count} of the threads, which the program traces itself (sys.settrace)" if count else ""

    def close(self) -> None:
        """Leave no trace function behind, and hold no code: see ``weaving.Weaver.let_go``."""
        self.follow_calls(None)
        self._watched.clear()
        self._placed.clear()
        self._waiting_for_main = None
        self._raises = False
        self._imports.switch(False)
        self._switch(False)
        frame: FrameType | None  # ends as None: our own frame is among them, and must not hold itself
        for frame in current_frames().values():
            while frame is not None:
                if frame.f_trace is self._local or frame.f_trace is self._global:
                    frame.f_trace, frame.f_trace_lines = None, True
                frame = frame.f_back
