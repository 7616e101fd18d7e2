"""Stops that no event of the interpreter's has called, while events are on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydelve.api.breakpoints import ExceptionFilter
from pydelve.api.requests import CreateExceptionBreakpoint, Evaluate, GetVariables
from tests.e2e.live import LiveSession
from tests.e2e.test_no_harm import debugged, finish
from tests.interpreters import Interpreter

Program = Callable[[str], Path]


def evaluated(session: LiveSession, expression: str) -> str:
    value = session.call(Evaluate(expression)).value
    return value.text if value is not None else ""


def test_an_uncaught_exception_while_exceptions_are_watched(python: Interpreter, program: Program) -> None:
    script = program("no_harm/outside.py")
    with debugged(script, "fails", python=python) as session:
        session.call(CreateExceptionBreakpoint(ExceptionFilter(when="raised", pattern="KeyError")))
        stop = session.resume()
        for number in range(10):
            assert evaluated(session, f"{number} + 1") == str(number + 1)
            assert session.call(GetVariables()) == ()
        status = finish(session)
    assert (stop.reason, stop.frames[0].function, status.status) == ("exception", "fails", 1)


def test_a_breakpoint_call_in_a_trace_function(python: Interpreter, program: Program) -> None:
    script = program("no_harm/outside.py")
    with debugged(script, "trace", python=python) as session:
        stop = session.resume()
        assert (stop.reason, stop.frames[0].function) == ("breakpoint-call", "trace")
        assert evaluated(session, "event") == "call"
        status = finish(session)
    assert (status.status, (script.parent / "out").read_text()) == (0, "traced\n")
