"""The debugger: serves the api's requests over one target, and tells of its events. See the package's docstring for the threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydelve.agent import protocol
from pydelve.api import requests
from pydelve.api.breakpoints import Breakpoint, Location
from pydelve.api.events import BreakpointChanged, Continued, Event, Exited, HaltPending, Notice, Started, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import (
    ExceptionInfo,
    ExitStatus,
    Frame,
    ReturnedValue,
    SourceText,
    Stack,
    State,
    Stop,
    Thread,
)
from pydelve.api.values import Evaluation, Limits, Value, Variable
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.evaluation import Evaluator
from pydelve.debugger.files import Files
from pydelve.debugger.loop import Loop
from pydelve.debugger.threads import ThreadNumbers, to_frame, to_thread
from pydelve.errors import PydelveError, TargetStateError, UnsupportedError
from pydelve.target.live.convert import to_value, to_variable
from pydelve.target.live.launch import launch
from pydelve.target.live.process import LiveProcess

R = TypeVar("R")
_HALT_PATIENCE_S = 2.0


class Debugger:
    """One session. Every method runs on the engine's thread."""

    def __init__(self, options: LaunchOptions, loop: Loop, emit: Callable[[Event], None]) -> None:
        """``emit`` gives an event to every client."""
        self._options = options
        self._loop = loop
        self._emit = emit
        self._process: LiveProcess | None = None
        self._threads = ThreadNumbers(0)
        self._files = Files(options)
        self._breakpoints = Breakpoints(self._breakpoint_changed, self._files.units_beside)
        self._evaluator = Evaluator()
        self._state = State("starting")
        self._exception: ExceptionInfo | None = None
        self._halts = 0

    def start(self) -> None:
        """Start the target; it stops at its first line.

        Raises:
            TargetError: it can't be started; the family says more.
        """
        self._threads = ThreadNumbers(0)
        self._exception = None
        self._state = State("starting")
        process = LiveProcess(launch(self._options), self._files.cwd, self._loop, self)
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

    def _live(self) -> LiveProcess:
        if self._process is None or self._process.ended:
            raise TargetStateError("the program has ended", hint="restart")
        return self._process

    def _stopped(self) -> LiveProcess:
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
        plan: dict[str, Any] = {
            "how": request.how,
            "ident": self._ident(request.thread),
            "frame": request.frame,
            "into_libraries": request.into_libraries,
            "units": None,
        }
        if request.how in ("next", "step"):
            frame = self._frame(request.thread, request.frame)
            plan["units"] = self._files.units_of(frame) if frame is not None else None
        self._run(process, plan)
        return self._state

    def _run(self, process: LiveProcess, plan: dict[str, Any]) -> None:
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
                f"process {self._process.info.pid} has not come back to Python: some thread holds the interpreter in C code",
            )
        )

    def _interrupt(self, request: requests.Interrupt) -> None:
        if self._process is not None:
            self._evaluator.interrupt(self._process)

    def _restart(self, request: requests.Restart) -> State:
        if self._process is not None and not self._process.ended:
            self._process.kill()
        self.start()
        return self._state

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

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def _armable(self) -> LiveProcess | None:
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
            self._breakpoints.count(process.ask(protocol.COUNTS, {}))
        return self._breakpoints.all()

    def _find_locations(self, request: requests.FindLocations) -> tuple[Location, ...]:
        return self._locate(request)

    def _complete_location(self, request: requests.CompleteLocation) -> tuple[str, ...]:
        process = self._armable() if self._state.status == "stopped" else None
        return self._files.complete(request.prefix, request.frame_file, process)

    def _breakpoint_changed(self, changed: Breakpoint, cleared: bool = False) -> None:
        self._emit(BreakpointChanged(changed, cleared=cleared))

    # -- looking -------------------------------------------------------------------------------------------------------

    def _to_frame(self, index: int, wire: dict[str, Any]) -> Frame:
        return to_frame(index, wire, self._files.qualname(wire))

    def _get_threads(self, request: requests.GetThreads) -> tuple[Thread, ...]:
        process = self._stopped()
        found = process.ask(protocol.THREADS, {})
        native = process.native_threads()
        current = self._state.stop.thread if self._state.stop else 0
        self._threads.forget_all_but({entry["ident"] for entry in found})
        threads = []
        for entry in found:
            number = self._threads.number(entry["ident"])
            native_id = process.info.pid if entry["main"] else entry["native_id"]
            threads.append(to_thread(entry, number, number == current, native_id, native.get(native_id)))
        return tuple(sorted(threads, key=lambda thread: thread.id))

    def _get_stack(self, request: requests.GetStack) -> Stack:
        arguments = {"thread": self._ident(request.thread), "start": request.start, "count": request.count}
        answer = self._stopped().ask(protocol.STACK, arguments)
        frames = tuple(self._to_frame(request.start + i, wire) for i, wire in enumerate(answer["frames"]))
        return Stack(frames, answer["total"])

    def _get_variables(self, request: requests.GetVariables) -> tuple[Variable, ...]:
        arguments = {
            "scope": request.scope,
            "thread": self._ident(request.thread),
            "frame": request.frame,
            "limits": _limits(request.limits),
        }
        return tuple(to_variable(entry) for entry in self._stopped().ask(protocol.VARIABLES, arguments))

    def _expand(self, request: requests.Expand) -> Value:
        arguments = {
            "handle": request.handle,
            "start": request.start,
            "count": request.count,
            "limits": _limits(request.limits),
        }
        return to_value(self._stopped().ask(protocol.EXPAND, arguments))

    def _evaluate(self, request: requests.Evaluate) -> Evaluation:
        arguments = {
            "text": request.text,
            "thread": self._ident(request.thread),
            "frame": request.frame,
            "statements": request.statements,
            "limits": _limits(request.limits),
        }
        return self._evaluator.run(self._stopped(), protocol.EVALUATE, arguments, request.timeout_s)

    def _assign(self, request: requests.Assign) -> Value:
        arguments = {
            "target": request.target,
            "expression": request.expression,
            "thread": self._ident(request.thread),
            "frame": request.frame,
            "limits": _limits(Limits()),
        }
        done = self._evaluator.run(self._stopped(), protocol.ASSIGN, arguments, request.timeout_s)
        if done.value is None:
            raise UnsupportedError("the agent gave no value back")
        return done.value

    def _get_source(self, request: requests.GetSource) -> SourceText:
        source = self._files.sources.load(request.path)
        return SourceText(source.path, source.lines, source.stale)

    # -- events of the target (target.Listener) ------------------------------------------------------------------------

    def on_stopped(self, report: dict[str, Any]) -> None:
        """See ``target.Listener``."""
        process = self._live()
        self._halts += 1
        self._files.changed()
        stop = self._to_stop(report)
        self._state = State("stopped", process.info, stop)
        # what follows asks the agent, which the loop must be free for: not from within its reading of this event
        self._loop.post(lambda: self._announce(process, stop, report), urgent=False)

    def _announce(self, process: LiveProcess, stop: Stop, report: dict[str, Any]) -> None:
        if process is not self._process or process.ended or self._state.stop is not stop:
            return
        try:
            if stop.reason == "entry":
                self._files.main_is(stop.frames[0].file)
                self._breakpoints.begin_run(process)
                if not self._options.stop_at_entry:
                    self._run(process, {"how": "continue", "ident": 0, "frame": 0, "into_libraries": False, "units": None})
                    return
            self._breakpoints.count(report["counts"])
            hit = [self._breakpoints.get(number) for number in stop.breakpoints]
            for breakpoint_ in hit:
                if breakpoint_.temporary:
                    self._breakpoints.clear(breakpoint_.id, process)
        except PydelveError as error:
            self._emit(Notice(error.message, error.why, error.hint))
        self._emit(Stopped(stop))

    def _to_stop(self, report: dict[str, Any]) -> Stop:
        returned, exception = report.get("returned"), report.get("exception")
        number = self._threads.number(report["ident"])
        info = None
        if exception is not None:
            info = self._exception = ExceptionInfo(exception["type"], exception["message"], tuple(exception.get("notes", ())))
        return Stop(
            reason=report["reason"],
            thread=number,
            thread_name=report["name"] or ("MainThread" if number == 1 else f"thread-{number}"),
            frames=tuple(self._to_frame(index, wire) for index, wire in enumerate(report["frames"])),
            breakpoints=tuple(sorted(report["ids"])),
            detail=report["detail"],
            returned=ReturnedValue(returned[0], to_value(returned[1])) if returned is not None else None,
            exception=info,
            interrupted_step=report["interrupted_step"],
        )

    def on_landed(self, report: dict[str, Any]) -> None:
        """See ``target.Listener``."""
        how = self._process.how if self._process is not None else ""
        landed = self._breakpoints.landed(report["id"], report["file"], report["why"], how)
        if landed is not None:
            self._emit(BreakpointChanged(landed, landed=True))

    def on_exited(self, status: ExitStatus) -> None:
        """See ``target.Listener``."""
        info = self._process.info if self._process is not None else None
        ended = ExitStatus(status.how, status.status, status.clean, self._exception)
        self._state = State("ended", info, exit=ended)
        self._loop.post(self._suspend_all, urgent=False)
        self._emit(Exited(ended))

    def _suspend_all(self) -> None:
        for breakpoint_ in self._breakpoints.all():
            if self._armable() is None:
                self._breakpoints.arm(breakpoint_.id, None)


def _limits(limits: Limits) -> dict[str, int]:
    return {
        "max_text": limits.max_text,
        "max_items": limits.max_items,
        "max_depth": limits.max_depth,
        "max_total": limits.max_total,
    }


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
