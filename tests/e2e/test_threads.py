"""Threads of all kinds: each hit is told with its thread, and each thread with what the kernel knows of it."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.events import Notice
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CreateBreakpoint,
    Evaluate,
    GetStack,
    GetState,
    GetThreads,
    GetVariables,
    Halt,
    ListBreakpoints,
    Resume,
    SetStopOne,
)
from pydelve.api.target import Stop, Thread
from pydelve.errors import PydelveError, TargetGoneError, TargetStateError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

_LIMIT_S = 10.0
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]


class Threaded:
    """A session with one of the programs."""

    def __init__(self, python: Interpreter, source: Path, lines: dict[str, int], output: Path) -> None:
        self.source, self.lines, self.output = source, lines, output
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        options = LaunchOptions(kind="script", program=str(source), python=python.path, stdout_fd=written)
        self.session = LiveSession(options)
        os.close(written)
        assert self.session.wait_stop().reason == "entry"

    def set(self, name: str) -> int:
        """A breakpoint at the line of a marker; its number."""
        return self.session.call(CreateBreakpoint(f"{self.source}:{self.lines[name]}")).id

    def threads(self) -> dict[int, Thread]:
        return {thread.id: thread for thread in self.session.call(GetThreads())}

    def value(self, name: str) -> str:
        return next(each.value.text for each in self.session.call(GetVariables()) if each.name == name)

    def counted(self, frame: int = 0) -> str:
        """How far its counter is."""
        found = self.session.call(GetVariables("globals", frame=frame))
        return next(each.value.text for each in found if each.name == "count")

    def wait_until_it_counts(self) -> None:
        """Until the others have moved, between two looks."""
        before, deadline = self.counted(), time.monotonic() + _LIMIT_S
        while self.counted() == before:
            assert time.monotonic() < deadline

    def wait_for_state(self, name: str, state: str) -> Thread:
        """Until a thread is in this state."""
        deadline = time.monotonic() + _LIMIT_S
        while True:
            thread = next(each for each in self.threads().values() if each.name == name)
            if thread.state == state:
                return thread
            assert time.monotonic() < deadline, thread

    def at(self, stop: Stop) -> tuple[str, str]:
        """Why it stopped, and at which marker."""
        names = {line: name for name, line in self.lines.items()}
        return stop.reason, names.get(stop.frames[0].line, str(stop.frames[0].line))


@pytest.fixture
def start(python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> Callable[[str], Threaded]:
    def start(name: str) -> Threaded:
        source = program(name)
        return Threaded(python, source, marker(source), tmp_path / "output")

    return start


_KINDS = ["worker", "worker again", "daemon", "raw", "native"]


def test_threads_of_all_kinds(start: Callable[[str], Threaded]) -> None:
    """Breakpoints and steps act in each; its name and its number are Python's, else the kernel's."""
    threaded = start("threads/kinds.py")
    session = threaded.session
    with session:
        threaded.set("visit")
        numbers = {}
        for kind in _KINDS:
            stop = session.resume()
            assert (*threaded.at(stop), threaded.value("kind")) == ("breakpoint", "visit", kind)
            thread = threaded.threads()[stop.thread]
            assert (thread.current, thread.state, thread.name) == (True, "stopped", stop.thread_name)
            assert Path(f"/proc/{_pid(session)}/task/{thread.native_id}").is_dir()
            assert threaded.at(session.resume(Resume("next"))) == ("step", "header")
            stop = session.resume(Resume("until", line=threaded.lines["last"]))
            assert (*threaded.at(stop), stop.thread) == ("step", "last", thread.id)
            numbers[kind] = stop.thread, stop.thread_name
        assert list(numbers.values()) == [
            (2, "the worker"), (2, "the worker"), (3, "the daemon"), (4, "thread-4"), (5, "a native one"),
        ]  # fmt: skip
        threaded.set("end")
        assert threaded.at(session.resume()) == ("breakpoint", "end")
        left = {thread.id: (thread.name, thread.state) for thread in threaded.threads().values()}
        assert left == {1: ("MainThread", "stopped"), 3: ("the daemon", "frozen")}
        for gone in (2, 5):
            with pytest.raises(PydelveError, match=f"there is no thread {gone}"):
                session.call(GetStack(thread=gone))
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    assert threaded.output.read_text() == ", ".join(_KINDS) + "\n"


def test_events_in_threads_of_all_kinds(start: Callable[[str], Threaded], python: Interpreter) -> None:
    """The same where the breakpoint is not woven into the code: a loop's header."""
    kinds = [kind for kind in _KINDS if kind != "native" or python.version_info >= (3, 12)]  # see the support page
    threaded = start("threads/kinds.py")
    session = threaded.session
    with session:
        threaded.set("header")
        threaded.set("end")
        hits: Counter[str] = Counter()
        while threaded.at(session.resume()) != ("breakpoint", "end"):
            hits[threaded.value("kind")] += 1
        assert hits == {kind: len(kind) + 1 for kind in kinds}
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0


