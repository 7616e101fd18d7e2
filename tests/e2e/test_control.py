"""Jumps, calls and signals where a transcript can't show them: halts, threads, what only some versions do."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pydelve.api.events import Notice
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    Call,
    CreateBreakpoint,
    Evaluate,
    GetState,
    GetThreads,
    Halt,
    Jump,
    Resume,
    SendSignal,
)
from pydelve.api.target import ExitStatus, Stop
from pydelve.errors import EvaluationError, LocationError, TargetStateError, UnsupportedError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter, find_interpreters

Marker = Callable[[Path | str], dict[str, int]]
PROGRAM = "control/waits.py"


@pytest.fixture
def path(program: Callable[[str], Path]) -> Path:
    return program(PROGRAM)


@pytest.fixture
def session(python: Interpreter, path: Path) -> Iterator[LiveSession]:
    options = LaunchOptions("script", str(path), python=python.path, cwd=str(path.parent))
    with LiveSession(options) as session:
        session.wait_stop()
        yield session


def to_line(session: LiveSession, path: Path, line: int) -> Stop:
    stop = session.resume(Resume("continue", location=f"{path.name}:{line}"))
    assert (stop.reason, stop.frames[0].line, stop.breakpoints) == ("location", line, ())
    return stop


class TestJump:
    def test_unbound_locals_are_told(
        self, session: LiveSession, path: Path, marker: Marker, python: Interpreter
    ) -> None:
        lines = marker(path)
        before = to_line(session, path, lines["late_if"])
        state = session.call(Jump(str(lines["late_return"])))
        stop = session.wait_stop()
        detail = ""
        if python.minor not in {"3.9", "3.10", "3.11"}:
            detail = "unset had no value yet, and is None now: Python does that"
        frame = replace(before.frames[0], line=lines["late_return"])
        assert stop == replace(before, reason="jump", frames=(frame, *before.frames[1:]), detail=detail)
        assert session.call(GetState()) == state
        assert state.stop == stop

    def test_the_line_jumped_to_runs_next_and_is_no_hit(self, session: LiveSession, path: Path, marker: Marker) -> None:
        lines = marker(path)
        to_line(session, path, lines["late_return"])
        session.call(CreateBreakpoint(f"{path.name}:{lines['late_start']}"))
        session.call(Jump(str(lines["late_start"])))
        session.wait_stop()
        stop = session.resume(Resume("step"))
        assert (stop.reason, stop.frames[0].line) == ("step", lines["late_if"])

    def test_from_a_woven_breakpoint(
        self, session: LiveSession, path: Path, marker: Marker, python: Interpreter
    ) -> None:
        """The thread arrives at its statement first, which from 3.11 on is no event that allows a jump."""
        lines = marker(path)
        session.call(CreateBreakpoint(f"{path.name}:{lines['late_return']}", condition="not flag"))
        assert session.resume().reason == "breakpoint"
        if python.minor not in {"3.9", "3.10"}:
            with pytest.raises(UnsupportedError) as refused:
                session.call(Jump(str(lines["late_start"])))
            assert refused.value.why.startswith("this breakpoint is woven into its line, and from 3.11 on")
            return
        assert session.call(Jump(str(lines["late_start"]))).status == "running"
        stop = session.wait_stop()
        assert (stop.reason, stop.frames[0].line) == ("jump", lines["late_start"])
        stop = session.resume(Resume("next"))
        assert (stop.reason, stop.frames[0].line) == ("step", lines["late_if"])
        stop = session.resume()
        assert (stop.reason, stop.breakpoints) == ("breakpoint", (1,))

    @pytest.mark.parametrize("minor", ["3.9", "3.10"])  # later ones refuse before the thread arrives
    def test_from_a_woven_breakpoint_to_where_it_can_not(self, minor: str, tmp_path: Path) -> None:
        python = find_interpreters().get(minor)
        if python is None:
            pytest.skip(f"no CPython {minor} found on this machine")
        script = tmp_path / "script.py"
        script.write_text("def add(items):\n    for item in items:\n        last = item\n    return last\nadd([1])\n")
        options = LaunchOptions("script", str(script), python=python.path, cwd=str(tmp_path))
        with LiveSession(options) as session:
            session.wait_stop()
            session.call(CreateBreakpoint("script.py:4", condition="last"))
            assert session.resume().reason == "breakpoint"
            assert session.call(Jump("3")).status == "running"
            stop = session.wait_stop()
            assert (stop.reason, stop.frames[0].line, stop.breakpoints) == ("still", 4, ())
            (notice,) = [event for event in session.events if isinstance(event, Notice)]
            assert notice.message == "can't jump to line 3"
            assert notice.why.startswith("can't jump into the body of a for ")  # loop, statement
            session.call(Resume("continue"))
            assert session.wait_exit().status == 0

    def test_only_where_a_line_begins(self, session: LiveSession, path: Path, marker: Marker) -> None:
        to_line(session, path, marker(path)["late_return"])
        session.resume(Resume("stepout"))
        with pytest.raises(UnsupportedError) as refused:
            session.call(Jump("+1"))
        assert str(refused.value).endswith(
            "(a jump begins at the start of a line, and this stop is in the middle of one)"
        )

    def test_not_in_a_halted_thread(self, session: LiveSession, path: Path, marker: Marker) -> None:
        lines = marker(path)
        to_line(session, path, lines["spin"])
        session.call(Resume("continue"))
        session.call(Halt())
        assert session.wait_stop().reason == "halt"
        with pytest.raises(UnsupportedError):
            session.call(Jump(str(lines["spin"])))
        with pytest.raises(LocationError):
            session.call(Jump("nosuch"))


class TestCall:
    def test_a_halt_in_it(self, session: LiveSession, path: Path, marker: Marker) -> None:
        lines = marker(path)
        before = to_line(session, path, lines["ready"])
        session.call(CreateBreakpoint("spin", temporary=True))
        session.call(Call("spin(box)"))
        assert session.wait_stop().reason == "breakpoint"
        session.call(Resume("continue"))
        session.call(Halt())
        halted = session.wait_stop()
        assert (halted.reason, halted.frames[0].function) == ("halt", "spin")
        assert [frame.function for frame in halted.frames[1:]] == ["<expression>", "<module>"]
        session.call(Evaluate("box.append(7)"))
        returned = session.resume()
        assert (returned.reason, returned.frames, returned.interrupted_step) == ("call", before.frames, False)
        assert returned.returned is not None
        assert (returned.returned.function, returned.returned.value.text) == ("spin(box)", "7")
        step = session.resume(Resume("next"))
        assert (step.reason, step.frames[0].line) == ("step", lines["ready"] + 1)

    def test_a_step_out_of_it(self, session: LiveSession, path: Path, marker: Marker) -> None:
        before = to_line(session, path, marker(path)["ready"])
        session.call(CreateBreakpoint("late", condition="flag == 3"))
        session.call(Call("late(3)"))
        assert session.wait_stop().reason == "breakpoint"
        stop = session.resume(Resume("stepout"))
        assert (stop.reason, stop.frames, stop.interrupted_step) == ("call", before.frames, False)

    def test_what_it_raises(self, session: LiveSession, path: Path, marker: Marker) -> None:
        to_line(session, path, marker(path)["ready"])
        session.call(Call("sys.exit(3)"))
        stop = session.wait_stop()
        assert stop.exception is not None
        assert (stop.reason, stop.exception.type, stop.exception.message) == ("call", "SystemExit", "3")
        session.call(Call("box.append(1)"))
        session.wait_stop()
        session.call(Resume("continue"))
        assert session.wait_exit() == ExitStatus("exited", 0)

    def test_not_from_a_halted_thread(self, session: LiveSession, path: Path, marker: Marker) -> None:
        to_line(session, path, marker(path)["spin"])
        session.call(Resume("continue"))
        session.call(Halt())
        session.wait_stop()
        with pytest.raises(TargetStateError):
            session.call(Call("late(1)"))
        session.resume(Resume("next"))
        with pytest.raises(EvaluationError):
            session.call(Call("late("))

    def test_other_threads_run_meanwhile(self, session: LiveSession, path: Path, marker: Marker) -> None:
        to_line(session, path, marker(path)["ready"])
        session.call(Call("threading.Thread(target=box.append, args=(1,), name='short').start() or spin(box)"))
        stop = session.wait_stop()
        assert stop.returned is not None
        assert stop.returned.value.text == "1"
        # the other one may not have quite ended yet
        assert len([thread for thread in session.call(GetThreads()) if thread.name != "short"]) == 2


class TestSignal:
    def test_a_running_program(self, session: LiveSession, path: Path, marker: Marker) -> None:
        to_line(session, path, marker(path)["spin"])
        session.call(Resume("continue"))
        session.call(SendSignal(signal.SIGTERM))
        assert session.wait_exit() == ExitStatus("killed", signal.SIGTERM, False)

    def test_what_its_handler_raises_is_the_programs(self, session: LiveSession, path: Path, marker: Marker) -> None:
        lines = marker(path)
        to_line(session, path, lines["late_if"])  # no other thread that could take it
        session.call(SendSignal(signal.SIGINT))
        stop = session.resume()
        assert stop.exception is not None
        assert (stop.reason, stop.exception.type) == ("exception", "KeyboardInterrupt")
        assert (stop.frames[0].function, stop.frames[0].line) == ("late", lines["late_if"])
