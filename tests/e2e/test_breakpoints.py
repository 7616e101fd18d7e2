"""Breakpoints in every kind of code, on every interpreter: where they stop, how often, and what they leave behind."""

from __future__ import annotations

import functools
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import Breakpoint, HitCondition
from pydelve.api.events import BreakpointChanged, Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    Evaluate,
    Halt,
    ListBreakpoints,
    Resume,
)
from pydelve.api.target import Stop
from pydelve.errors import EvaluationError, LocationError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS, read_markers

FOLDER = PROGRAMS / "breakpoints"


class Session(LiveSession):
    """A session with a program whose places have names."""

    def __init__(self, python: Interpreter, program: Path, **options: object) -> None:
        self.program = program
        self.lines = read_markers(program)
        super().__init__(LaunchOptions("script", str(program), python=python.path, **options))  # type: ignore[arg-type]

    def set(self, marker: str, **how: object) -> Breakpoint:
        """A breakpoint on a marker's line."""
        return self.call(CreateBreakpoint(f"{self.program}:{self.lines[marker]}", **how))  # type: ignore[arg-type]

    def go(self, how: str = "continue") -> Stop | None:
        """Resume; the next stop, or None where the program ends."""
        self.call(Resume(how))  # type: ignore[arg-type]
        while True:
            event = self.client.next_event(20)
            assert event is not None, "nothing came"
            self.events.append(event)
            if isinstance(event, Stopped):
                return event.stop
            if isinstance(event, Exited):
                return None

    def place(self, stop: Stop | None) -> str:
        """A stop's reason and marker."""
        if stop is None:
            return "END"
        frame = stop.frames[0]
        names = {line: name for name, line in read_markers(frame.file).items()} if os.path.isfile(frame.file) else {}
        return f"{stop.reason} {names.get(frame.line, f'{Path(frame.file).name}:{frame.line}')}"

    def run(self) -> list[str]:
        """All stops until the program ends."""
        found = []
        while True:
            found.append(self.place(self.go()))
            if found[-1] == "END":
                return found[:-1]

    def value(self, text: str) -> str:
        """What an expression gives in the frame that is shown."""
        value = self.call(Evaluate(text)).value
        assert value is not None
        return value.text

    def hits(self) -> list[int]:
        """The hit counts of all breakpoints."""
        return [found.hits for found in self.call(ListBreakpoints())]


@pytest.fixture
def start(python: Interpreter) -> Iterator[Callable[..., Session]]:
    """Starts a program, stopped at its entry; ended when the test is."""
    sessions: list[Session] = []

    def make(name: str | Path, **options: object) -> Session:
        sessions.append(Session(python, FOLDER / name, **options))
        sessions[-1].wait_stop()
        return sessions[-1]

    yield make
    for session in sessions:
        session.__exit__(None, None, None)


PLACES = """
    class_body lambda one_line generator generator coroutine nested nested property del weakref wrapper decorated cached
    recursive recursive recursive signal thread raw_thread except handler finally callback callback
    module_loop module_loop module_loop
    made.py:2 end atexit
"""


def test_every_kind_of_code_stops(start: Callable[..., Session]) -> None:
    session = start("places.py")
    for marker in session.lines:
        session.set(marker)
    session.call(CreateBreakpoint(f"{FOLDER / 'made.py'}:2"))  # code made by exec from a real file's text
    assert session.run() == [f"breakpoint {place}" for place in PLACES.split()]


COUNTS = {
    "once": 4, "for": 44, "in_for": 40, "while": 24, "in_while": 20, "if": 4, "in_if": 4, "with": 4, "list": 4,
    "genexpr": 4, "multi": 4, "raises": 4, "except": 4, "finally": 4, "return": 4, "exit": 4, "end": 1,
}  # fmt: skip


