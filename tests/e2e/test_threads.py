"""Threads of all kinds: each hit is told with its thread, and each thread with what the kernel knows of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CreateBreakpoint,
    GetStack,
    GetState,
    GetThreads,
    GetVariables,
    Resume,
)
from pydelve.api.target import Stop, Thread
from pydelve.errors import PydelveError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

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


def _pid(session: LiveSession) -> int:
    target = session.call(GetState()).target
    assert target is not None
    return target.pid
