"""``jump``: from where the thread stands to another statement of the same code."""

from __future__ import annotations

from pydelve.api.breakpoints import Location
from pydelve.api.target import Frame, Stop
from pydelve.debugger.current import Current
from pydelve.errors import UnsupportedError
from pydelve.records import replace
from pydelve.target.interface import Process


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