def test_hits_are_counted_exactly(start: Callable[..., Session]) -> None:
    session = start("hot.py")
    for marker in session.lines:
        session.set(marker, hit_condition=HitCondition("==", COUNTS[marker] if marker == "end" else 1000))
    assert session.place(session.go()) == "breakpoint end"
    assert dict(zip(session.lines, session.hits(), strict=True)) == COUNTS


def test_conditions(start: Callable[..., Session]) -> None:
    session = start("control.py")
    session.set("start")
    session.go()
    for marker, condition, hits in (
        ("first", "n == 3", None),
        ("first", "n > limit and n < 6", None),
        ("second", "first % 2", HitCondition("%", 2)),
        ("inner", "base + n == 3", None),
        ("show", "self._Box__secret == 70 and n == 1", None),
        ("show", "self.__secret == 70 and n == 2", None),
    ):
        session.set(marker, condition=condition, hit_condition=hits)
    stops = []
    while (stop := session.go()) is not None:
        stops.append((session.place(stop), stop.breakpoints, session.value("n")))
    assert stops == [
        ("breakpoint first", (2,), "3"),
        ("breakpoint second", (4,), "3"),
        ("breakpoint first", (3,), "4"),
        ("breakpoint first", (3,), "5"),
        ("breakpoint second", (4,), "7"),
        ("breakpoint inner", (5,), "2"),
        ("breakpoint show", (6,), "1"),
        ("breakpoint show", (7,), "2"),
        ("breakpoint second", (4,), "1"),
    ]


def test_an_error_in_a_condition_stops_and_says_why(start: Callable[..., Session]) -> None:
    session = start("control.py")
    session.set("first", condition="missing > n")
    session.set("third", condition="bad")
    found = [session.go(), session.go()]
    assert [(session.place(stop), stop and stop.detail) for stop in found] == [
        ("condition-error first", "NameError: name 'missing' is not defined"),
        ("condition-error third", "RuntimeError: no truth"),
    ]
    assert session.hits() == [0, 0]
    with pytest.raises(EvaluationError, match="is not a Python expression"):
        session.set("second", condition="n ==")


@pytest.mark.parametrize(
    ("operator", "count", "stops"),
    [("==", 2, [2]), ("!=", 2, [1, *range(3, 14)]), (">=", 12, [12, 13]), ("<=", 2, [1, 2]), (">", 12, [13]),
     ("<", 2, [1]), ("%", 6, [6, 12])],
)  # fmt: skip
def test_hit_conditions(start: Callable[..., Session], operator: str, count: int, stops: list[int]) -> None:
    session = start("control.py")
    session.set("third", hit_condition=HitCondition(operator, count))
    seen = []
    while session.go() is not None:
        seen.append(session.hits()[0])
    assert seen == stops


def test_several_on_one_line_make_one_stop(start: Callable[..., Session]) -> None:
    session = start("control.py")
    for condition in ("", "n == 1", "n < 1"):
        session.set("first", condition=condition)
    found = [session.go(), session.go(), session.go()]
    assert [stop and stop.breakpoints for stop in found] == [(1, 3), (1, 2), (1,)]


def test_temporary_disabled_enabled_cleared(start: Callable[..., Session]) -> None:
    session = start("control.py")
    first, second = session.set("first"), session.set("second")
    session.set("third", temporary=True)
    assert [session.place(session.go()) for _ in range(4)] == [
        f"breakpoint {place}" for place in ("first", "second", "third", "first")
    ]
    session.call(AmendBreakpoint(second.id, enabled=False))
    assert session.place(session.go()) == "breakpoint first"
    session.call(AmendBreakpoint(first.id, enabled=False))
    session.call(AmendBreakpoint(first.id, enabled=True))  # on the line it stands at: that arrival is over
    session.call(AmendBreakpoint(second.id, enabled=True))
    assert session.place(session.go()) == "breakpoint second"
    assert session.value("n") == "2"
    assert [found.id for found in session.call(ListBreakpoints())] == [1, 2]
    session.call(ClearBreakpoint(first.id))
    session.call(ClearBreakpoint(second.id))
    assert session.run() == []