def test_subinterpreters(start: Callable[[str], Threaded], python: Interpreter) -> None:
    """Their threads are listed, and left alone; that breakpoints don't act there is said at the first stop."""
    if python.version_info < (3, 13):
        pytest.skip("3.12 hangs where an interpreter is destroyed, without pydelve, too; older have no own GIL for it")
    threaded = start("threads/interpreters.py")
    session = threaded.session
    with session:
        inside, ready = threaded.set("inside"), threaded.set("ready")
        assert session.resume().breakpoints == (ready,)
        told = [event.message for event in session.events if isinstance(event, Notice)]
        assert told == ["breakpoints and steps don't act in this program's subinterpreters"]
        guests = [thread for thread in threaded.threads().values() if thread.id != 1]
        assert [(thread.name, thread.state, thread.detail, thread.frame) for thread in guests] == [
            ("guest", "running", "in interpreter 1", None)
        ]
        threaded.set("end")
        assert threaded.at(session.resume()) == ("breakpoint", "end")
        assert {point.id: point.hits for point in session.call(ListBreakpoints())}[inside] == 0
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    assert threaded.output.read_text() == "2 done\n"


def test_one_stops_and_the_others_run(start: Callable[[str], Threaded]) -> None:
    """What they hit meanwhile waits for its turn; each is moved by itself; looking makes the world stand."""
    threaded = start("transcripts/gates.py")
    session = threaded.session
    with session:
        session.call(SetStopOne(True))
        threaded.set("visit")
        stop = session.resume()
        assert (*threaded.at(stop), stop.thread_name, stop.others_run) == ("breakpoint", "visit", "a", True)
        threaded.wait_until_it_counts()
        names = {thread.name: thread for thread in threaded.threads().values()}
        states = {name: thread.state for name, thread in names.items()}
        assert states == {"MainThread": "running", "counter": "running", "a": "stopped", "b": "running"}
        with pytest.raises(PydelveError, match=f"thread {names['b'].id} runs already"):
            session.call(Resume("next", thread=names["b"].id, alone=True))
        session.call(Evaluate("gates['b'].release()"))
        waiting = threaded.wait_for_state("b", "stopped")
        assert waiting.detail == "waits for its turn"
        assert session.call(GetStack(waiting.id)).frames[0].line == threaded.lines["visit"]
        assert session.call(GetState()).stop == stop
        moved = session.resume(Resume("next", thread=waiting.id, alone=True))
        assert (*threaded.at(moved), moved.thread_name, moved.others_run) == ("step", "more", "b", True)
        assert threaded.wait_for_state("a", "stopped").detail == "waits for its turn"
        again = session.resume()
        assert (*threaded.at(again), again.thread_name, again.breakpoints) == ("still", "visit", "a", ())
        moved = session.resume(Resume("next"))
        assert (*threaded.at(moved), moved.thread_name) == ("step", "more", "a")
        session.call(SetStopOne(False))
        before = threaded.counted()
        assert {thread.state for thread in threaded.threads().values()} == {"stopped", "frozen"}
        assert threaded.counted() == before
        session.call(SetStopOne(True))
        threaded.wait_until_it_counts()
        session.call(Resume("continue"))
        session.call(Halt())
        halted = session.wait_stop()
        assert (halted.reason, halted.others_run) == ("halt", False)
        before = threaded.counted(halted.frames[-1].index)
        assert {thread.state for thread in threaded.threads().values()} == {"stopped", "frozen"}
        assert threaded.counted(halted.frames[-1].index) == before
        # a main thread that was halted in C code goes on as soon as this frees it: the program may end meanwhile
        with contextlib.suppress(TargetGoneError, TargetStateError):
            session.call(Evaluate("__import__('sys').modules['__main__'].end.release()"))
            session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    assert threaded.output.read_text() == "['b', 'a']\n"


def test_a_halt_shows_who_waits_for_a_step(start: Callable[[str], Threaded]) -> None:
    """A step that needs what a thread holds that waits for its turn would never end."""
    threaded = start("transcripts/gates.py")
    session = threaded.session
    with session:
        session.call(SetStopOne(True))
        threaded.set("visit")
        session.resume()
        session.call(Evaluate("gates['b'].release()"))
        threaded.wait_for_state("b", "stopped")
        session.call(Evaluate("end.release()"))
        for _ in range(3):
            session.resume(Resume("next"))
        assert threaded.value("name") == "a"
        session.call(Resume("next"))  # the line that waits for b
        session.call(Halt())
        stop = session.wait_stop()
        assert (*threaded.at(stop), stop.thread_name, stop.interrupted_step) == ("breakpoint", "visit", "b", True)
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    assert threaded.output.read_text() == "['b', 'a']\n"


def _pid(session: LiveSession) -> int:
    target = session.call(GetState()).target
    assert target is not None
    return target.pid
