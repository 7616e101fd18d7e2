"""Stopping is stopping: while one thread is stopped no other runs Python, and afterwards all do (PITFALLS 1, 2, 7, 19).

The programs count in a file that they map into memory, so the counters are read here without asking anybody.
"""

from __future__ import annotations

import mmap
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    ClearBreakpoint,
    CreateBreakpoint,
    Evaluate,
    Expand,
    FreezeThread,
    GetStack,
    GetThreads,
    GetVariables,
    Halt,
    Resume,
)
from pydelve.api.target import Stop
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

_WAYS = 7
_MOVE_LIMIT_S = 20.0


class Counters:
    """The counters of ``spinners.py``: the main thread's, then one of each other thread."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(4096))
        self.path = path
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 4096)
        self._words = memoryview(self._map).cast("Q")

    def read(self) -> list[int]:
        return list(self._words[: _WAYS + 1])

    def end_program(self) -> None:
        self._words[511] = 1

    def wait_until_all_move(self, except_for: Collection[int] = ()) -> None:
        """Every thread but the main one makes progress, each within the limit."""
        before = self.read()
        deadline = time.monotonic() + _MOVE_LIMIT_S
        moving = set(range(1, _WAYS + 1)).difference(except_for)
        while still := [way for way in moving if self.read()[way] == before[way]]:
            assert time.monotonic() < deadline, f"threads {still} stand still after {_MOVE_LIMIT_S} s"

    def close(self) -> None:
        self._words.release()
        self._map.close()


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    opened = Counters(tmp_path / "counters")
    yield opened
    opened.close()


@pytest.fixture
def spinners(
    python: Interpreter, program: Program, counters: Counters, tmp_path: Path
) -> Iterator[Callable[[int], LiveSession]]:
    sessions: list[LiveSession] = []

    def start(rounds: int) -> LiveSession:
        script = program("spinners.py")
        output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        session = LiveSession(
            LaunchOptions(
                kind="script",
                program=str(script),
                arguments=(str(counters.path), str(rounds)),
                python=python.path,
                stdout_fd=output,
            )
        )
        os.close(output)
        sessions.append(session)
        assert session.wait_stop().reason == "entry"
        return session

    yield start
    for session in sessions:
        session.__exit__(None, None, None)


def look_around(session: LiveSession, times: int) -> None:
    """``times`` requests of every kind that looks and does not run."""
    for number in range(times // 4):
        frames = session.call(GetStack()).frames
        own = next(frame.index for frame in frames if not frame.library)
        variables = session.call(GetVariables("globals", frame=own))
        opened = next(entry.value for entry in variables if entry.name == "WAYS")
        assert session.call(Expand(opened.handle)).length == _WAYS
        threads = session.call(GetThreads())
        assert len(threads) == _WAYS + 1
        session.call(GetStack(thread=threads[number % len(threads)].id))


def test_nothing_moves_while_stopped_at_a_breakpoint(
    spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path, marker: Marker
) -> None:
    session = spinners(3)
    script = tmp_path / "spinners.py"
    session.call(CreateBreakpoint(f"{script}:{marker(script)['round']}"))
    for number in range(3):
        stop = session.resume()
        before = counters.read()
        assert (stop.reason, before[0]) == ("breakpoint", number)
        look_around(session, 200)
        assert counters.read() == before
        if number == 2:
            session.call(ClearBreakpoint(1))
            assert counters.read() == before
    session.call(Resume("continue"))
    counters.wait_until_all_move()
    counters.end_program()
    assert session.wait_exit().status == 0
    assert (tmp_path / "output").read_text() == "done 3\n"


def test_nothing_moves_while_halted(spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path) -> None:
    session = spinners(0)
    session.call(Resume("continue"))
    for _ in range(3):
        counters.wait_until_all_move()
        session.call(Halt())
        stop = session.wait_stop()
        before = counters.read()
        assert (stop.reason, stop.thread) == ("halt", 1)
        look_around(session, 80)
        assert counters.read() == before
        session.call(Resume("continue"))
    counters.wait_until_all_move()
    counters.end_program()
    assert session.wait_exit().status == 0


def test_nothing_moves_after_each_step(
    spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path, marker: Marker
) -> None:
    session = spinners(2)
    script = tmp_path / "spinners.py"
    lines = marker(script)
    session.call(CreateBreakpoint(f"{script}:{lines['call']}"))
    reached = []
    stop = session.resume()
    for how in ("step", "next", "next", "next", "next", "next"):
        before = counters.read()
        look_around(session, 20)
        assert counters.read() == before
        stop = session.resume(Resume(how))
        reached.append((stop.reason, stop.thread))
    assert reached == [("step", 1)] * 6
    session.call(ClearBreakpoint(1))
    session.call(Resume("continue"))
    counters.wait_until_all_move()
    counters.end_program()
    assert session.wait_exit().status == 0


def test_one_thread_moves_alone(
    spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path, marker: Marker
) -> None:
    """Steps of one thread, while no other does anything; then threads that stay when the program goes on."""
    session = spinners(3)
    script = tmp_path / "spinners.py"
    session.call(CreateBreakpoint(f"{script}:{marker(script)['round']}"))
    session.resume()
    before = counters.read()
    for how, lines in (("next", 3), ("continue", 1), ("stepout", 1), ("continue", 1)):
        for _ in range(lines):
            stop = session.resume(Resume(how, thread=1, alone=True))  # type: ignore[arg-type]
            assert (stop.thread, stop.reason) == (1, "breakpoint" if how == "continue" else "step")
            look_around(session, 8)
            assert counters.read()[1:] == before[1:]
    assert counters.read()[0] == 2
    session.call(ClearBreakpoint(1))
    threads = {thread.name: thread for thread in session.call(GetThreads())}
    for name in ("library", "sleeper"):
        session.call(FreezeThread(threads[name].id))
    kept = {thread.name: thread.state for thread in session.call(GetThreads()) if thread.kept}
    assert kept == {"library": "frozen", "sleeper": "frozen"}
    ways = {3, 6}
    for thawed in (set[int](), {6}, {3, 6}):
        if thawed:
            session.call(FreezeThread(threads["sleeper" if thawed == {6} else "library"].id, frozen=False))
        before = counters.read()
        session.call(Resume("continue"))
        counters.wait_until_all_move(except_for=ways - thawed)
        session.call(Halt())
        assert session.wait_stop().reason == "halt"
        after = counters.read()
        assert [after[way] - before[way] for way in ways - thawed] == [0] * len(ways - thawed)
    counters.end_program()
    session.call(Resume("continue"))
    assert session.wait_exit().status == 0


def test_threads_move_during_an_evaluation_only(
    spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path, marker: Marker
) -> None:
    session = spinners(1)
    script = tmp_path / "spinners.py"
    session.call(CreateBreakpoint(f"{script}:{marker(script)['round']}"))
    session.resume()
    for _ in range(5):
        before = counters.read()
        done = session.call(Evaluate("(time.sleep(0.05), sum(range(100000)))[1]"))
        after = counters.read()
        assert done.others_ran
        assert done.value is not None and done.value.text == "4999950000"
        assert sum(after) > sum(before)
        look_around(session, 40)
        assert counters.read() == after
    counters.end_program()
    session.call(Resume("continue"))
    assert session.wait_exit().status == 0


def test_the_switch_interval_is_the_programs_own(
    spinners: Callable[[int], LiveSession], counters: Counters, tmp_path: Path, marker: Marker
) -> None:
    session = spinners(2)
    script = tmp_path / "spinners.py"
    session.call(CreateBreakpoint(f"{script}:{marker(script)['round']}"))
    session.resume()
    assert _text(session, "sys.getswitchinterval()") == "0.005"
    session.call(Evaluate("sys.setswitchinterval(0.0123)", statements=True))
    before = counters.read()
    look_around(session, 40)
    assert counters.read() == before
    assert _text(session, "sys.getswitchinterval()") == "0.0123"
    session.resume()
    assert _text(session, "sys.getswitchinterval()") == "0.0123"
    counters.end_program()
    session.call(Resume("continue"))
    assert session.wait_exit().status == 0


def _text(session: LiveSession, expression: str) -> str:
    value = session.call(Evaluate(expression)).value
    assert value is not None
    return value.text


def test_threads_that_arrive_together_are_each_reported(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path
) -> None:
    rounds = 6
    script = program("two_breakpoints.py")
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    options = LaunchOptions(
        kind="script", program=str(script), arguments=(str(rounds),), python=python.path, stdout_fd=output
    )
    with LiveSession(options) as session:
        os.close(output)
        session.wait_stop()
        session.call(CreateBreakpoint(f"{script}:{marker(script)['hit']}"))
        seen: Counter[tuple[str, str]] = Counter()
        for _ in range(4 * rounds):
            stop: Stop = session.resume()
            assert stop.reason == "breakpoint"
            values = {entry.name: entry.value.text for entry in session.call(GetVariables())}
            seen[values["name"], values["number"]] += 1
        assert seen == {(name, str(number)): 1 for name in "abcd" for number in range(rounds)}
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    lines = (tmp_path / "output").read_text().splitlines()
    assert sorted(lines) == sorted([f"{name} {number}" for name in "abcd" for number in range(rounds)] + ["done"])
    assert lines[-1] == "done"


def test_a_halt_shows_frames_that_still_run(python: Interpreter, program: Program) -> None:
    """The thread that is shown runs until the one that halts it waits for the debugger."""
    script = program("control/calling.py")
    with LiveSession(LaunchOptions(kind="script", program=str(script), python=python.path)) as session:
        session.wait_stop()
        shown = []
        for _ in range(30):
            session.call(Resume("continue"))
            session.call(Halt())
            if session.wait_stop().frames[0].function in ("first", "second"):
                arguments = {entry.name: entry.value.text for entry in session.call(GetVariables("arguments"))}
                names = {entry.name: entry.value.text for entry in session.call(GetVariables("globals"))}
                shown.append((arguments["number"], names["current"]))
        assert [entry for entry in shown if entry[0] != entry[1]] == []