def test_in_a_function_that_is_active_further_up(start: Callable[..., Session]) -> None:
    session = start("control.py")
    session.set("deep", temporary=True)
    session.go()
    session.set("active")
    session.set("active_end")
    assert session.run() == ["breakpoint active", "breakpoint active", "breakpoint active_end"]


def test_a_breakpoint_met_by_a_step_makes_one_stop(start: Callable[..., Session]) -> None:
    session = start("control.py")
    session.set("first", temporary=True)
    session.go()
    session.set("second")
    stop = session.go("next")
    assert stop is not None and stop.breakpoints == (2,) and not stop.interrupted_step
    assert session.place(stop) == "breakpoint second"
    assert session.place(session.go("next")) == "step third"
    session.set("third")  # stands there: not hit again
    stop = session.go("stepout")
    assert stop is not None and stop.reason == "step" and stop.returned is not None and stop.returned.value.text == "0"
    assert session.hits() == [1, 0]


def test_a_breakpoint_in_a_called_function_interrupts_a_next(start: Callable[..., Session]) -> None:
    session = start("control.py")
    session.set("active", temporary=True)
    session.set("deep")
    session.go()
    stop = session.go("next")
    assert session.place(stop) == "breakpoint deep"
    assert stop is not None and stop.interrupted_step


