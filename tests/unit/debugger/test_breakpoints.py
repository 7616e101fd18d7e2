"""Logical breakpoints over a fake target, one by one and by a state machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from pydelve.api.breakpoints import After, Breakpoint, HitCondition, Location
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.errors import AgentError, EvaluationError, LocationError, TargetBusyError, TargetGoneError, UsageError
from pydelve.target.arming import Landing, UnitSpan
from pydelve.target.interface import Process
from tests.unit.debugger.fake_process import LATER, LOADED, FakeProcess, place


class Heard:
    """``changed``: every call's breakpoint and whether it was cleared."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, bool]] = []

    def __call__(self, changed: Breakpoint, cleared: bool = False) -> None:
        self.calls.append((changed.id, cleared))


def beside(location: Location) -> tuple[UnitSpan, ...] | None:
    return ((location.unit.line, location.unit.line, "simple"),)


def states(found: Breakpoint) -> list[tuple[str, str, str]]:
    return [(placement.state, placement.how, placement.why) for placement in found.placements]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def points(heard: Heard) -> Breakpoints:
    return Breakpoints(heard, beside)


def create(
    points: Breakpoints, process: FakeProcess | None, *places: Location, condition: str = "", temporary: bool = False
) -> Breakpoint:
    target = process.as_process() if process is not None else None
    return points.create("text", places or (place(LOADED, 3),), condition, None, temporary, target)


