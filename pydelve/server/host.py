"""One debugging session with its engine's thread, and all that listen to it: in-memory pipes, connections.

Events go to every listener, in one order, on the engine's thread; so do answers that come by :meth:`Host.serve`. A
listener must not block.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import (
    BreakpointChanged,
    Detached,
    Event,
    Exited,
    Logged,
    Output,
    Started,
    Stopped,
    TargetExited,
    Traced,
)
from pydelve.api.requests import Detach, GetState, Request
from pydelve.api.target import State, Stop
from pydelve.debugger.engine import SessionOptions
from pydelve.debugger.loop import Loop
from pydelve.debugger.roster import no_target
from pydelve.debugger.targets import Targets
from pydelve.debugger.views import View, Views
from pydelve.errors import InternalError, PydelveError
from pydelve.rpc.mailbox import closed_error
from pydelve.server.traced import TracedSoFar

Deliver = Callable[[Any, PydelveError | None], None]
"""Takes the outcome of a request: its result, or the error."""
_log = logging.getLogger("pydelve.engine")
_STANDS = (Stopped, Exited, Detached)
"""It does not run, or not for us."""


class OutputSource(Protocol):
    """What the program writes, where that goes through our hands (``server.output``)."""

    def begin(self, loop: Loop, emit: Callable[[Event], None]) -> None:
        """Tell of it as it comes."""
        ...

    def drain(self) -> None:
        """Tell now of what was written so far."""
        ...

    def pause(self, paused: bool) -> None:
        """Read no more, or read on."""
        ...


class _Answer:
    """A place for one request's outcome."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.result: Any = None
        self.error: PydelveError | None = None

    def deliver(self, result: Any, error: PydelveError | None) -> None:
        self.result, self.error = result, error
        self.ready.set()