def _copy_with_strange_places(folder: Path) -> Path:
    for name in ("imports.py", "later.py", "folder/relative.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text((FOLDER / name).read_text())
    (folder / "real").mkdir()
    (folder / "real" / "target.py").write_text("def function():\n    return 9\n")
    (folder / "linked.py").symlink_to("real/target.py")
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.writestr("in_zip.py", "def function():\n    return 8\n")
    return folder / "imports.py"


def test_modules_imported_later(start: Callable[..., Session], tmp_path: Path) -> None:
    session = start(_copy_with_strange_places(tmp_path), cwd=str(tmp_path))
    for text in (
        "later.py:2",
        "later.called",
        "later.Account.add",
        f"{tmp_path}/folder/relative.py:2",
        f"{tmp_path}/zipped.zip/in_zip.py:2",
        f"{tmp_path}/linked.py:2",
    ):
        found = session.call(CreateBreakpoint(text))
        assert [place.state for place in found.placements] == ["suspended"]
    stops = session.run()
    places = "module called add module called relative relative in_zip.py:2 target.py:2"
    assert stops == [f"breakpoint {place}" for place in places.split()]
    assert session.hits() == [2, 2, 1, 2, 1, 1]
    landed = [event.breakpoint for event in session.events if isinstance(event, BreakpointChanged) and event.landed]
    assert sorted(found.id for found in landed) == [1, 2, 3, 4, 5, 6]
    assert {place.state for found in landed for place in found.placements} == {"armed"}


def test_every_way_to_name_a_place(start: Callable[..., Session], tmp_path: Path) -> None:
    session = start(_copy_with_strange_places(tmp_path), cwd=str(tmp_path))
    session.set("end")
    session.go()
    at, later = session.lines["end"], read_markers(tmp_path / "later.py")
    here = functools.partial(CreateBreakpoint, frame_file=str(session.program), frame_line=at)
    for text, lines in (
        (str(at), [at]),
        ("-1", [at - 1]),
        ("called", [later["called"]]),
        ("later.called", [later["called"]]),
        ("Account.add", [later["add"]]),
        (f"later.Account.add:{later['add'] + 1}", [later["add"] + 1]),
        (f"later.py:{later['rate']}", [later["rate"]]),
        ("/called|add/", [later["called"], later["add"]]),
    ):
        found = session.call(here(text))
        assert (text, [place.location.unit.line for place in found.placements]) == (text, lines)
        assert {place.state for place in found.placements} == {"armed"}
    with pytest.raises(LocationError) as refused:
        session.call(CreateBreakpoint(f"later.py:{later['called'] + 1}"))
    assert str(refused.value)
    with pytest.raises(LocationError):
        session.call(CreateBreakpoint("nothing.of.this"))


def test_threads(start: Callable[..., Session]) -> None:
    session = start("threads.py")
    session.set("started", temporary=True)
    session.go()
    spin = session.set("spin")
    found = [session.go(), session.go()]
    assert [(session.place(stop), stop and stop.thread_name) for stop in found] == [("breakpoint spin", "first")] * 2
    session.call(ClearBreakpoint(spin.id))
    session.call(Resume("continue"))
    session.call(Halt())
    stop = session.wait_stop()
    assert (stop.reason, stop.thread_name) == ("halt", "MainThread")
    session.call(Resume("continue"))
    busy = session.set("busy")  # while it runs
    assert session.place(session.wait_stop()) == "breakpoint busy"
    session.call(ClearBreakpoint(busy.id))
    for marker in ("after", "late", "end", "busy_end"):
        session.set(marker)
    session.call(Evaluate("globals().__setitem__('go_on', False)"))
    seen = []
    while (after := session.go()) is not None:
        seen.append((session.place(after), after.thread_name))
    assert seen == [
        ("breakpoint busy_end", "MainThread"),
        ("breakpoint after", "second"),
        ("breakpoint late", "third"),
        ("breakpoint end", "MainThread"),
    ]


@pytest.mark.parametrize(
    ("value", "stops"), [("", ["breakpoint-call after", "breakpoint end"]), ("0", ["breakpoint end"])]
)
def test_breakpoint_call(start: Callable[..., Session], tmp_path: Path, value: str, stops: list[str]) -> None:
    program = tmp_path / "calls.py"
    program.write_text("def f():\n    breakpoint()  # @after\n    return 1\n\nf()\nend = 1  # @end\n")
    session = start(program, environment={"PYTHONBREAKPOINT": value})
    session.set("end")
    assert session.run() == stops


QUIET = """\
import sys, threading
def f():
    return 1  # @f
def armed():
    if sys.version_info >= (3, 12):
        m = sys.monitoring
        codes = [f.__code__, armed.__code__, sys._getframe(1).f_code]
        tools = [t for t in range(6) if m.get_tool(t) == "pydelve"]
        return any(m.get_events(t) or any(m.get_local_events(t, c) for c in codes) for t in tools)
    return bool(sys.gettrace() or threading._trace_hook or sys._getframe(1).f_trace)
states = [armed()]  # @first
f()
states.append(armed())  # @second
f()
states.append(armed())
sys.exit(states != [True, False, False])
"""


def test_nothing_stays_on(start: Callable[..., Session], tmp_path: Path) -> None:
    program = tmp_path / "quiet.py"
    program.write_text(QUIET)
    session = start(program)
    found = session.set("f")
    session.set("second", temporary=True)
    assert session.place(session.go()) == "breakpoint f"
    assert session.place(session.go()) == "breakpoint second"
    session.call(ClearBreakpoint(found.id))
    assert session.go() is None
    ended = session.events[-1]
    assert isinstance(ended, Exited) and ended.status.status == 0


TOOLS = """\
import sys
for tool in (0, 1, 2, 5):
    sys.monitoring.use_tool_id(tool, "taken")
for i in range(2):
    x = i  # @x
"""


def test_tool_ids_taken_by_others(start: Callable[..., Session], python: Interpreter, tmp_path: Path) -> None:
    if python.version_info < (3, 12):
        pytest.skip("sys.monitoring came with 3.12")
    program = tmp_path / "tools.py"
    program.write_text(TOOLS)
    session = start(program)
    session.set("x")
    assert session.run() == ["breakpoint x", "breakpoint x"]