class TestOne:
    def test_created(self, points: Breakpoints, heard: Heard) -> None:
        process = FakeProcess()
        made = create(points, process, place(LOADED, 3), place(LATER, 5))
        assert (made.id, states(made)) == (1, [("armed", "events", ""), ("suspended", "", "")])
        assert [(a.location.unit.line, a.units) for a in process.table[1]] == [
            (3, ((3, 3, "simple"),)), (5, ((5, 5, "simple"),)),
        ]  # fmt: skip
        assert points.all() == (made,)
        assert heard.calls == [(1, False)]

    def test_without_a_target_it_is_suspended(self, points: Breakpoints) -> None:
        assert states(create(points, None)) == [("suspended", "", "")]

    @pytest.mark.parametrize("error", [AgentError("no"), TargetBusyError("busy")])
    def test_creating_fails_and_there_is_none(self, points: Breakpoints, heard: Heard, error: AgentError) -> None:
        process = FakeProcess()
        process.fails[1] = error
        with pytest.raises(type(error)):
            create(points, process)
        assert (points.all(), heard.calls) == ((), [])
        assert create(points, process).id == 2  # the target may have heard of 1

    def test_names(self, points: Breakpoints) -> None:
        def named(name: str) -> Breakpoint:
            return points.create("text", (place(LOADED, 3),), "", None, False, None, name)

        assert named("way-in").name == "way-in"
        for name, message in (
            ("way-in", "there is a breakpoint way-in already (it is number 1)"),
            ("all", "'all' can't be a breakpoint's name (a name is a word, and none of all, if, last)"),
            ("7", "'7' can't be a breakpoint's name (a name is a word, and none of all, if, last)"),
        ):
            with pytest.raises(UsageError) as refused:
                named(name)
            assert str(refused.value) == message
        points.clear(1, None)
        assert named("way-in").id == 2

    def test_one_waits_for_another(self, points: Breakpoints) -> None:
        process = FakeProcess()
        for _ in range(3):
            create(points, process)
        points.amend(2, process.as_process(), after=After(1, 3))
        points.amend(3, process.as_process(), after=After(2))
        assert [arming.after for arming in process.table[2] + process.table[3]] == [After(1, 3), After(2)]
        for number, after, error in (
            (1, After(3), UsageError), (1, After(1), UsageError), (1, After(2, 0), UsageError),
            (1, After(9), LocationError),
        ):  # fmt: skip
            with pytest.raises(error):
                points.amend(number, process.as_process(), after=after)
        points.clear(1, process.as_process())
        assert points.get(2).after == After(1, 3)  # its hits count on

    def test_commands_are_no_matter_for_the_target(self, points: Breakpoints, heard: Heard) -> None:
        process = FakeProcess()
        create(points, process)
        process.fails[1] = TargetBusyError("busy")
        assert points.amend(1, process.as_process(), commands=("print x",)).commands == ("print x",)
        assert heard.calls == [(1, False), (1, False)]

    def test_where_continue_goes_is_no_breakpoint(self, points: Breakpoints) -> None:
        process = FakeProcess()
        create(points, process)
        points.set_goal((place(LOADED, 7),), process.as_process())
        assert [arming.location.unit.line for arming in process.table[0]] == [7]
        assert len(points.all()) == 1
        assert points.reached_goal((0, 1), process.as_process()) == ((1,), True)
        assert list(process.table) == [1]
        process.fails[0] = AgentError("asked for nothing")
        assert points.reached_goal((1,), process.as_process()) == ((1,), False)

    def test_moved_with_its_source(self, points: Breakpoints) -> None:
        process = FakeProcess()
        made = create(points, process, place(LOADED, 3))
        asked = []

        def resolve(*arguments: object) -> tuple[Location, ...]:
            asked.append(arguments)
            return (place(LOADED, 5),)

        assert points.in_file(LOADED) == (made.id,)
        assert points.in_file(LATER) == ()
        moved = points.move(made.id, resolve, process.as_process())
        assert (moved.placements[0].location.unit.line, states(moved)) == (5, [("armed", "events", "")])
        assert [arguments[0] for arguments in asked] == ["text"]

        def nowhere(*arguments: object) -> tuple[Location, ...]:
            raise LocationError("it is gone")

        assert states(points.move(made.id, nowhere, process.as_process())) == [("refused", "", "it is gone")]
        assert process.table == {}

    def test_the_target_ends_meanwhile(self, points: Breakpoints) -> None:
        process = FakeProcess()
        process.fails = dict.fromkeys(range(9), TargetGoneError("gone"))
        made = create(points, process)
        assert states(made) == [("suspended", "", "")]
        points.amend(1, process.as_process(), condition="a")
        assert points.get(1).condition == "a"
        assert points.clear(1, process.as_process()).condition == "a"
        assert points.all() == ()

    def test_amending_fails_and_it_stays(self, points: Breakpoints, heard: Heard) -> None:
        process = FakeProcess()
        made = create(points, process, condition="a")
        process.fails[1] = TargetBusyError("busy")
        with pytest.raises(TargetBusyError):
            points.amend(1, process.as_process(), condition="b")
        with pytest.raises(TargetBusyError):
            points.clear(1, process.as_process())
        assert (points.all(), heard.calls) == ((made,), [(1, False)])

    def test_disabled_and_enabled(self, points: Breakpoints) -> None:
        process = FakeProcess()
        create(points, process)
        assert states(points.amend(1, process.as_process(), enabled=False)) == [("disabled", "", "")]
        assert process.table == {}
        points.end_run()
        assert states(points.get(1)) == [("disabled", "", "")]
        assert states(points.amend(1, process.as_process(), enabled=True)) == [("armed", "events", "")]

    def test_landing_is_for_one_placement(self, points: Breakpoints) -> None:
        create(points, FakeProcess(), place(LATER, 5), place(LATER, 7), place(LOADED, 5))
        landed = points.landed(Landing(1, LATER, 7, "", "no instruction"))
        assert landed is not None
        assert states(landed) == [("suspended", "", ""), ("refused", "", "no instruction"), ("armed", "events", "")]
        landed = points.landed(Landing(1, LATER, 5, "trace", ""))
        assert landed is not None
        assert states(landed)[0] == ("armed", "trace", "")
        assert points.landed(Landing(1, LATER, 5, "trace", "")) is None
        assert points.landed(Landing(9, LATER, 5, "trace", "")) is None

    def test_counts(self, points: Breakpoints) -> None:
        create(points, FakeProcess())
        points.count({1: 4, 9: 1})
        points.end_run()
        assert points.get(1).hits == 4
        assert points.begin_run(FakeProcess().as_process()) == ()
        assert points.get(1).hits == 0

    def test_one_that_a_new_run_refuses_does_not_stop_the_others(self, points: Breakpoints) -> None:
        for _ in range(3):
            create(points, None)
        process, error = FakeProcess(), AgentError("no", why="so")
        process.fails[2] = error
        assert points.begin_run(process.as_process()) == (error,)
        assert [states(point)[0] for point in points.all()] == [
            ("armed", "events", ""), ("refused", "", "no (so)"), ("armed", "events", ""),
        ]  # fmt: skip


