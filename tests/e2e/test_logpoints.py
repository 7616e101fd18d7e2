"""Logpoints and breakpoints for one thread, woven and by events."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from pydelve.api.breakpoints import Breakpoint, HitCondition
from pydelve.api.events import Event, Exited, Logged, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    GetState,
    GetThreads,
    ListBreakpoints,
    Resume,
)
from pydelve.errors import TargetStateError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS, read_markers

PROGRAM = PROGRAMS / "weaving" / "logs.py"
LINES = read_markers(PROGRAM)
NAMES = {line: name for name, line in LINES.items()}


@pytest.fixture(params=["on", "off"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How breakpoints are placed."""
    monkeypatch.setenv("PYDELVE_WEAVING", request.param)
    return str(request.param)


class Run(LiveSession):
    """The program at its first line."""

    def __init__(self, python: Interpreter, *arguments: str, stdin: int = -1, stdout: int = -1) -> None:
        super().__init__(
            LaunchOptions("script", str(PROGRAM), arguments, python.path, stdin_fd=stdin, stdout_fd=stdout)
        )
        self.wait_stop()

    def set(self, marker: str, log: str = "", **more: object) -> Breakpoint:
        """A logpoint on a marker's line, or a breakpoint."""
        return self.call(CreateBreakpoint(f"{PROGRAM}:{LINES[marker]}", log=log, **more))  # type: ignore[arg-type]

    def go(self) -> list[str]:
        """Run on: what is logged up to the next stop or the end, and that, in order."""
        self.call(Resume("continue"))
        found: list[str] = []
        while True:
            event = self.client.next_event(30)
            assert event is not None, f"nothing came after {found}"
            if isinstance(event, Logged):
                assert event.lost == 0
                found += [f"{NAMES[entry.line]}: {entry.text}" for entry in event.entries]
            elif isinstance(event, Stopped):
                stop = event.stop
                detail = f" {stop.detail}" if stop.detail else ""
                return [*found, f"> {stop.reason} {list(stop.breakpoints)}{detail}"]
            elif isinstance(event, Exited):
                return [*found, "> end"]


@pytest.fixture
def run(python: Interpreter, mode: str) -> Iterator[Callable[..., Run]]:
    """Starts the program."""
    runs: list[Run] = []

    def start(*arguments: str, stdin: int = -1, stdout: int = -1) -> Run:
        runs.append(Run(python, *arguments, stdin=stdin, stdout=stdout))
        return runs[-1]

    yield start
    for each in runs:
        each.__exit__(None, None, None)


def test_messages_and_stops_in_order(run: Callable[..., Run], mode: str) -> None:
    """With conditions, counts, several on a line, active frames, changes, and what goes wrong."""
    session = run()
    session.set("class", "in {__qualname__}")
    generator = session.set("yield", "yields {n}")
    session.set("ready")
    assert session.go() == ["class: in Item", "yield: yields 0", "> breakpoint [3]"]

    loop = session.set("loop", "{n}: {item} {item!r}", condition="n % 2")
    counted = session.set("loop", "every third", hit_condition=HitCondition("%", 3))
    session.set("str")
    session.set("method", "private {self.__n:03}")
    once = session.set("end", "{{once}} {done}", temporary=True)
    if mode == "on":
        places = {each.id: each.placements[0] for each in session.call(ListBreakpoints())}
        woven = [number for number, place in places.items() if place.how == "woven"]
        assert woven == [2, 3, loop.id, counted.id, 6, 7, once.id]
    session.set("threads")
    session.call(AmendBreakpoint(generator.id, enabled=False))
    session.call(AmendBreakpoint(generator.id, enabled=True))
    # str() is the program's code, and the breakpoint in it is off while a message is made
    assert session.go() == [*MESSAGES.split("\n")[1:-1], "> breakpoint [9]"]
    hits = {each.id: each.hits for each in session.call(ListBreakpoints())}
    assert hits == {1: 1, 2: 3, 3: 1, loop.id: 6, counted.id: 12, 6: 0, 7: 12, 9: 1}
    for each in session.call(ListBreakpoints()):
        session.call(ClearBreakpoint(each.id))
    assert session.go() == ["> end"]


