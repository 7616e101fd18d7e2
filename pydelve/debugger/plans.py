"""How a stopped target is to run on: as it is asked for, and as the target is told. Asks the target for its frames."""

from __future__ import annotations

import ast

from pydelve.api import requests
from pydelve.api.target import Stop
from pydelve.debugger.current import Current
from pydelve.errors import EvaluationError, LocationError, TargetStateError
from pydelve.target.interface import Plan


def plan_for(request: requests.Resume, current: Current) -> Plan:
    """The plan of a request: the frame that a step is about, its units, the line or the function it is to reach.

    Raises:
        LocationError: there is no such function.
        TargetStateError: the task that is to go on is done.
    """
    ident = current.ident(request.thread)
    stop = current.state.stop
    if stop is not None and stop.others_run:
        _check_stands(request, stop, current)
    elif request.alone:
        _check_alone(request, current)
    if request.how == "continue":
        return Plan("continue", ident, request.frame, alone=request.alone)
    frame = current.stepped_frame(request.thread, request.frame)
    if frame is None and request.thread < 0:
        raise TargetStateError("there is nothing to step in", why="the task is done", hint="tasks")
    index = frame.index if frame is not None else request.frame
    units = current.files.units_of(frame) if frame is not None and request.how != "stepout" else None
    line = request.line
    if request.how == "until" and not line and frame is not None:
        line = frame.line + 1
    goal = _goal(request.function, current) if request.function else None
    return Plan(
        request.how, ident, index, request.into_libraries, units, line, goal, skip=request.skip, alone=request.alone
    )


def _check_stands(request: requests.Resume, stop: Stop, current: Current) -> None:
    """Where only one thread stops: is this one that did?

    Raises:
        TargetStateError: it runs.
    """
    if request.thread <= 0 or request.thread == stop.thread:
        return
    ident = current.ident(request.thread)
    stances = {report.ident: report.stance for report in current.stopped().threads()}
    if stances.get(ident) != "queued":
        raise TargetStateError(
            f"thread {request.thread} runs already",
            why="a stop stops one thread only (config stop one), and this one has not stopped",
            hint="threads",
        )


def _check_alone(request: requests.Resume, current: Current) -> None:
    """Refuse what could only hang: the others stand still.

    Raises:
        TargetStateError: the thread waits for another one, or it is a task that is meant.
    """
    if request.thread < 0:
        raise TargetStateError(
            "a task can't go on alone",
            why="its thread runs the other tasks of its loop",
            hint=f"task {-request.thread}",
        )
    stop = current.state.stop
    number = request.thread or (stop.thread if stop is not None else 0)
    ident = current.ident(number)
    lock = next((report.lock for report in current.stopped().threads() if report.ident == ident), None)
    if lock is not None:
        what = "the end of a thread" if lock.kind == "thread" else f"a {lock.kind}"
        raise TargetStateError(
            f"thread {number} can't go on alone",
            why=f"it waits for {what}, which takes the others",
            hint=f"thread {number}, and then {request.how}: that lets all go on",
        )


def _goal(function: str, current: Current) -> tuple[str, str, int]:
    """The function to step into; where several have the name, whichever is called.

    Raises:
        LocationError: there is none.
    """
    try:
        found = current.files.resolve(function, "", 0, current.armable())
    except LocationError as error:
        if not error.candidates:
            raise
        return function.rpartition(":")[2], "", 0
    unit = found[0].unit
    return unit.scope, found[0].file, unit.scope_line


def plan_for_call(request: requests.Call, current: Current) -> Plan:
    """The plan of a call.

    Raises:
        EvaluationError: it is no expression; newer syntax than our own Python's is refused too.
        TargetStateError: the thread that stopped can't call anything.
    """
    stop = current.state.stop
    if stop is not None and stop.reason == "halt":
        raise TargetStateError(
            "call needs a thread that stopped by itself",
            why="this one was halted wherever it was, and can't call anything from there",
            hint=f"next, and then call; or print {request.text}",
        )
    try:
        ast.parse(request.text.strip(), "<call>", mode="eval")
    except (SyntaxError, ValueError) as error:
        raise EvaluationError(
            f"{request.text!r} is not a Python expression",
            why=str(error.args[0] if error.args else error),
            hint="call deposit(3)",
        ) from error
    return Plan("call", frame=request.frame, text=request.text)
