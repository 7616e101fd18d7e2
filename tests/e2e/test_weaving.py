"""Woven breakpoints: a program does what it does without them, and a session shows what it shows by events."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import Breakpoint, HitCondition
from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    Evaluate,
    ListBreakpoints,
    Resume,
)
from pydelve.api.target import Stop
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS, read_markers

FOLDER = PROGRAMS / "weaving"
SUBJECT = FOLDER / "subject.py"
MODES = ("on", "off", "auto")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How breakpoints are placed."""
    monkeypatch.setenv("PYDELVE_WEAVING", request.param)
    return str(request.param)


class Run(LiveSession):
    """The subject, stopped where breakpoints are to be set; its output goes to a file."""

    def __init__(self, python: Interpreter, program: Path, output: Path) -> None:
        self.program = program
        self.lines = read_markers(program)
        self._output = output.open("wb")
        out = self._output.fileno()
        super().__init__(LaunchOptions("script", str(program), python=python.path, stdout_fd=out))
        self.wait_stop()

    def __exit__(self, *details: object) -> None:
        super().__exit__(None, None, None)
        self._output.close()

    def set(self, marker: str, condition: str = "", hits: HitCondition | None = None) -> Breakpoint:
        """A breakpoint on a marker's line."""
        place = f"{self.program}:{self.lines[marker]}"
        return self.call(CreateBreakpoint(place, condition=condition, hit_condition=hits))

    def go_to(self, marker: str) -> None:
        """Run to a line, and leave no breakpoint there."""
        made = self.set(marker)
        self.resume()
        self.call(ClearBreakpoint(made.id))

    def rest(self) -> list[str]:
        """All stops to the end: markers, or the reason with what it says."""
        found = []
        names = {line: name for name, line in self.lines.items()}
        self.call(Resume("continue"))
        while isinstance(stop := self._next(), Stop):
            shown = names.get(stop.frames[0].line, str(stop.frames[0].line))
            found.append(shown if stop.reason == "breakpoint" else f"{stop.reason} {shown}: {stop.detail}")
            self.call(Resume("continue"))
        return found

    def _next(self) -> Stop | None:
        while True:
            event = self.client.next_event(30)
            assert event is not None, "nothing came"
            self.events.append(event)
            if isinstance(event, Stopped):
                return event.stop
            if isinstance(event, Exited):
                return None

    def value(self, text: str) -> str:
        """What an expression gives."""
        value = self.call(Evaluate(text)).value
        return value.text if value is not None else ""

    def placed(self) -> dict[str, tuple[str, str]]:
        """How each breakpoint is placed, and why it is not woven, by marker."""
        names = {line: name for name, line in self.lines.items()}
        places = [found.placements[0] for found in self.call(ListBreakpoints())]
        mine = [place for place in places if place.location.file == str(self.program)]
        return {names[place.location.unit.line]: (place.how, place.unwoven) for place in mine}