MESSAGES = """
method: private 000
loop: 1: item 1 Item(1)
method: private 001
loop: every third
method: private 002
loop: 3: item 3 Item(3)
method: private 003
method: private 004
loop: 5: item 5 Item(5)
loop: every third
method: private 005
end: {once} 6
yield: yields 1
yield: yields 2
method: private 006
loop: 7: item 7 Item(7)
method: private 007
loop: every third
method: private 008
loop: 9: item 9 Item(9)
method: private 009
method: private 010
loop: 11: item 11 Item(11)
loop: every third
method: private 011
"""


def test_a_message_that_fails_stops(run: Callable[..., Run]) -> None:
    session = run()
    session.set("loop", "{item.nothing}", condition="n == 2")
    session.set("loop", "{later}", condition="n == 4")
    both = session.set("loop", "all {n}")
    assert session.go() == [
        "loop: all 0", "loop: all 1", "loop: all 2",
        "> log-error [1] AttributeError: 'Item' object has no attribute 'nothing'",
    ]  # fmt: skip
    session.call(AmendBreakpoint(1, log="half {item.half()!r}"))
    session.call(AmendBreakpoint(both.id, condition="n.real > missing"))
    assert session.go() == ["> condition-error [3] NameError: name 'missing' is not defined"]
    session.call(AmendBreakpoint(both.id, enabled=False))
    assert session.go() == ["> log-error [2] NameError: name 'later' is not defined"]
    session.call(AmendBreakpoint(2, log="", condition="n == 6"))
    assert session.go() == ["> breakpoint [2]"]
    assert session.go() == ["> end"]


def test_one_thread_only(run: Callable[..., Run], mode: str) -> None:
    session = run()
    session.set("threads")
    session.go()
    numbers = [thread.id for thread in session.call(GetThreads()) if thread.id != 1]
    second = session.set("loop", "{n}", thread=numbers[1])
    third = session.set("thread", thread=numbers[2])
    joined = session.set("joined")
    assert [each.thread for each in session.call(ListBreakpoints())] == [0, numbers[1], numbers[2], 0]
    if mode == "on":
        assert session.call(ListBreakpoints())[1].placements[0].how == "woven"
    with pytest.raises(TargetStateError):
        session.set("loop", thread=77)
    found = session.go()
    while found[-1] == f"> breakpoint [{third.id}]":
        found = [*found[:-1], *session.go()]
    assert found == ["loop: 20", "loop: 21", f"> breakpoint [{joined.id}]"]
    hits = {each.id: each.hits for each in session.call(ListBreakpoints())}
    assert (hits[second.id], hits[third.id]) == (2, 1)
    session.call(ClearBreakpoint(joined.id))
    assert session.go() == ["> end"]


@pytest.mark.parametrize("mode", ["on"], indirect=True)
def test_nobody_reads(run: Callable[..., Run]) -> None:
    """The program goes on, the last messages are kept, and how many are lost is told exactly."""
    count = 60_000
    (stdin, close), (done, stdout) = os.pipe(), os.pipe()
    session = run(str(count), stdin=stdin, stdout=stdout)
    os.close(stdin)
    os.close(stdout)
    session.set("many", "{n}")
    session.call(Resume("continue"))
    assert os.read(done, 100) == b"done\n"
    os.close(close)
    events: list[Event] = []
    while not (events and isinstance(events[-1], Exited)):
        event = session.client.next_event(30)
        assert event is not None
        events.append(event)
    os.close(done)
    batches = [event for event in events if isinstance(event, Logged)]
    texts = [int(entry.text) for batch in batches for entry in batch.entries]
    assert texts == sorted(texts)
    assert texts[0] == 0
    assert texts[-1] == count - 1
    assert len(texts) + sum(batch.lost for batch in batches) == count
    assert sum(batch.lost for batch in batches) > count // 2


@pytest.mark.parametrize("mode", ["on"], indirect=True)
def test_nothing_is_left(run: Callable[..., Run]) -> None:
    """The thread that sends goes when the debugger leaves, too."""
    (stdin, close), (done, stdout) = os.pipe(), os.pipe()
    session = run("3", stdin=stdin, stdout=stdout)
    os.close(stdin)
    os.close(stdout)
    target = session.call(GetState()).target
    assert target is not None
    session.set("many", "{n}")
    session.call(Resume("continue"))
    assert os.read(done, 100) == b"done\n"
    session.call(Detach())
    deadline = time.monotonic() + 20
    while len(os.listdir(f"/proc/{target.pid}/task")) > 1:
        assert time.monotonic() < deadline
    os.close(close)
    assert os.read(done, 1) == b""  # it has ended
    os.close(done)
