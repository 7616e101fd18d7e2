"""Breakpoints on exceptions: what stops, where, how often; and what is told of an exception. Nothing of it is run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import ExceptionFilter, HitCondition
from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    CreateExceptionBreakpoint,
    Evaluate,
    GetException,
    GetStack,
    GetVariables,
    ListBreakpoints,
    Resume,
)
from pydelve.api.target import Stop
from pydelve.errors import AgentError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import read_markers

Program = Callable[[str], Path]
IGNORED = ("StopIteration", "StopAsyncIteration", "GeneratorExit", "CancelledError")


@pytest.fixture
def session(python: Interpreter, program: Program, tmp_path: Path) -> Iterator[LiveSession]:
    script = program("exceptions.py")
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    options = LaunchOptions(kind="script", program=str(script), python=python.path, stdout_fd=output, stderr_fd=output)
    with LiveSession(options) as live:
        os.close(output)
        live.wait_stop()
        yield live


@pytest.fixture
def lines(marker: Callable[[Path | str], dict[str, int]], tmp_path: Path) -> dict[int, str]:
    return {line: name for name, line in marker(tmp_path / "exceptions.py").items()}


def to_the_end(session: LiveSession) -> list[Stop]:
    """Every stop until the program ends."""
    stops: list[Stop] = []
    while True:
        session.call(Resume("continue"))
        event = session.client.next_event(20)
        while event is not None and not isinstance(event, Stopped | Exited):
            event = session.client.next_event(20)
        if not isinstance(event, Stopped):
            assert event is not None and event.status.status == 0
            return stops
        stops.append(event.stop)


def told(stops: list[Stop], lines: dict[int, str]) -> list[str]:
    return [
        f"{stop.detail} {stop.exception.type if stop.exception else ''} {lines.get(frame.line, frame.function)}"
        for stop in stops
        for frame in [stop.frames[stop.frame]]
    ]


def test_each_raise_stops_once(
    session: LiveSession, lines: dict[int, str], tmp_path: Path, python: Interpreter
) -> None:
    point = session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "*", IGNORED)))
    # a condition that raises is the user's, and none of the program's raises; woven or not
    session.call(CreateBreakpoint("looked_at", condition="10 // value > 7"))
    stops = to_the_end(session)
    errors = [stop for stop in stops if stop.reason == "condition-error"]
    assert told([stop for stop in stops if stop.reason == "raised"], lines) == [
        "raised ValueError bottom",
        "raised ValueError bottom",
        "raised ValueError again",
        "raised KeyError generator",
        "raised LookupError hook",
        "raised json.decoder.JSONDecodeError library",
        "raised __main__.Odd odd",
        *(["raised ExceptionGroup group"] if python.version_info >= (3, 11) else []),
    ]
    assert [stop.detail.partition(":")[0] for stop in errors] == ["ZeroDivisionError"]
    assert {stop.breakpoints for stop in stops if stop.reason == "raised"} == {(point.id,)}
    assert (tmp_path / "output").read_text() == "done\n"


def test_classes_conditions_and_counts(session: LiveSession, lines: dict[int, str]) -> None:
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "LookupError")))
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "json.JSONDecodeError"), "exc.pos == 1"))
    counted = session.call(
        CreateExceptionBreakpoint(ExceptionFilter("raised", "builtins.ValueError"), hit_condition=HitCondition("==", 2))
    )
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "nowhere.ValueError")))
    off = session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "BaseException")))
    session.call(AmendBreakpoint(off.id, enabled=False))
    stops = to_the_end(session)
    assert told(stops, lines) == [
        "raised ValueError bottom",
        "raised KeyError generator",
        "raised LookupError hook",
        "raised json.decoder.JSONDecodeError library",
    ]
    assert [stop.breakpoints for stop in stops] == [(3,), (1,), (1,), (2,)]
    assert {point.id: point.hits for point in session.call(ListBreakpoints())} == {
        1: 2,
        2: 1,
        counted.id: 4,
        4: 0,
        5: 0,
    }


def test_it_leaves_the_users_code(session: LiveSession, lines: dict[int, str]) -> None:
    session.call(CreateExceptionBreakpoint(ExceptionFilter("user", "*", IGNORED)))
    stops = []
    session.call(Resume("continue"))
    stops.append(session.wait_stop())
    assert told(stops, lines) == ["user LookupError hook"]
    assert [(frame.function, frame.library) for frame in session.call(GetStack()).frames if not frame.library] == [
        ("hook", False), ("called_back", False), ("main", False), ("<module>", False),
    ]  # fmt: skip
    assert [(v.name, v.value.kind) for v in session.call(GetVariables("locals"))] == [("found", "dict")]
    assert session.call(Evaluate("str(exc), found")).value is not None
    stop = session.resume(Resume("next"))  # the frame is left: on in the nearest one that runs
    assert (stop.reason, stop.frames[0].function) == ("step", "called_back")
    session.call(ClearBreakpoint(1))
    assert to_the_end(session) == []


def test_what_is_told_of_it(session: LiveSession, lines: dict[int, str], tmp_path: Path, python: Interpreter) -> None:
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "Odd")))
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "ExceptionGroup")))
    stop = session.resume()
    found = session.call(GetException())
    assert [(each.info.type, each.info.message, each.how, each.stack) for each in found] == [
        ("__main__.Odd", "1, two, <list>", "", found[0].stack)
    ]
    assert (stop.exception, [lines[frame.line] for frame in found[0].frames]) == (found[0].info, ["odd"])
    assert [f.function for f in session.call(GetStack(thread=found[0].stack)).frames] == ["odd"]
    if python.version_info >= (3, 11):
        session.resume()
        found = session.call(GetException())
        assert [(e.info.type, e.info.message, e.info.notes, e.how, e.parent) for e in found] == [
            ("ExceptionGroup", "outer (2 sub-exceptions)", (), "", -1),
            ("ValueError", "one", ("a note",), "member", 0),
            ("ExceptionGroup", "inner (1 sub-exception)", (), "member", 0),
            ("KeyError", "'two'", (), "member", 2),
        ]
    to_the_end(session)
    assert (tmp_path / "output").read_text() == "done\n"


def test_all_those_of_libraries(session: LiveSession, lines: dict[int, str]) -> None:
    session.call(CreateExceptionBreakpoint(ExceptionFilter("raised", "json.JSONDecodeError", libraries=True)))
    session.call(
        CreateExceptionBreakpoint(ExceptionFilter("raised", "StopIteration", libraries=True), "exc.value == 1")
    )
    assert told(to_the_end(session), lines) == [
        "raised StopIteration JSONDecoder.raw_decode",
        "raised json.decoder.JSONDecodeError JSONDecoder.raw_decode",
    ]


def test_where_nobody_will_catch_it(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """Stops at the raise, with nothing done: by what handlers, threads and awaiting tasks will do."""
    script = program("at_raise.py")
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    options = LaunchOptions(kind="script", program=str(script), python=python.path, stdout_fd=output)
    with LiveSession(options) as session:
        os.close(output)
        session.wait_stop()
        wanted = ExceptionFilter("uncaught", "*", IGNORED, at_raise=True)
        if python.version_info < (3, 11):
            with pytest.raises(AgentError, match="-at-raise needs CPython"):
                session.call(CreateExceptionBreakpoint(wanted))
            return
        session.call(CreateExceptionBreakpoint(wanted))
        later = ExceptionFilter("uncaught", "*", IGNORED, at_raise=True, unknown="later")
        session.call(CreateExceptionBreakpoint(later))
        stops, written = [], []
        while True:
            session.call(Resume("continue"))
            event = session.client.next_event(20)
            while event is not None and not isinstance(event, Stopped | Exited):
                event = session.client.next_event(20)
            if not isinstance(event, Stopped):
                break
            stops.append(event.stop)
            written.append((tmp_path / "output").read_text().split("\n")[:-1])
    lines = read_markers(script)
    assert [
        (stop.reason, stop.detail, stop.exception.type, stop.breakpoints, stop.frames[0].line == lines["boom"])
        for stop in stops
        if stop.exception is not None
    ] == [
        ("raised", "unknown", "KeyError", (1,), True),
        ("raised", "uncaught", "ValueError", (1, 2), True),
        ("raised", "uncaught", "ValueError", (1, 2), True),
    ]
    assert written == [[], [], ["finally thread", "finally leaf"]]
    assert (tmp_path / "output").read_text() == "finally thread\nfinally leaf\nfinally leaf\n"
