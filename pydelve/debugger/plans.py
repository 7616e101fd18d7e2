"""How a stopped target is to run on: as it is asked for, and as the target is told. Asks the target for its frames."""

from __future__ import annotations

from pydelve.api import requests
from pydelve.debugger.current import Current
from pydelve.target import Plan


def plan_for(request: requests.Resume, current: Current) -> Plan:
    """The plan of a request: the frame that a step is about, its units, the line it is to reach.

    Raises:
        TargetStateError: the thread is not there any more.
    """
    ident = current.ident(request.thread)
    if request.how == "continue":
        return Plan("continue", ident, request.frame)
    frame = current.stepped_frame(request.thread, request.frame)
    index = frame.index if frame is not None else request.frame
    units = current.files.units_of(frame) if frame is not None and request.how != "stepout" else None
    line = request.line
    if request.how == "until" and not line and frame is not None:
        line = frame.line + 1
    return Plan(request.how, ident, index, request.into_libraries, units, line)