@pytest.fixture
def run(python: Interpreter, mode: str, tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """Starts the subject."""
    runs: list[Run] = []

    def start(program: Path = SUBJECT) -> Run:
        runs.append(Run(python, program, tmp_path / "output"))
        return runs[-1]

    yield start
    for each in runs:
        each.__exit__(None, None, None)


def plainly(python: Interpreter, program: Path = SUBJECT) -> str:
    """What the program prints without us."""
    return subprocess.run([python.path, str(program)], capture_output=True, text=True, check=True).stdout


def _without_words(stop: str) -> str:
    """Versions word an unset variable differently."""
    return stop.partition(": NameError: cannot")[0].partition(": NameError: free")[0]


def test_the_program_does_not_notice(run: Callable[[], Run], python: Interpreter, mode: str, tmp_path: Path) -> None:
    session = run()
    session.go_to("ready")
    markers = [marker for marker in session.lines if marker != "ready"]
    for marker in markers:
        session.set(marker, "'never' == 0")
    session.call(CreateBreakpoint(f"{FOLDER / 'late.py'}:5", condition="n < 0"))
    if mode != "off":
        assert session.placed() == dict.fromkeys(markers, ("woven", ""))
    assert session.rest() == []
    assert (tmp_path / "output").read_text() == plainly(python)


def test_the_same_stops(run: Callable[[], Run], python: Interpreter, tmp_path: Path) -> None:
    """Some with a condition, some without, some with a count, two on one line; the output is the same, too."""
    session = run()
    session.go_to("ready")
    for marker in ("wrapper", "closure", "generator", "raise", "except", "setter", "unset", "deep"):
        session.set(marker)
    for marker, condition in (
        ("method", "n == 1 and self.__count == 4"),
        ("method", "self.__secret > n + 1"),
        ("property", "Child.make is not None and self.n"),
        ("coroutine", "any(x == i for x in (1, 2))"),
        ("async_generator", "i in [0, 2]"),
        ("finally", "i % 2"),
        ("assert", "len(str(n)) == 1"),
        ("recursive", "sorted([n], key=lambda x: -x)[0] == 3"),
        ("fails", "n > value[0]"),
        ("staticmethod", "(lambda: b)() == 2"),
        ("constants", "nosuch"),
        ("unset", "here"),
    ):
        session.set(marker, condition)
    for marker, operator, count in (("thread", "%", 1000), ("recursive", "==", 12), ("classmethod", ">=", 1)):
        session.set(marker, "", HitCondition(operator, count))
    found = session.rest()
    assert [_without_words(stop) for stop in found] == STOPS.split("\n")[1:-1]
    assert (tmp_path / "output").read_text() == plainly(python)
    hits = {each.id: each.hits for each in session.call(ListBreakpoints())}
    assert hits == HITS


STOPS = """
wrapper
method
property
staticmethod
closure
closure
setter
wrapper
method
staticmethod
closure
closure
setter
wrapper
staticmethod
closure
closure
setter
generator
generator
generator
generator
generator
generator
recursive
generator
generator
async_generator
async_generator
coroutine
coroutine
coroutine
coroutine
coroutine
finally
raise
except
finally
assert
condition-error constants: NameError: name 'nosuch' is not defined
unset
condition-error unset
fails
deep
deep
deep
assert
thread
thread
thread
thread
"""
HITS = {
    2: 3, 3: 6, 4: 8, 5: 1, 6: 1, 7: 3, 8: 2, 9: 3, 10: 0, 11: 2, 12: 1, 13: 5, 14: 2, 15: 2,
    16: 2, 17: 1, 18: 1, 19: 3, 20: 0, 21: 1, 22: 4000, 23: 6, 24: 0,
}  # fmt: skip


LINES = """
    -3 -2 -1 1 3 4 8 10 12 -3 -2 -1 0 10 -3 -2 -1 1 3 4 8 10 12 -3 -2 -1 1 2 5 6 10 12 -3 -2 -1 1 3 4 8 10 12 -3 13 14
"""
"""From that of the ``continue``."""
FLOW = [("breakpoint" if number == 30 else "step", int(line)) for number, line in enumerate(LINES.split())]


def test_steps_go_where_they_go_by_events(run: Callable[[], Run], python: Interpreter) -> None:
    """Over lines with checks: no stop is doubled, none is missing, and a condition that holds ends a step."""
    session = run()
    session.go_to("ready")
    for marker in ("raise", "with", "except", "assert", "generator"):
        session.set(marker, "'never' == 0")
    session.set("finally", "i == 3")
    session.set("thread", "i == 1")
    stop = session.resume(Resume("stepout"))
    while stop.frames[0].function != "flow":
        stop = session.resume(Resume("step"))
    found = []
    while stop.frames[0].function == "flow":
        found.append((stop.reason, stop.frames[0].line - session.lines["continue"]))
        stop = session.resume(Resume("next"))
    if python.version_info >= (3, 10):
        assert found == FLOW
    else:  # its peephole optimizer leaves out other jumps in woven code than in plain: docs/internals/line-map.md
        assert [step for step in found if step[0] == "breakpoint"] == [("breakpoint", 10)]


def test_code_comes_back(run: Callable[[], Run], mode: str) -> None:
    """The very same objects, when the last breakpoint goes; constants and nested code included."""
    session = run()
    session.go_to("ready")
    session.call(Evaluate("globals().update(codes=[(f, f.__code__, f.__code__.co_consts) for f in (flow, outer)])"))
    same = "all(f.__code__ is code and code.co_consts is consts for f, code, consts in codes)"
    nested = "str((before_closure.__code__ in codes[1][2], outer(1).__code__ in codes[1][2]))"
    first, second = session.set("break", "n < 0"), session.set("assert", "n < 0")
    third = session.set("closure", "n < 0")
    assert (session.value(same), session.value(nested)) == (str(mode == "off"), "(True, True)")
    session.call(ClearBreakpoint(first.id))
    assert session.value("codes[0][1] is flow.__code__") == str(mode == "off")
    session.call(ClearBreakpoint(second.id))
    session.call(ClearBreakpoint(third.id))
    assert (session.value(same), session.value(nested)) == ("True", "(True, True)")
    assert session.value("sum('pydelve' in str(type(c)) for c in flow.__code__.co_consts)") == "0"


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("(found := i)", "its condition assigns, which must not reach the program's variables"),
        ("locals()", "its condition uses locals, which looks at the frame it is called in"),
        ("frame(1)", "its condition uses frame, which looks at the frame it is called in"),
        (
            "(lambda: i)()",
            "its condition needs a variable that the function does not have: one shared with an inner function",
        ),
        ("i", ""),
    ],
)
@pytest.mark.parametrize("mode", ["on"], indirect=True)
def test_conditions_that_stay_outside(run: Callable[[], Run], condition: str, why: str) -> None:
    session = run()
    session.go_to("ready")
    session.set("thread", condition, HitCondition("==", 1))
    how, unwoven = session.placed()["thread"]
    assert (how == "woven", unwoven) == (not why, why)
    assert session.rest() == ["thread"]


@pytest.mark.parametrize("mode", ["on"], indirect=True)
def test_detached_and_forked(python: Interpreter, mode: str, tmp_path: Path) -> None:
    """Set and taken away while the program runs; after detaching, and in a forked child, the code is what it was."""
    program, told = FOLDER / "left.py", tmp_path / "told"
    line = read_markers(program)["work"]
    with LiveSession(LaunchOptions("script", str(program), (str(told),), python=python.path)) as session:
        session.wait_stop()
        session.call(Resume("continue"))
        first = session.call(CreateBreakpoint(f"{program}:{line}", condition="i == 7"))
        assert session.wait_stop().breakpoints == (first.id,)
        session.call(AmendBreakpoint(first.id, condition="n < 0"))
        second = session.call(CreateBreakpoint(f"{program}:{line}", condition="i == 3"))
        assert session.resume().breakpoints == (second.id,)
        session.call(ClearBreakpoint(second.id))
        session.call(Resume("continue"))
        session.call(CreateBreakpoint(f"{program}:{line + 1}", condition="n == 0"))
        third = session.call(CreateBreakpoint("work", condition="True"))
        assert session.wait_stop().breakpoints == (third.id,)
        session.call(ClearBreakpoint(third.id))
        session.call(Detach())
    told.touch()
    done, deadline = tmp_path / "told.done", time.monotonic() + 20
    while not done.exists():
        assert time.monotonic() < deadline
    assert done.read_text() == "True 55 0"