class Host:
    """Owns the engine's thread."""

    def __init__(
        self, options: SessionOptions, output: OutputSource | None = None, *, acknowledges: bool = True
    ) -> None:
        """Starts the engine's thread; :meth:`start` the target.

        Args:
            options: What to debug.
            output: What it writes, if that comes to us.
            acknowledges: Log messages count as read once all listeners have them; else one of them says so.
        """
        self._lock = threading.Lock()
        self._answers: set[_Answer] = set()
        self._closed = False
        self._views = Views()
        self._stops: dict[int, Stop] = {}
        """What was told last of each target: the engine knows of a stop a while before it is told."""
        self._points: dict[int, Breakpoint] = {}
        """As they were told last."""
        self._acknowledges = acknowledges
        self._held = False
        self._unread: list[Logged | Traced] = []
        self._traced = TracedSoFar()
        self._waiting: list[tuple[View, Deliver]] = []
        """Who wants to hear when its target stands."""
        self._output = output
        self.on_left: Callable[[], None] = lambda: None
        """A client had the program killed, or let go of it: called on the engine's thread, after the answer."""
        self._loop = Loop(self._failed)
        self._debugger = Targets(options, self._loop, self._emit, self._emit_bound, self._views)
        self._thread = threading.Thread(target=self._run, name="pydelve engine", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._loop.close()
            raise

    # -- on the engine's thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run()
        finally:  # whatever ended it: nobody may wait for ever
            waiting, self._waiting = self._waiting, []
            with self._lock:
                left, self._answers = self._answers, set()
            for deliver in (*(deliver for _, deliver in waiting), *(answer.deliver for answer in left)):
                deliver(None, closed_error())

    def _failed(self, error: Exception) -> None:
        self._debugger.failed(error)

    def _emit(self, event: Event) -> None:
        self._drain_before(event)
        self._note(event)
        self._views.tell(event)
        if isinstance(event, Logged | Traced):
            self._views.tell_bound(event.target, event)
            heard = isinstance(event, Logged) or self._views.heard(event.target)
            if heard and (self._acknowledges or not self._views.read_by_one(event.target)):
                self._read_by_all(event)
        self._answer_waiting(event, 0)

    def _emit_bound(self, target: int, event: Event) -> None:
        """What is told of a target to those who are about it only."""
        self._drain_before(event)
        self._views.tell_bound(target, event)
        self._answer_waiting(event, target)

    def _drain_before(self, event: Event) -> None:
        if isinstance(event, _STANDS) and self._output is not None:
            self._output.drain()

    def _answer_waiting(self, event: Event, target: int) -> None:
        if not isinstance(event, _STANDS):
            return
        waiting = self._waiting
        self._waiting = [each for each in waiting if each[0].target != target]
        for view, deliver in waiting:
            if view.target == target:
                self.serve(GetState(), deliver, view)

    def _read_by_all(self, *events: Logged | Traced) -> None:
        """Say so to the target, as soon as nobody is behind."""
        self._unread += events
        if events and not self._held:
            self._loop.post(self._acknowledge, urgent=True)

    def hold(self, held: bool) -> None:
        """A listener is far behind, or none is any more: output is not read meanwhile, and log messages wait."""
        if held == self._held:
            return
        self._held = held
        if self._output is not None:
            self._output.pause(held)
        if not held:
            self._acknowledge()

    def has_read(self, event: Logged | Traced) -> None:
        """A front end has read these log messages or traced calls: more may come."""
        self._debugger.has_read(event)

    def _acknowledge(self) -> None:
        unread, self._unread = self._unread, []
        for event in unread:
            self._debugger.has_read(event)

    def _note(self, event: Event) -> None:
        """Remember what one who comes later is told first."""
        match event:
            case Stopped(stop, target):
                self._stops[target] = stop
            case BreakpointChanged(point, _, True):
                self._points.pop(point.id, None)
            case BreakpointChanged(point):
                self._points[point.id] = point
            case Traced():
                self._traced.take(event, heard=self._views.heard(event.target))
            case Started():
                self._traced.anew()
            case TargetExited(target):
                self._traced.ended(target.id)

    def tell(self, event: Event) -> None:
        """Tell all listeners, of something that is not the engine's."""
        if isinstance(event, Output):
            self._views.tell(event)
        else:
            self._views.tell_all(event)

    def serve(self, request: Request[Any], deliver: Deliver, view: View) -> None:
        """Serve one request of a client; the outcome comes at once, or with the next stop where it says ``wait``."""
        try:
            result = self._debugger.serve(request, view)
        except PydelveError as error:
            deliver(None, error)
        except Exception as error:  # noqa: BLE001  our own bug: it is told as one, and the engine goes on
            _log.exception("request failed")
            deliver(None, _internal(error))
        else:
            if getattr(request, "wait", False) and isinstance(result, State) and result.status == "running":
                self._waiting.append((view, deliver))
            else:
                deliver(result, None)
                if isinstance(request, Detach) and view.is_about_the_session:
                    self.on_left()

    def listen(self, view: View, *, greet: bool) -> None:
        """Tell a client of all events from now on; with ``greet``, first of how things are, as events."""
        if greet and view.target:
            for event in self._debugger.greeting_bound(view.target):
                view.tell(event)
            self._catch_up(view)
        elif greet:
            before, after = self._debugger.greeting()
            for event in before:
                view.tell(event)
            for point in self._points.values():  # the engine might have to ask the target, and wait
                view.tell(BreakpointChanged(point))
            self._catch_up(view)
            for event in after:
                if not isinstance(event, Stopped) or self._stops.get(event.target) is event.stop:
                    view.tell(event)
        self._views.add(view)

    def _catch_up(self, view: View) -> None:
        """Tell of traced calls that nobody has heard of, and what those to come refer to."""
        for event in self._traced.told(view.target):
            view.tell(event)
        if view.looks:
            self._read_by_all(*self._traced.heard(view.target))

    def leave(self, view: View) -> None:
        """Tell a client no more."""
        self._views.remove(view)
        self._debugger.left()

    # -- on any thread -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the target, or attach to it.

        Raises:
            TargetError: it can't be done.
        """

        def begin(deliver: Deliver) -> None:
            try:
                if self._output is not None:
                    self._output.begin(self._loop, self.tell)
                self._debugger.start()
            except PydelveError as error:
                deliver(None, error)
            except Exception as error:  # noqa: BLE001  as in serve
                _log.exception("start failed")
                deliver(None, _internal(error))
            else:
                deliver(None, None)

        self._ask(begin, urgent=False)

    def call(self, request: Request[Any], view: View) -> Any:
        """Send one request of a client and wait for its outcome.

        Raises:
            PydelveError: as the request says.
            TargetGoneError: the session is closed, or was while this waited.
        """
        return self._ask(lambda deliver: self.serve(request, deliver, view), urgent=request.URGENT)

    def check_target(self, number: int) -> None:
        """Can a client be about this target (``View.target``)?

        Raises:
            TargetStateError: there never was one of that number.
        """
        if number and not self._debugger.has_had(number):
            raise no_target(number)

    def post(self, job: Callable[[], None], *, urgent: bool) -> bool:
        """Have something run on the engine's thread, soon; False where the session has ended."""
        return self._loop.post(job, urgent)

    def close(self) -> None:
        """End the session: what was launched is killed, what was attached to let go. May be called twice."""
        with self._lock:
            first, self._closed = not self._closed, True

        def job() -> None:
            try:
                self._debugger.leave()
            finally:
                self._loop.end()

        if first:
            self._loop.post(job, urgent=True)
        self._thread.join()

    def _ask(self, serve: Callable[[Deliver], None], *, urgent: bool) -> Any:
        answer = _Answer()

        def deliver(result: Any, error: PydelveError | None) -> None:
            with self._lock:
                self._answers.discard(answer)
            answer.deliver(result, error)

        with self._lock:
            if self._closed:
                raise closed_error()
            self._answers.add(answer)
        if not self._loop.post(lambda: serve(deliver), urgent):
            with self._lock:
                self._answers.discard(answer)
            raise closed_error()
        answer.ready.wait()
        if answer.error is not None:
            raise answer.error
        return answer.result


def _internal(error: Exception) -> InternalError:
    return InternalError(f"{type(error).__name__}: {error}", why="this is a bug of pydelve")
