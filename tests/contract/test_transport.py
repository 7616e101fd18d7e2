"""The contract of ``pydelve.client.Transport``, for each implementation. One target version: what lies behind is tested
elsewhere.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pydelve.api.events import BreakpointChanged, Continued, Event, Exited, Started, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    Evaluate,
    GetStack,
    GetState,
    GetThreads,
    Halt,
    Interrupt,
    ListBreakpoints,
    Restart,
    Resume,
)
from pydelve.client import Transport
from pydelve.errors import (
    EvaluationError,
    EvaluationInterrupted,
    LocationError,
    TargetError,
    TargetGoneError,
    TargetStateError,
)
from pydelve.server.pipe import open_session
from tests.serving import serve_and_connect

TRANSPORTS: dict[str, Callable[[LaunchOptions], Transport]] = {"pipe": open_session, "socket": serve_and_connect}
LIMIT_S = 20.0
PROGRAM = """\
import sys
def work(number):
    return number + 1
for number in range(3):
    work(number)
sys.stdin.read()
"""


@pytest.fixture(params=sorted(TRANSPORTS))
def opener(request: pytest.FixtureRequest) -> Callable[[LaunchOptions], Transport]:
    return TRANSPORTS[request.param]


@pytest.fixture
def options(tmp_path: Path) -> Iterator[LaunchOptions]:
    """A program that runs on until its standard input, a pipe of ours, is closed."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    stdin, ours = os.pipe2(os.O_CLOEXEC)
    nowhere = os.open(tmp_path / "output", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    yield LaunchOptions("script", str(path), cwd=str(tmp_path), stdin_fd=stdin, stdout_fd=nowhere)
    for fd in (stdin, ours, nowhere):
        os.close(fd)


@pytest.fixture
def transport(opener: Callable[[LaunchOptions], Transport], options: LaunchOptions) -> Iterator[Transport]:
    """A session at its first stop."""
    made = opener(options)
    try:
        assert [type(event) for event in take(made, 2)] == [Started, Stopped]
        yield made
    finally:
        made.close()


def take(transport: Transport, count: int) -> list[Event]:
    events = [transport.next_event(LIMIT_S) for _ in range(count)]
    assert None not in events
    return [event for event in events if event is not None]


def readable(transport: Transport) -> bool:
    return bool(select.select([transport.event_fd()], [], [], 0)[0])


class TestEvents:
    def test_the_descriptor_is_readable_exactly_while_events_wait(self, transport: Transport) -> None:
        assert not readable(transport)
        assert transport.next_event(0) is None
        for _ in range(3):
            transport.call(CreateBreakpoint("work"))
        for _ in range(3):
            assert readable(transport)
            assert isinstance(transport.next_event(0), BreakpointChanged)
        assert not readable(transport)
        assert transport.next_event(0) is None

    def test_a_stop_comes_before_the_replies_that_depend_on_it(self, transport: Transport) -> None:
        transport.call(CreateBreakpoint("work"))
        take(transport, 1)
        for _ in range(3):
            transport.call(Resume("continue"))
            while transport.call(GetState()).status != "stopped":
                pass
            continued, stopped = transport.next_event(0), transport.next_event(0)
            assert isinstance(continued, Continued) and isinstance(stopped, Stopped)
            assert transport.call(GetState()).stop == stopped.stop

    def test_the_end_comes_before_the_replies_that_depend_on_it(self, transport: Transport) -> None:
        with pytest.raises(TargetGoneError):
            transport.call(Evaluate("__import__('os')._exit(3)"))
        while transport.call(GetState()).status != "ended":
            pass
        exited = transport.next_event(0)
        assert isinstance(exited, Exited) and exited.status == transport.call(GetState()).exit
        with pytest.raises(TargetStateError, match=r"^the program has ended$"):
            transport.call(GetStack())


class TestUrgent:
    def test_others_are_answered_while_one_waits(self, transport: Transport, tmp_path: Path) -> None:
        """State and halt are answered at once during an evaluation, an interrupt ends it, the rest waits."""
        with ThreadPoolExecutor(2) as pool:
            loops = pool.submit(
                transport.call,
                Evaluate("print('here', flush=True)\nwhile True: pass", statements=True, timeout_s=LIMIT_S),
            )
            while not (tmp_path / "output").read_text():
                assert not loops.done()
            waits = pool.submit(transport.call, GetThreads())
            assert transport.call(GetState()).status == "evaluating"
            assert transport.call(Halt()).status == "evaluating"
            assert not loops.done() and not waits.done()
            transport.call(Interrupt())
            with pytest.raises(EvaluationInterrupted) as caught:
                loops.result(LIMIT_S)
            assert caught.value.why == "by you"
            assert [thread.name for thread in waits.result(LIMIT_S)] == ["MainThread"]
        assert transport.call(GetState()).status == "stopped"
        assert transport.next_event(0) is None

    @pytest.mark.parametrize("kill", [True, False])
    def test_leaving_while_one_waits(self, transport: Transport, tmp_path: Path, kill: bool) -> None:
        with ThreadPoolExecutor(1) as pool:
            loops = pool.submit(
                transport.call,
                Evaluate("print('here', flush=True)\nwhile True: pass", statements=True, timeout_s=LIMIT_S),
            )
            while not (tmp_path / "output").read_text():
                assert not loops.done()
            transport.call(Detach(kill=kill))
            with pytest.raises(TargetGoneError):
                loops.result(LIMIT_S)
        assert transport.call(GetState()).status == ("ended" if kill else "detached")

    def test_a_halt_of_a_running_program(self, transport: Transport) -> None:
        transport.call(Resume("continue"))
        assert transport.call(Halt()).status in ("running", "stopped")
        continued, stopped = take(transport, 2)
        assert isinstance(continued, Continued) and isinstance(stopped, Stopped)
        assert stopped.stop.reason == "halt"


class TestErrors:
    def test_each_has_its_type(self, transport: Transport) -> None:
        with pytest.raises(LocationError):
            transport.call(CreateBreakpoint("nowhere"))
        with pytest.raises(LocationError):
            transport.call(ClearBreakpoint(7))
        with pytest.raises(EvaluationError) as caught:
            transport.call(Evaluate("1 // 0"))
        assert caught.value.traceback
        transport.call(Resume("continue"))
        with pytest.raises(TargetStateError, match=r"^the program is running \(this needs a stopped one\)$"):
            transport.call(GetStack())
        assert transport.call(GetState()).status == "running"

    def test_many_threads_at_once(self, transport: Transport) -> None:
        numbers = range(60)
        with ThreadPoolExecutor(12) as pool:
            evaluated = pool.map(lambda number: transport.call(Evaluate(f"{number} * 2")), numbers)
            states = pool.map(lambda _: transport.call(GetState()).status, numbers)
            created = pool.map(lambda _: transport.call(CreateBreakpoint("work")).id, range(10))
            values = [done.value.text for done in evaluated if done.value is not None]
        assert values == [str(number * 2) for number in numbers]
        assert set(states) <= {"stopped", "evaluating"}
        assert sorted(created) == list(range(1, 11))
        assert [point.id for point in transport.call(ListBreakpoints())] == list(range(1, 11))


class TestClosing:
    def test_twice_and_calls_after_it(self, transport: Transport) -> None:
        target = transport.call(GetState()).target
        assert target is not None
        transport.close()
        transport.close()
        with pytest.raises(ProcessLookupError):  # what was launched is killed
            os.kill(target.pid, 0)
        for refused in (
            lambda: transport.call(GetState()),
            lambda: transport.call(Evaluate("1")),
            lambda: transport.next_event(0),
        ):
            with pytest.raises(TargetGoneError, match=r"^the session is closed$"):
                refused()

    def test_whoever_waits_is_answered(self, transport: Transport, tmp_path: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            loops = pool.submit(
                transport.call,
                Evaluate("print('here', flush=True)\nwhile True: pass", statements=True, timeout_s=LIMIT_S),
            )
            while not (tmp_path / "output").read_text():
                assert not loops.done()
            waits = pool.submit(transport.call, GetThreads())
            hears = pool.submit(transport.next_event, LIMIT_S)
            transport.close()
            for waiting in (loops, waits, hears):
                with pytest.raises(TargetGoneError):
                    waiting.result(LIMIT_S)

    def test_after_detaching_the_program_runs_on(self, transport: Transport) -> None:
        target = transport.call(GetState()).target
        assert target is not None
        transport.call(Detach())
        assert transport.call(GetState()).status == "detached"
        with pytest.raises(TargetStateError, match=r"^the program runs on without pydelve \(it was detached\)$"):
            transport.call(GetStack())
        transport.close()
        os.kill(target.pid, 0)


class TestNothingIsLeft:
    def test_by_a_session_that_could_not_start(
        self, opener: Callable[[LaunchOptions], Transport], tmp_path: Path
    ) -> None:
        before = ours()
        for wrong in (
            LaunchOptions("script", "a.py", cwd=str(tmp_path / "nowhere")),
            LaunchOptions("script", "a.py", python=str(tmp_path / "nothing")),
            LaunchOptions("script", "a.py", arguments=("\0",)),
        ):
            with pytest.raises(TargetError):
                opener(wrong)
            assert ours() == before

    def test_by_a_session_and_its_restarts(
        self, opener: Callable[[LaunchOptions], Transport], options: LaunchOptions
    ) -> None:
        before = ours()
        transport = opener(options)
        during: list[tuple[int, int]] = []
        for number in range(20):
            if number % 2:
                transport.call(CreateBreakpoint("work"))
            transport.call(Restart())
            while not isinstance(transport.next_event(LIMIT_S), Stopped):  # at entry: breakpoints are armed by then
                pass
            during.append(ours())
        # at any one moment the engine may have a file of /proc open
        assert min(descriptors for descriptors, _ in during[10:]) <= max(descriptors for descriptors, _ in during[:3])
        assert min(threads for _, threads in during[10:]) <= max(threads for _, threads in during[:3])
        transport.close()
        assert ours() == before


def ours() -> tuple[int, int]:
    """How many descriptors and threads this process has."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()
