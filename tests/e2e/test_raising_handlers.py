"""Signal handlers that raise, or stop, around stops: what they raise waits, and every stop is told and goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.events import Exited, Started, Stopped
from pydelve.api.requests import CreateBreakpoint, Evaluate, GetState, GetVariables, Resume
from tests.e2e.live import LiveSession
from tests.e2e.test_no_harm import debugged, finish
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

_LIMIT_S = 20.0


def evaluated(session: LiveSession, expression: str) -> str:
    value = session.call(Evaluate(expression)).value
    return value.text if value is not None else ""


@pytest.mark.parametrize("threads", ["alone", "threads"])
@pytest.mark.parametrize(
    ("numbers", "raised"),
    [
        ([signal.SIGINT], "KeyboardInterrupt"),
        ([signal.SIGUSR1], "Told"),
        ([signal.SIGINT, signal.SIGUSR1], "Told"),
    ],
)
def test_an_evaluation_does_not_end_the_stop(
    python: Interpreter, program: Program, marker: Marker, threads: str, numbers: list[signal.Signals], raised: str
) -> None:
    script = program("no_harm/raising.py")
    with debugged(script, threads, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        stop = session.resume()
        pid = next(event.target.pid for event in session.events if isinstance(event, Started))
        for number in numbers:
            os.kill(pid, number)
        assert [evaluated(session, "value + 41") for _ in range(3)] == ["42"] * 3
        assert session.call(GetState()).status == "stopped"
        assert [entry.name for entry in session.call(GetVariables())] == ["value"]
        status = finish(session)
    assert (stop.reason, status.status, (script.parent / "out").read_text()) == ("breakpoint", 0, raised + "\n")


def test_no_stop_is_lost_where_handlers_raise(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("no_harm/raising.py")
    stops: list[tuple[str, str]] = []
    with debugged(script, "threads", "storm", python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        session.call(Resume("continue"))
        while not isinstance(event := session.client.next_event(_LIMIT_S), Exited):
            assert event is not None, stops
            if isinstance(event, Stopped):
                stops.append((event.stop.reason, event.stop.frames[0].function))
                session.call(GetVariables())
                session.call(Resume("continue"))
    assert (event.status.status, (script.parent / "out").read_text()) == (0, "caught 60\n")
    assert set(stops) == {("breakpoint", "once")}


def test_handlers_that_stop_by_themselves(python: Interpreter, program: Program) -> None:
    script = program("no_harm/nested.py")
    reasons: list[tuple[str, str]] = []
    with debugged(script, python=python) as session:
        session.call(Resume("continue"))
        while not isinstance(event := session.client.next_event(_LIMIT_S), Exited):
            assert event is not None, reasons
            if isinstance(event, Stopped):
                reasons.append((event.stop.reason, event.stop.frames[0].function))
                session.call(Resume("continue"))
    assert (event.status.status, (script.parent / "out").read_text()) == (0, "rounds 60\n")
    assert [reasons.count(("breakpoint-call", name)) for name in ("<module>", "ring")] == [60, 60]
