"""The debugger: serves the api's requests over one target, and tells of its events. See the package's docstring for the
threads.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from pydelve.api import requests
from pydelve.api.breakpoints import Breakpoint, Location
from pydelve.api.events import BreakpointChanged, Continued, Event, Exited, HaltPending, Notice, Started, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import (
    ExceptionInfo,
    ExitStatus,
    Frame,
    SourceText,
    Stack,
    State,
    Stop,
    Thread,
)
from pydelve.api.values import Evaluation, Limits, Value, Variable
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.files import Files
from pydelve.debugger.loop import Loop
from pydelve.debugger.threads import ThreadNumbers, to_thread
from pydelve.errors import PydelveError, TargetError, TargetStateError
from pydelve.target import Landing, Plan, Process, StopReport
from pydelve.target.live.launch import command, launch
from pydelve.target.live.process import LiveProcess

R = TypeVar("R")
_EXPRESSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_HALT_PATIENCE_S = 2.0
_log = logging.getLogger("pydelve.engine")


class Debugger:
    """One session. Every method runs on the engine's thread."""

    def __init__(self, options: LaunchOptions, loop: Loop, emit: Callable[[Event], None]) -> None:
        """``emit`` gives an event to every client."""
        self._options = options
        self._loop = loop
        self._emit = emit
        self._process: Process | None = None
        self._threads = ThreadNumbers(0)
        self._files = Files(options)
        self._breakpoints = Breakpoints(self._breakpoint_changed, self._files.units_beside)
        self._state = State("starting")
        self._exception: ExceptionInfo | None = None
        self._halts = 0

    def start(self) -> None:
        """Start the target; it stops at its first line.

        Raises:
            TargetError: it can't be started; the family says more.
        """
        self._start(command(self._options))

    def _start(self, argv: tuple[str, ...]) -> None:
        self._halts += 1
        self._threads = ThreadNumbers(0)
        self._exception = None
        self._state = State("starting")
        process = LiveProcess(launch(self._options, argv), self._files.cwd, self._loop, self)
        self._process = process
        process.meet()
        if process.ended:
            return
        self._threads = ThreadNumbers(process.main_ident)
        self._files.begin_run(process)
        self._state = State("running", process.info)
        self._emit(Started(process.info))
        if not process.exact:
            self._emit(
                Notice(
                    "stops in this interpreter are not exact",
                    "its GIL could not be found in memory, so other threads may move a little while you look",
                    "pydelve version",
                )
            )

    def serve(self, request: requests.Request[R]) -> R:
        """The answer to one request.

        Raises:
            PydelveError: as the request says.
        """
        result: R = _HANDLERS[type(request)](self, request)
        return result

    def leave(self) -> None:
        """The last client went: kill what was launched."""
        if self._process is not None and not self._process.ended:
            self._process.kill()

    # -- state ---------------------------------------------------------------------------------------------------------

    def _get_state(self, request: requests.GetState) -> State:
        return self._state

    def _live(self) -> Process:
        if self._process is None or self._process.ended:
            if self._state.status == "detached":
                raise TargetStateError("the program runs on without pydelve", why="it was detached", hint="restart")
            raise TargetStateError("the program has ended", hint="restart")
        return self._process

    def _stopped(self) -> Process:
        process = self._live()
        if self._state.status != "stopped":
            raise TargetStateError(
                f"the program is {self._state.status}", why="this needs a stopped one", hint="press Ctrl-C to halt it"
            )
        return process

    def _ident(self, thread: int) -> int:
        return self._threads.ident(thread) if thread else 0

    # -- running -------------------------------------------------------------------------------------------------------

    def _resume(self, request: requests.Resume) -> State:
        process = self._stopped()
        units = None
        index = request.frame
        if request.how != "continue":
            frame = self._stepped_frame(request.thread, request.frame)
            index = frame.index if frame is not None else request.frame
            units = self._files.units_of(frame) if frame is not None and request.how != "stepout" else None
        self._run(process, Plan(request.how, self._ident(request.thread), index, request.into_libraries, units))
        return self._state

    def _stepped_frame(self, thread: int, index: int) -> Frame | None:
        """The frame that a step is about: a comprehension belongs to the statement that runs it."""
        asked = frame = self._frame(thread, index)
        while frame is not None and (
            frame.function.rpartition(".")[2] in _EXPRESSIONS or (frame.library and frame is not asked)
        ):
            index += 1
            frame = self._frame(thread, index)
        return frame or asked

    def _run(self, process: Process, plan: Plan) -> None:
        process.resume(plan)
        self._files.changed()
        self._state = State("running", process.info)
        self._emit(Continued())

    def _frame(self, thread: int, index: int) -> Frame | None:
        stop = self._state.stop
        if stop is not None and thread in (0, stop.thread) and index < len(stop.frames):
            return stop.frames[index]
        frames = self._get_stack(requests.GetStack(thread, index, 1)).frames
        return frames[0] if frames else None

    def _halt(self, request: requests.Halt) -> State:
        if self._state.status == "running" and self._process is not None:
            self._process.halt()
            self._halts += 1
            self._loop.after(_HALT_PATIENCE_S, lambda halt=self._halts: self._halt_overdue(halt))  # type: ignore[misc]
        return self._state

    def _halt_overdue(self, halt: int) -> None:
        if self._state.status != "running" or halt != self._halts or self._process is None:
            return
        self._emit(
            HaltPending(
                _HALT_PATIENCE_S,
                f"process {self._process.info.pid} has not come back to Python: "
                "some thread holds the interpreter in C code",
            )
        )

    def _interrupt(self, request: requests.Interrupt) -> None:
        if self._process is not None:
            self._process.interrupt()

    def _restart(self, request: requests.Restart) -> State:
        argv = command(self._options)  # an interpreter that is gone is found out before anything is killed
        process = self._process
        killed = process is not None and not process.ended
        if killed and process is not None:
            process.kill()
        try:
            self._start(argv)
        except PydelveError:
            self._start_failed(process, killed)
            raise
        if self._state.status == "ended":
            raise TargetError(
                "the program ended before its first line", why="its interpreter did not get that far", hint="restart"
            )
        return self._state

    def _start_failed(self, before: Process | None, killed: bool) -> None:
        """There is no program now, and the session goes on."""
        status = ExitStatus("killed", 9, False)
        self._state = State("ended", before.info if before is not None else None, exit=status)
        self._breakpoints.end_run()
        if killed:
            self._emit(Exited(status))

    def _detach(self, request: requests.Detach) -> None:
        process = self._process
        if process is None or process.ended:
            return
        if request.kill:
            process.kill()
            self._state = State("ended", process.info, exit=ExitStatus("killed", 9, False))
        else:
            process.detach()
            self._state = State("detached", process.info)
        self._loop.post(self._suspend_all, urgent=False)

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def _armable(self) -> Process | None:
        return self._process if self._process is not None and not self._process.ended else None

    def _locate(self, request: requests.FindLocations | requests.CreateBreakpoint) -> tuple[Location, ...]:
        return self._files.resolve(request.location, request.frame_file, request.frame_line, self._armable())

    def _create_breakpoint(self, request: requests.CreateBreakpoint) -> Breakpoint:
        return self._breakpoints.create(
            request.location,
            self._locate(request),
            request.condition,
            request.hit_condition,
            request.temporary,
            self._armable(),
        )

    def _amend_breakpoint(self, request: requests.AmendBreakpoint) -> Breakpoint:
        changes: dict[str, Any] = {}
        if request.condition is not None:
            changes["condition"] = request.condition
        if request.hit_condition is not None or request.clear_hit_condition:
            changes["hit_condition"] = request.hit_condition
        if request.enabled is not None:
            changes["enabled"] = request.enabled
        return self._breakpoints.amend(request.id, self._armable(), **changes)

    def _clear_breakpoint(self, request: requests.ClearBreakpoint) -> Breakpoint:
        return self._breakpoints.clear(request.id, self._armable())

    def _list_breakpoints(self, request: requests.ListBreakpoints) -> tuple[Breakpoint, ...]:
        process = self._armable()
        if process is not None:
            self._breakpoints.count(process.counts())
        return self._breakpoints.all()

    def _find_locations(self, request: requests.FindLocations) -> tuple[Location, ...]:
        return self._locate(request)

    def _complete_location(self, request: requests.CompleteLocation) -> tuple[str, ...]:
        process = self._armable() if self._state.status == "stopped" else None
        return self._files.complete(request.prefix, request.frame_file, process)

    def _breakpoint_changed(self, changed: Breakpoint, cleared: bool = False) -> None:
        self._emit(BreakpointChanged(changed, cleared=cleared))

    # -- looking -------------------------------------------------------------------------------------------------------

    def _get_threads(self, request: requests.GetThreads) -> tuple[Thread, ...]:
        reports = self._stopped().threads()
        current = self._state.stop.thread if self._state.stop else 0
        self._threads.forget_all_but({report.ident for report in reports})
        threads = []
        for report in sorted(reports, key=lambda report: report.native_id):  # of those seen first now, the older first
            number = self._threads.number(report.ident)
            frame = self._files.qualified(report.frame) if report.frame is not None else None
            threads.append(to_thread(report, number, number == current, frame))
        return tuple(sorted(threads, key=lambda thread: thread.id))

    def _get_stack(self, request: requests.GetStack) -> Stack:
        frames, total = self._stopped().stack(self._ident(request.thread), request.start, request.count)
        return Stack(tuple(map(self._files.qualified, frames)), total)

    def _get_variables(self, request: requests.GetVariables) -> tuple[Variable, ...]:
        return self._stopped().variables(request.scope, self._ident(request.thread), request.frame, request.limits)

    def _expand(self, request: requests.Expand) -> Value:
        return self._stopped().expand(request.handle, request.start, request.count, request.limits)

    def _evaluate(self, request: requests.Evaluate) -> Evaluation:
        process, ident = self._stopped(), self._ident(request.thread)
        with self._evaluating():
            return process.evaluate(
                request.text,
                ident,
                request.frame,
                statements=request.statements,
                timeout_s=request.timeout_s,
                limits=request.limits,
            )

    def _assign(self, request: requests.Assign) -> Value:
        process, ident = self._stopped(), self._ident(request.thread)
        with self._evaluating():
            return process.assign(
                request.target,
                request.expression,
                ident,
                request.frame,
                timeout_s=request.timeout_s,
                limits=Limits(),
            )

    @contextlib.contextmanager
    def _evaluating(self) -> Iterator[None]:
        """What other clients are told meanwhile; the end of the target, or of the session with it, outlives this."""
        stopped = self._state
        moving = self._state = replace(stopped, status="evaluating")
        try:
            yield
        finally:
            if self._state is moving:
                self._state = stopped

    def _get_source(self, request: requests.GetSource) -> SourceText:
        source = self._files.sources.load(request.path)
        return SourceText(source.path, source.lines, source.stale)

    # -- events of the target (target.Listener) ------------------------------------------------------------------------

    def on_stopped(self, report: StopReport) -> None:
        """See ``target.Listener``."""
        process = self._process
        # as a job of its own: it asks the target, which can't be done from within the reading of this event, and the
        # request that started this process must have ended before
        self._loop.post(lambda: self._announce(process, report), urgent=False)

    def _announce(self, process: Process | None, report: StopReport) -> None:
        if process is None or process is not self._process or process.ended:
            return
        self._halts += 1
        self._files.changed()
        stop = self._to_stop(report)
        self._state = State("stopped", process.info, stop)
        try:
            if not self._attend(process, stop, report):
                return
        except PydelveError as error:
            self._emit(Notice(error.message, error.why, error.hint))
        except Exception as error:  # noqa: BLE001  our own bug: told as one; the stop has to be told all the same
            self.failed(error)
        if not process.ended:  # else its end was told meanwhile
            self._emit(Stopped(stop))

    def _attend(self, process: Process, stop: Stop, report: StopReport) -> bool:
        """What a stop asks of the engine itself; False where nobody needs to hear of it, and the target runs on."""
        if stop.reason == "entry":
            if stop.frames:
                self._files.main_is(stop.frames[0].file)
            for error in self._breakpoints.begin_run(process):
                self._emit(Notice(error.message, error.why, error.hint))
            if not self._options.stop_at_entry:
                self._run(process, Plan())
                return False
        self._breakpoints.count(report.counts)
        known = [number for number in stop.breakpoints if self._breakpoints.known(number)]
        for number in set(stop.breakpoints).difference(known):  # the target took it after we had given up on it
            process.arm(number, ())
        if stop.breakpoints and not known and not stop.interrupted_step:
            self._run(process, Plan())
            return False
        for number in known:
            if self._breakpoints.get(number).temporary:
                self._breakpoints.clear(number, process)
        return True

    def _to_stop(self, report: StopReport) -> Stop:
        number = self._threads.number(report.ident)
        if report.exception is not None:
            self._exception = report.exception
        return Stop(
            reason=report.reason,
            thread=number,
            thread_name=report.thread_name or ("MainThread" if number == 1 else f"thread-{number}"),
            frames=tuple(map(self._files.qualified, report.frames)),
            breakpoints=report.breakpoints,
            detail=report.detail,
            returned=report.returned,
            exception=report.exception,
            interrupted_step=report.interrupted_step,
        )

    def on_landed(self, landing: Landing) -> None:
        """See ``target.Listener``."""
        landed = self._breakpoints.landed(landing)
        if landed is not None:
            self._emit(BreakpointChanged(landed, landed=True))

    def on_exited(self, status: ExitStatus, error: PydelveError | None = None) -> None:
        """See ``target.Listener``."""
        if error is not None:
            self._emit(Notice(error.message, error.why, "pydelve lets it run on, without debugging it"))
        info = self._process.info if self._process is not None else None
        ended = ExitStatus(status.how, status.status, status.clean, self._exception)
        self._state = State("ended", info, exit=ended)
        self._loop.post(self._suspend_all, urgent=False)
        self._emit(Exited(ended))

    def _suspend_all(self) -> None:
        if self._armable() is None:
            self._breakpoints.end_run()

    def on_fault(self, message: str, traceback: tuple[str, ...]) -> None:
        """See ``target.Listener``."""
        _log.error("in the agent: %s\n%s", message, "\n".join(traceback))
        self._emit(
            Notice(
                f"pydelve's agent failed inside the program: {message}",
                "this is a bug of pydelve; the program did not notice, but a breakpoint or a step may have been missed",
                "pydelve debug --log FILE ... keeps a log of it",
            )
        )

    def failed(self, error: Exception) -> None:
        """Something of ours failed where no request waits for the answer (``loop.Loop``)."""
        _log.error("not in a request", exc_info=error)
        self._emit(
            Notice(
                f"pydelve failed inside: {type(error).__name__}: {error}",
                "this is a bug of pydelve; the session goes on",
                "pydelve debug --log FILE ... keeps a log of it",
            )
        )


_HANDLERS: dict[type[requests.Request[Any]], Callable[..., Any]] = {
    requests.GetState: Debugger._get_state,
    requests.Resume: Debugger._resume,
    requests.Halt: Debugger._halt,
    requests.Interrupt: Debugger._interrupt,
    requests.CreateBreakpoint: Debugger._create_breakpoint,
    requests.AmendBreakpoint: Debugger._amend_breakpoint,
    requests.ClearBreakpoint: Debugger._clear_breakpoint,
    requests.ListBreakpoints: Debugger._list_breakpoints,
    requests.FindLocations: Debugger._find_locations,
    requests.CompleteLocation: Debugger._complete_location,
    requests.GetThreads: Debugger._get_threads,
    requests.GetStack: Debugger._get_stack,
    requests.GetVariables: Debugger._get_variables,
    requests.Expand: Debugger._expand,
    requests.Evaluate: Debugger._evaluate,
    requests.Assign: Debugger._assign,
    requests.GetSource: Debugger._get_source,
    requests.Restart: Debugger._restart,
    requests.Detach: Debugger._detach,
}
