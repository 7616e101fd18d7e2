"""The debugger: serves the api's requests over one target, and tells of its events. See the package's docstring for the
threads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pydelve.api import requests
from pydelve.api.attach import AttachOptions, CoreOptions, LookOptions
from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import (
    BreakpointChanged,
    ChildLeftAlone,
    Continued,
    Detached,
    Event,
    Exited,
    Logged,
    Notice,
    Started,
    Stopped,
    Traced,
)
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import ExceptionInfo, ExitStatus, LeftAlone, State, Stop
from pydelve.debugger import told
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.capabilities import Session
from pydelve.debugger.code import Code
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.dumping import Dumping
from pydelve.debugger.files import ChildOptions
from pydelve.debugger.halting import Halting
from pydelve.debugger.hints import Hints
from pydelve.debugger.jumping import Jumping
from pydelve.debugger.looking import Looking
from pydelve.debugger.loop import Loop
from pydelve.debugger.placing import Placing
from pydelve.debugger.plans import plan_for, plan_for_call
from pydelve.debugger.reloading import Reloading
from pydelve.debugger.tasks import Tasks
from pydelve.debugger.threads import ThreadNumbers
from pydelve.debugger.tracing import Tracing
from pydelve.deferred import Deferred
from pydelve.errors import PydelveError, TargetError, TargetGoneError, TargetStateError
from pydelve.records import replace
from pydelve.target.arming import Landing
from pydelve.target.interface import CallsReport, LogReport, Plan, Process, StopReport
from pydelve.target.live.handle import Reached
from pydelve.target.live.launch import command, launch
from pydelve.target.live.process import LiveProcess

if TYPE_CHECKING:
    from pydelve.debugger import looked
    from pydelve.target.live import attach as attaching
else:
    looked = Deferred("pydelve.debugger.looked")  # 9 ms of the first prompt
    attaching = Deferred("pydelve.target.live.attach")  # 3 ms

R = TypeVar("R")
SessionOptions = LaunchOptions | AttachOptions | LookOptions | CoreOptions
_log = logging.getLogger("pydelve.engine")


class Debugger:
    """One session. Every method runs on the engine's thread."""

    def __init__(self, options: SessionOptions | ChildOptions, loop: Loop, emit: Callable[[Event], None]) -> None:
        """``emit`` gives an event to every client."""
        self._options = options
        self._loop = loop
        self._emit = emit
        self._current = Current(options)
        current, changed = self._current, self._breakpoint_changed
        self._breakpoints = Breakpoints(
            changed, current.files.units_beside, current.weave, current.files.runs_once, current.ident_or_none
        )
        self._dumping = Dumping(self._current, loop, emit)
        self._placing = Placing(self._current, self._breakpoints)
        self.tracing = Tracing(self._current, emit)
        self._exception: ExceptionInfo | None = None
        self._halting = Halting(self._current, loop, emit)
        self._jumping = Jumping(self._current, emit, self._run)
        self._door = ""
        """Where its children are to call."""
        self._stops_at_entry = False
        self._handlers: Handlers = {
            requests.GetState: lambda _: self._current.state,
            requests.Resume: self._resume,
            requests.Call: self._call,
            requests.Jump: self._jumping.begin,
            requests.SendSignal: self._send_signal,
            requests.SetStopOne: self._set_stop_one,
            requests.Halt: self._halt,
            requests.Interrupt: self._interrupt,
            requests.Restart: self._restart,
            requests.Detach: self._detach,
            **self._placing.handlers(),
            **self._dumping.handlers(),
            **Reloading(self._current, self._breakpoints).handlers(),
            **Looking(self._current).handlers(),
            **Code(self._current).handlers(),
            **Hints(self._current).handlers(),
            **Tasks(self._current).handlers(),
            **self.tracing.handlers(),
            **Session(self._current, self._breakpoints, lambda: self._options).handlers(),
        }

    def start(self) -> None:
        """Start the target, which stops at its first line; or attach to it, which stops it where it is.

        Raises:
            TargetError: it can't be started, or not be attached to; the family says more.
        """
        options = self._options
        if isinstance(options, LaunchOptions):
            self._stops_at_entry = options.stop_at_entry
            self._begin(launch(options, command(options)))
            return
        if not isinstance(options, AttachOptions):
            assert isinstance(options, LookOptions | CoreOptions)
            self._begin_looking(options)
            return
        self._begin(attaching.attach(options))
        process = self._current.process
        if process is None or process.ended:
            return
        self._current.files.main_is(process.main_file)
        self._keep_stop_one(process)
        self.follow(self._door)
        if options.stop:
            self._halting.begin(process, "attach")

    def adopt(self, reached: Reached, *, runs: bool = False) -> None:
        """A child has called, or this one, as another program. One that was forked waits for its breakpoints; others
        come to their first line, unless they were attached to, as they ``run``. One that can't be debugged is let go
        of, which is told.
        """
        self._stops_at_entry = False
        try:
            self._begin(reached)
            process = self._current.process
            if process is not None and (process.forked or runs) and not process.ended:
                self._current.files.main_is(process.main_file)
                self._begin_run(process)
                process.go()
        except TargetGoneError as error:  # its end is told by itself
            _log.info("process %d ended: %s", reached.handle.pid, error)
        except PydelveError as error:
            self._lose(error)

    def _lose(self, error: PydelveError) -> None:
        process = self._current.process
        if process is None or self._current.state.status in ("ended", "detached"):
            return
        killed = process.ended and process.info.launched  # it was ours, and had no agent that we understand
        self._emit(Notice(error.message, error.why, error.hint))
        process.detach()
        if self._current.state.exit is None:  # else it ended meanwhile
            self.on_exited(ExitStatus("killed", 9, False) if killed else ExitStatus("lost", 0, False))

    def follow(self, door: str, *, from_now: bool = True) -> None:
        """Children of this target are to call there; "" for none. Else from its next run on: this one is to end."""
        self._door = door
        process = self._current.armable() if from_now else None
        if process is not None:
            with suppress(TargetGoneError):
                process.follow(door)

    @property
    def current(self) -> Current:
        """What there is of the target right now."""
        return self._current

    @property
    def breakpoints(self) -> Breakpoints:
        """As they are in this target."""
        return self._breakpoints

    def mirror(self, made: Breakpoint) -> None:
        """Set, or change, a breakpoint as it is in another target."""
        self._breakpoints.mirror(made, self._current.armable())

    def _begin(self, reached: Reached) -> None:
        self._halting.over()
        self._current.threads = ThreadNumbers(0)
        self._exception = None
        self._jumping.over()
        self._current.state = State("starting")
        process = LiveProcess(reached, self._current.files.cwd, self._loop, self)
        self._current.process = process
        process.meet()
        if process.ended:
            return
        self._current.threads = ThreadNumbers(process.main_ident)
        self._current.files.begin_run(process)
        if isinstance(self._options, ChildOptions):
            self._current.files.share(self._options.files)
        self._current.state = State("running", process.info)
        self._emit(Started(process.info))
        if not process.exact and not process.free_threaded:
            self._emit(told.NOT_EXACT)

    def _begin_looking(self, options: LookOptions | CoreOptions) -> None:
        """It stands still from here on, where it can run: what is looked at must not move meanwhile."""
        self._halting.over()
        self._current.state = State("starting")
        process = looked.open_looking(options, self._loop, self)
        self._current.process = process
        try:
            process.halt("attach")
        except PydelveError:
            process.detach()
            raise
        self._current.threads = ThreadNumbers(process.main_ident)
        self._current.files.begin_run(process)
        self._current.files.main_is(process.main_file)
        self._current.state = State("running", process.info)
        if isinstance(options, LookOptions):
            self._emit(Notice(f"attached to look only, because {options.because}", "", options.hint))
        self._emit(Started(process.info))
        for problem in process.problems:
            self._emit(Notice(problem))

    def serve(self, request: requests.Request[R]) -> R:
        """The answer to one request.

        Raises:
            PydelveError: as the request says.
        """
        result: R = self._handlers[type(request)](request)
        return result

    def leave(self) -> None:
        """The last client went: kill what was launched, let go of what was attached to."""
        process = self._current.process
        if process is not None and not process.ended:
            if process.info.launched:
                process.kill()
            else:
                process.detach()

    # -- running -------------------------------------------------------------------------------------------------------

    def _resume(self, request: requests.Resume) -> State:
        process = self._current.stopped()
        plan = plan_for(request, self._current)
        if request.location:
            self._breakpoints.set_goal(self._placing.locate(request), process)
        self._run(process, plan)
        return self._current.state

    def _call(self, request: requests.Call) -> State:
        process = self._current.stopped()
        self._run(process, plan_for_call(request, self._current))
        return self._current.state

    def _set_stop_one(self, request: requests.SetStopOne) -> None:
        process, self._current.stop_one = self._current.armable(), request.one
        if process is not None:
            process.stop_one(request.one)
            stop = self._current.state.stop
            if stop is not None:
                stop = replace(stop, others_run=request.one and stop.reason not in {"halt", "attach"})
                self._current.state = replace(self._current.state, stop=stop)

    def _keep_stop_one(self, process: Process) -> None:
        """Tell a new process what stops stop."""
        if self._current.stop_one:
            try:
                process.stop_one(True)
            except PydelveError as error:
                self._emit(Notice(error.message, error.why, error.hint))

    def _send_signal(self, request: requests.SendSignal) -> None:
        self._current.live().signal(request.number)

    def _run(self, process: Process, plan: Plan) -> None:
        process.resume(plan)
        self._current.files.changed()
        self._current.state = State("running", process.info)
        self._emit(Continued())

    def _halt(self, request: requests.Halt) -> State:
        if self._current.state.status == "running" and self._current.process is not None:
            self._halting.begin(self._current.process, "halt")
        return self._current.state

    def _interrupt(self, request: requests.Interrupt) -> None:
        self._dumping.cancel()
        if self._current.process is not None:
            self._current.process.interrupt()

    def _restart(self, request: requests.Restart) -> State:
        options = self._options
        if not isinstance(options, LaunchOptions):
            raise TargetStateError(
                "the program was attached to, and can't be restarted",
                why="pydelve did not start it",
                hint="pydelve debug script.py, for one that pydelve starts",
            )
        if request.arguments is not None:
            options = replace(options, arguments=request.arguments)
        argv = command(options)  # an interpreter that is gone is found out before anything is killed
        self._options = options
        process = self._current.process
        killed = process is not None and not process.ended
        if killed and process is not None:
            process.kill()
        self._stops_at_entry = options.stop_at_entry
        try:
            self._begin(launch(options, argv))
        except PydelveError:
            self._start_failed(process, killed)
            raise
        if self._current.state.status == "ended":
            raise TargetError(
                "the program ended before its first line", why="its interpreter did not get that far", hint="restart"
            )
        return self._current.state

    def _start_failed(self, before: Process | None, killed: bool) -> None:
        """There is no program now, and the session goes on."""
        status = ExitStatus("killed", 9, False)
        self._current.state = State("ended", before.info if before is not None else None, exit=status)
        self._breakpoints.end_run()
        if killed:
            self._emit(Exited(status))

    def _detach(self, request: requests.Detach) -> None:
        process = self._current.process
        if process is None or process.ended:
            return
        if request.kill:
            process.kill()
            status = ExitStatus("killed", 9, False)
            self._current.state = State("ended", process.info, exit=status)
            self._emit(Exited(status))
        else:
            process.detach()
            self._current.state = State("detached", process.info)
            self._emit(Detached())
        self._loop.post(self._suspend_all, urgent=False)

    def _breakpoint_changed(self, changed: Breakpoint, cleared: bool = False) -> None:
        self._emit(BreakpointChanged(changed, cleared=cleared))

    # -- events of the target (target.Listener) ------------------------------------------------------------------------

    def on_stopped(self, report: StopReport) -> None:
        """See ``target.Listener``."""
        process = self._current.process
        self._halting.over()
        # as a job of its own: it asks the target, which can't be done from within the reading of this event, and the
        # request that started this process must have ended before
        self._loop.post(lambda: self._announce(process, report), urgent=False)

    def _announce(self, process: Process | None, report: StopReport) -> None:
        if process is None or process is not self._current.process or process.ended:
            return
        self._current.files.changed()
        try:
            stop = self._at_goal(self._to_stop(report), process)
        except PydelveError:  # it ends at this moment
            stop = self._to_stop(report)
        self._current.state = State("stopped", process.info, stop)
        stop = self._jumping.goes_on(stop, process)
        try:
            if not self._attend(process, stop, report):
                return
        except PydelveError as error:
            self._emit(Notice(error.message, error.why, error.hint))
        except Exception as error:  # noqa: BLE001  our own bug: told as one; the stop has to be told all the same
            self.failed(error)
        if not process.ended:  # else its end was told meanwhile
            self._emit(Stopped(stop))

    def _at_goal(self, stop: Stop, process: Process) -> Stop:
        """Where ``continue LOCATION`` went is no breakpoint of the user's, and gone with the first stop."""
        numbers, reached = self._breakpoints.reached_goal(stop.breakpoints, process)
        if not reached:
            return stop
        return replace(stop, breakpoints=numbers, reason=stop.reason if numbers else "location")

    def _attend(self, process: Process, stop: Stop, report: StopReport) -> bool:
        """What a stop asks of the engine itself; False where nobody needs to hear of it, and the target runs on."""
        if stop.reason == "entry":
            if stop.frames:
                self._current.files.main_is(stop.frames[0].file)
            self._begin_run(process)
            if not self._stops_at_entry:
                self._run(process, Plan())
                return False
        self._breakpoints.count(report.counts)
        known = [number for number in stop.breakpoints if self._breakpoints.known(number)]
        for number in set(stop.breakpoints).difference(known):  # the target took it after we had given up on it
            process.arm(number, ())
            process.arm_exception(number, None)
        if stop.breakpoints and not known and not stop.interrupted_step:
            self._run(process, Plan())
            return False
        self._placing.clear_temporary(known)
        return True

    def _begin_run(self, process: Process) -> None:
        """It runs nothing of its own at this moment."""
        self._keep_stop_one(process)
        if self._door:
            self.follow(self._door)
        for error in self._breakpoints.begin_run(process, self._current.files.edited, self._current.files.resolve):
            self._emit(Notice(error.message, error.why, error.hint))
        self.tracing.begin_run(process)

    def _to_stop(self, report: StopReport) -> Stop:
        if report.reason == "exception" and report.test is None and not report.detail:
            self._exception = report.exception
        return told.stop(report, self._current)

    def on_logged(self, report: LogReport) -> None:
        """See ``target.Listener``."""
        self._emit(told.logged(report, self._current))
        hit = {group[0] for group in report.groups}
        self._loop.post(lambda: self._placing.clear_temporary(hit), urgent=False)

    def has_read(self, event: Event) -> None:
        """The client has taken this event: where the target waits for that, it is told."""
        process = self._current.armable()
        if isinstance(event, Logged | Traced) and process is not None:
            process.has_read(event.batch, "logged" if isinstance(event, Logged) else "calls")

    def on_calls(self, report: CallsReport) -> None:
        """See ``target.Listener``."""
        self._emit(told.traced(report, self._current))

    def on_landed(self, landing: Landing) -> None:
        """See ``target.Listener``."""
        landed = self._breakpoints.landed(landing)
        if landed is not None:
            self._emit(BreakpointChanged(landed, landed=True))

    def on_exited(self, status: ExitStatus, error: PydelveError | None = None) -> None:
        """See ``target.Listener``."""
        if error is not None:
            self._emit(Notice(error.message, error.why, "pydelve lets it run on, without debugging it"))
        info = self._current.process.info if self._current.process is not None else None
        ended = replace(status, exception=self._exception)
        self._current.state = State("ended", info, exit=ended)
        self._loop.post(self._suspend_all, urgent=False)
        self._emit(Exited(ended))

    def _suspend_all(self) -> None:
        if self._current.armable() is None:
            self._breakpoints.end_run()

    def on_left_alone(self, words: tuple[str, ...], why: str, isolated: bool) -> None:
        """See ``target.Listener``."""
        self._emit(ChildLeftAlone(LeftAlone(words, why), isolated))

    def on_killing(self, pid: int) -> None:
        """See ``target.Listener``."""
        self.tracing.killing(pid)

    def on_notice(self, message: str, why: str, hint: str) -> None:
        """See ``target.Listener``."""
        self._emit(Notice(message, why, hint))

    def on_fault(self, message: str, traceback: tuple[str, ...]) -> None:
        """See ``target.Listener``."""
        _log.error("in the agent: %s\n%s", message, "\n".join(traceback))
        self._emit(told.fault(message))

    def failed(self, error: Exception) -> None:
        """Something of ours failed where no request waits for the answer (``loop.Loop``)."""
        _log.error("not in a request", exc_info=error)
        self._emit(told.failure(error))
