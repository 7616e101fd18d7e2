"""``jump``: from where the thread stands to another statement of the same code. For ``engine``, on its thread."""

from __future__ import annotations

from collections.abc import Callable

from pydelve.api import requests
from pydelve.api.breakpoints import Location
from pydelve.api.events import Event, Notice, Stopped
from pydelve.api.target import Frame, State, Stop
from pydelve.debugger.current import Current
from pydelve.debugger.plans import plan_for
from pydelve.errors import PydelveError, UnsupportedError
from pydelve.records import replace
from pydelve.target.interface import Plan, Process


class Jumping:
    """One per engine."""

    def __init__(self, current: Current, emit: Callable[[Event], None], run: Callable[[Process, Plan], None]) -> None:
        """None is under way. ``run`` has the target go on."""
        self._current, self._emit, self._run = current, emit, run
        self._to = ""
        """Where to, once the thread has left the check that it stands in."""

    def begin(self, request: requests.Jump) -> State:
        """Jump, or go on to where that can be done; raises as ``jumped``."""
        process = self._current.stopped()
        stop = jumped(request.location, self._current, process)
        if stop is None:
            plan = plan_for(requests.Resume("next"), self._current)
            self._run(process, replace(plan, how="arrive"))
            self._to = request.location
            return self._current.state
        self._current.state = State("stopped", process.info, stop)
        self._emit(Stopped(stop))
        return self._current.state

    def goes_on(self, stop: Stop, process: Process) -> Stop:
        """The thread that is to jump, if one is, has arrived at its statement, or something else came first: the stop
        as it is then, which is the state, too.
        """
        to, self._to = self._to, ""
        if to:
            try:
                stop = (jumped(to, self._current, process) if stop.reason == "step" else None) or stop
            except PydelveError as error:
                self._emit(Notice(error.message, error.why, error.hint))
                stop = replace(stop, reason="still")
            self._current.state = State("stopped", process.info, stop)
        return stop

    def over(self) -> None:
        """It is another process: none is under way any more."""
        self._to = ""


def jumped(text: str, current: Current, process: Process) -> Stop | None:
    """Jump in the innermost frame of the thread that stopped; gives the stop as it is now. None where that is in the
    woven check of a breakpoint: a jump can begin when the thread has arrived at the statement.

    Raises:
        LocationError: there is no such place.
        UnsupportedError: it is in other code, or Python does not go there.
    """
    stop = current.state.stop
    if stop is None or not stop.frames:
        raise UnsupportedError("there is no frame to jump in", why="the thread that stopped runs no Python code")
    frame = stop.frames[0]
    found = current.files.resolve(text, frame.file, frame.line, process)[0]
    if not _is_in(found, frame):
        raise UnsupportedError(
            f"can't jump to {text}: it is not in {frame.function}",
            why="a jump stays in the code of the frame where the thread stands",
            hint=f"continue {text}",
        )
    to = process.jump(found.unit.line)
    if not to.line:
        return None
    detail = ""
    if to.none:
        names = ", ".join(to.none)
        detail = f"{names} had no value yet, and {'is' if len(to.none) == 1 else 'are'} None now: Python does that"
    return Stop("jump", stop.thread, stop.thread_name, (replace(frame, line=to.line), *stop.frames[1:]), detail=detail)


def _is_in(place: Location, frame: Frame) -> bool:
    unit = place.unit
    if place.file != frame.file or unit.scope_name != frame.function.rpartition(".")[2]:
        return False
    return unit.scope_line == frame.first_line or unit.scope_name == "<module>"