class TestRefused:
    def test_an_unknown_number(self, points: Breakpoints) -> None:
        create(points, None)
        asked: list[Callable[[], object]] = [
            lambda: points.get(2),
            lambda: points.amend(2, None),
            lambda: points.clear(2, None),
        ]
        for refused in asked:
            with pytest.raises(LocationError, match=r"^there is no breakpoint 2 \(set are: 1\)$"):
                refused()

    @pytest.mark.parametrize(
        ("condition", "message"),
        [
            ("a b", "the condition 'a b' is not a Python expression (invalid syntax)"),
            ("a = 1", "the condition 'a = 1' is not a Python expression (invalid syntax)"),
            ("await a", "the condition 'await a' can't be used (await and yield can't run between two lines)"),
        ],
    )
    def test_conditions(self, points: Breakpoints, condition: str, message: str) -> None:
        create(points, None)
        with pytest.raises(EvaluationError) as made:
            create(points, None, condition=condition)
        with pytest.raises(EvaluationError) as amended:
            points.amend(1, None, condition=condition)
        assert [str(made.value), str(amended.value)] == [message, message]
        assert [point.condition for point in points.all()] == [""]

    @pytest.mark.parametrize("wrong", [HitCondition("=", 1), HitCondition("%", 0), HitCondition(">", -1)])
    def test_hit_conditions(self, points: Breakpoints, wrong: HitCondition) -> None:
        create(points, None)
        with pytest.raises(UsageError, match=r"is no hit condition"):
            points.amend(1, None, hit_condition=wrong)
        assert points.get(1).hit_condition is None


@dataclass
class Model:
    """What a breakpoint should be, said simply."""

    places: tuple[Location, ...]
    condition: str = ""
    enabled: bool = True
    hits: int = 0


class BreakpointsMachine(RuleBasedStateMachine):
    """Any order of create, amend, clear, land, hit, end and restart leaves both sides as the model says."""

    numbers = Bundle("numbers")
    _places = st.tuples(st.sampled_from([LOADED, LATER]), st.integers(1, 5)).map(lambda found: place(*found))
    _conditions = st.sampled_from(["", "a", "b > 1"])

    def __init__(self) -> None:
        super().__init__()
        self.points = Breakpoints(Heard(), beside)
        self.process: FakeProcess | None = FakeProcess()
        self.model: dict[int, Model] = {}

    def _target(self) -> Process | None:
        return self.process.as_process() if self.process is not None else None

    @rule(target=numbers, places=st.lists(_places, min_size=1, max_size=3, unique=True), condition=_conditions)
    def create(self, places: list[Location], condition: str) -> int:
        made = self.points.create("text", tuple(places), condition, None, False, self._target())
        assert made.id not in self.model
        self.model[made.id] = Model(tuple(places), condition)
        return made.id

    @rule(number=numbers, condition=_conditions)
    def amend(self, number: int, condition: str) -> None:
        self.points.amend(number, self._target(), condition=condition)
        self.model[number].condition = condition

    @rule(number=numbers, enabled=st.booleans())
    def enable(self, number: int, enabled: bool) -> None:
        self.points.amend(number, self._target(), enabled=enabled)
        self.model[number].enabled = enabled

    @rule(number=consumes(numbers))
    def clear(self, number: int) -> None:
        assert self.points.clear(number, self._target()).id == number
        del self.model[number]

    @precondition(lambda self: self.process is not None)
    @rule(number=numbers, count=st.integers(1, 3))
    def hit(self, number: int, count: int) -> None:
        self.model[number].hits += count
        self.points.count({number: self.model[number].hits, 10_000: 1})

    @precondition(lambda self: self.process is not None and LATER not in self.process.loaded)
    @rule()
    def load(self) -> None:
        assert self.process is not None
        self.process.loaded.add(LATER)
        for number, armings in self.process.table.items():
            for arming in armings:
                if arming.location.file == LATER:
                    self.points.landed(Landing(number, LATER, arming.location.unit.line, "events", ""))

    @rule()
    def exit(self) -> None:
        self.process = None
        self.points.end_run()

    @rule()
    def restart(self) -> None:
        self.process = FakeProcess()
        assert self.points.begin_run(self.process.as_process()) == ()
        for model in self.model.values():
            model.hits = 0

    @invariant()
    def as_the_model_says(self) -> None:
        loaded = self.process.loaded if self.process is not None else set()
        assert [point.id for point in self.points.all()] == sorted(self.model)
        for point in self.points.all():
            model = self.model[point.id]
            assert (point.condition, point.enabled, point.hits) == (model.condition, model.enabled, model.hits)
            wanted = [
                "disabled" if not model.enabled else "armed" if location.file in loaded else "suspended"
                for location in model.places
            ]
            assert [placement.state for placement in point.placements] == wanted

    @invariant()
    def the_target_knows_what_is_enabled(self) -> None:
        if self.process is None:
            return
        wanted = {
            number: [(location, model.condition) for location in model.places]
            for number, model in self.model.items()
            if model.enabled
        }
        known = {
            number: [(arming.location, arming.condition) for arming in armings]
            for number, armings in self.process.table.items()
        }
        assert known == wanted


TestBreakpointsMachine = BreakpointsMachine.TestCase
TestBreakpointsMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, database=None)
