"""Damaged memory: whatever bits are flipped under the reader, it ends soon, and raises nothing but what it may."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydelve.api.values import Limits
from pydelve.errors import EvaluationError, UnsupportedError
from pydelve.target.cpython.asyncio_tasks import AsyncioReader
from pydelve.target.cpython.evaluation import SafeEvaluator
from pydelve.target.cpython.frames import FrameReader
from pydelve.target.cpython.interpreters import InterpreterReader, RawThread
from pydelve.target.cpython.layout import Runtime, choose_layout
from pydelve.target.cpython.layouts.asyncio_futures import TABLES
from pydelve.target.cpython.locks import LockReader
from pydelve.target.cpython.memory import PAGE_SIZE, Memory, UnreadableError
from pydelve.target.cpython.names import FrameNames, ModuleNames, examined
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.cpython.operands import At
from pydelve.target.cpython.tasks import TaskNumbers, TaskReader, ThreadFrames
from pydelve.target.cpython.values import ValueReader
from pydelve.target.cpython.view import View
from pydelve.target.held import Clock
from pydelve.target.live.memory import ProcessMemory, find_runtime
from pydelve.target.task_report import TasksReport
from tests.interpreters import Interpreter
from tests.unit.target.cpython.surroundings import NoSurroundings

PROGRAMS = Path(__file__).resolve().parents[3] / "programs" / "looking"
_LIMITS = Limits(max_items=20, max_depth=3, max_total=400)
_MOST_S = 10.0


class Recording(ProcessMemory):
    """Remembers which places were read."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.places: set[int] = set()

    def read(self, address: int, size: int) -> bytes:
        self.places.update(range(address, address + min(size, 64)))
        return super().read(address, size)

    def word(self, address: int) -> int:
        self.places.update(range(address, address + 8))
        return super().word(address)

    @property
    def pages(self) -> dict[int, bytes]:
        return dict(self._pages)


class Damaged(Memory):
    """Recorded pages with some bits flipped; what was not recorded is not there."""

    def __init__(self, pages: dict[int, bytes], flips: list[tuple[int, int]]) -> None:
        super().__init__()
        changed: dict[int, bytearray] = {}
        for address, mask in flips:
            number, offset = divmod(address, PAGE_SIZE)
            changed.setdefault(number, bytearray(pages[number]))[offset] ^= mask
        self._all = {**pages, **{number: bytes(page) for number, page in changed.items()}}

    def _read_page(self, number: int) -> bytes:
        if number not in self._all:
            raise UnreadableError("not recorded")
        return self._all[number]


class Recorded(NamedTuple):
    runtime: Runtime
    pages: dict[int, bytes]
    places: list[int]


def walk(memory: Memory, runtime: Runtime, *, answers: bool = False) -> int:
    """Everything a look reads; how many values. With ``answers``, what the prompt asks, too."""
    objects = ObjectReader(memory, choose_layout(memory, runtime))
    interpreters = InterpreterReader(objects, runtime)
    frames, values = FrameReader(objects), ValueReader(objects, _LIMITS)
    threads, _ = interpreters.threads({1, 2, 3})
    interpreters.thread_names()
    count = 0
    for thread in threads[:20]:
        found, _ = frames.frames(thread.address)
        for frame in found[:50]:
            frames.globals_name(frame)
            for variable in frames.variables(frame, values):
                count += variable.value.kind != "unbound"
    if answers:
        answer(objects, interpreters, frames, threads[:20])
    return count


EXPRESSIONS = (
    "found['pair'].x + 1", "found['plain'].second", "found['derived'].middle", "found['error'].__cause__",
    "found['own_list'][1:]", "len(found['holed_set']) > 3", "found['by_any'][3,]", "found['many'] == {}", "expected",
    "found['complex'].imag", "isinstance(found['own_int'], int)", "found['texts'][4] * 2",
    "found['counted']['a'] in found['sets'][1]", "found['slotted'].left", "describe.__name__", "Plain", "not found",
)  # fmt: skip


def answer(
    objects: ObjectReader, interpreters: InterpreterReader, frames: FrameReader, threads: list[RawThread]
) -> None:
    """What the prompt asks besides: names, the safe evaluator, modules, attributes, locks."""
    values = ValueReader(objects, _LIMITS, opens=True)
    stacks = {thread.ident: frames.frames(thread.address)[0][:50] for thread in threads}
    for stack in stacks.values():
        for frame in stack:
            names = FrameNames(objects, frames, frame)
            for text in EXPRESSIONS:
                with suppress(UnreadableError, UnsupportedError, EvaluationError):
                    evaluator = SafeEvaluator(objects, names.find)
                    operand = evaluator.evaluate(text)
                    shown = evaluator.operands.value(operand, values, _LIMITS)
                    if shown.handle:
                        values.open(shown.handle, 1, 5)
                    if isinstance(operand, At):
                        examined(objects, operand.address, values)
    with suppress(UnreadableError):
        modules = ModuleNames(objects, interpreters.modules(), str)
        list(modules.files())
        modules.main_file(), modules.search_path(), modules.command()
    LockReader(objects, frames).waits(stacks, dict.fromkeys(stacks, 1 << 40))


def walk_tasks(memory: Memory, runtime: Runtime, numbers: TaskNumbers | None = None) -> TasksReport:
    """All tasks, their stacks, and the variables in these."""
    view = View(memory, runtime, choose_layout(memory, runtime), NoSurroundings())
    threads, _ = view.interpreters.threads({1, 2, 3})
    values = ValueReader(view.objects, _LIMITS)

    def frames_of(thread: RawThread) -> ThreadFrames:
        return ThreadFrames(thread, lambda: view.frames.frames(thread.address)[0])

    numbers = numbers or TaskNumbers()
    reader = TaskReader(view, numbers, list(map(frames_of, threads[:20])), Clock(0.0, lambda begun: 0.0))
    for thread in threads[:20]:
        reader.current(thread)
    report = reader.report()
    for task in report.tasks[:30]:
        for frame in reader.stack(task.id)[0][:20]:
            view.frames.variables(frame, values)
    return report


@cache
def record(python: str, tasks: bool = False) -> Recorded:
    program = PROGRAMS / ("hung_tasks.py" if tasks else "values.py")
    with subprocess.Popen([python, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b"ready" in line or not tasks for line in lines)
        memory = Recording(process.pid)
        runtime = find_runtime(process.pid, memory)
        if tasks:
            assert len(walk_tasks(memory, runtime).tasks) >= 9
        else:
            assert walk(memory, runtime, answers=True) > 20
        memory.close()
        process.kill()
    return Recorded(
        runtime, memory.pages, sorted(place for place in memory.places if place // PAGE_SIZE in memory.pages)
    )


@pytest.fixture
def recorded(python: Interpreter) -> Recorded:
    return record(python.path)


def test_undamaged_it_reads_all(recorded: Recorded) -> None:
    assert walk(Damaged(recorded.pages, []), recorded.runtime) > 20


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bits(recorded: Recorded, data: st.DataObject) -> None:
    places = st.sampled_from(recorded.places)
    flips = data.draw(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=30))
    begun = time.monotonic()
    with suppress(UnreadableError, UnsupportedError):
        walk(Damaged(recorded.pages, flips), recorded.runtime)
    assert time.monotonic() - begun < _MOST_S


def check(report: TasksReport, whole: TasksReport) -> None:
    """What is told of damaged tasks holds together: none awaits what is not there; what is unreadable says why."""
    ids = {task.id for task in report.tasks}
    states = {task.state for task in whole.tasks} | {"runnable", "finished", "cancelled", "failed", "unreadable"}
    for task in report.tasks:
        assert ids.issuperset(task.awaits) and ids.issuperset(task.awaited_by)
        assert task.state in states
        assert bool(task.problem) or task.state != "unreadable"
    assert len(report.tasks) < 1000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bits_under_tasks(python: Interpreter, data: st.DataObject) -> None:
    recorded = record(python.path, True)
    whole = walk_tasks(Damaged(recorded.pages, []), recorded.runtime)
    assert {task.state for task in whole.tasks} == {"running", "waiting"}
    assert not any(task.problem for task in whole.tasks)
    places = st.sampled_from(recorded.places)
    flips = data.draw(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=30))
    begun = time.monotonic()
    with suppress(UnreadableError, UnsupportedError):  # of the interpreter itself, before any task
        check(walk_tasks(Damaged(recorded.pages, flips), recorded.runtime), whole)
    assert time.monotonic() - begun < _MOST_S


def test_tasks_of_other_libraries_are_said_to_be_missing() -> None:
    text = "import sys; sys.modules.update(dict.fromkeys(['trio', 'greenlet'], sys)); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        memory = ProcessMemory(process.pid)
        report = walk_tasks(memory, find_runtime(process.pid, memory))
        memory.close()
        process.kill()
    assert report.tasks == ()
    assert report.missing == (
        "trio's tasks are not read from memory",
        "greenlets are not read from memory: their layout is their library's own",
    )


def test_what_is_damaged_says_so(python: Interpreter) -> None:
    """A task whose coroutine is nowhere, one of no state, and, from 3.14 on, a list with a broken link."""
    recorded = record(python.path, True)
    table = TABLES[python.version_info[1]]
    whole = Damaged(recorded.pages, [])
    view = View(whole, recorded.runtime, choose_layout(whole, recorded.runtime), NoSurroundings())
    reader = AsyncioReader(view.objects, view.interpreters, view.frames, view.surroundings.section)
    places = {reader.futures.name(task): task for task in reader.all(view.interpreters.threads({1, 2, 3})[0])[0]}
    flips = [(places["rest"] + table["task.coroutine"] + 6, 0x40), (places["over"] + table["future.state"], 0x40)]
    told = {task.name: task for task in walk_tasks(Damaged(recorded.pages, flips), recorded.runtime).tasks}
    assert {name for name, task in told.items() if task.problem} == {"rest", "over"}
    assert [told[name].state for name in ("rest", "over")] == ["unreadable", "unreadable"]
    assert told["rest"].problem == "not recorded"
    assert told["over"].problem == "a future in a state that there is not"
    if "task.node" in table:
        report = walk_tasks(Damaged(recorded.pages, [(places["both"] + table["task.node"] + 8, 8)]), recorded.runtime)
        assert len(report.tasks) < len(told)
        assert [line.partition(" can't be read: ")[2] for line in report.missing] == ["its links don't fit"]


def test_tasks_keep_their_numbers_over_a_look_that_is_not_whole(python: Interpreter) -> None:
    recorded, numbers = record(python.path, True), TaskNumbers()
    whole = Damaged(recorded.pages, [])
    view = View(whole, recorded.runtime, choose_layout(whole, recorded.runtime), NoSurroundings())
    registry = view.objects.entry(
        view.interpreters.names_of("asyncio.tasks"),
        "_all_tasks" if python.version_info < (3, 12) else "_scheduled_tasks",
    )
    flips = [(registry + view.objects.at["object.type"] + 6, 0x40)]
    if python.version_info >= (3, 14):
        flips = [(view.interpreters.threads({1})[0][0].address + view.objects.at["thread.tasks"] + 6, 0x40)]
    before = {task.name: task.id for task in walk_tasks(whole, recorded.runtime, numbers).tasks}
    (problem,) = walk_tasks(Damaged(recorded.pages, flips), recorded.runtime, numbers).missing
    assert problem.endswith("can't be read: not recorded")
    assert {task.name: task.id for task in walk_tasks(whole, recorded.runtime, numbers).tasks} == before


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bits_under_the_prompt(recorded: Recorded, data: st.DataObject) -> None:
    """The safe evaluator answers, or refuses as it does: no other error, and no end that doesn't come."""
    places = st.sampled_from(recorded.places)
    flips = data.draw(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=200))
    begun = time.monotonic()
    with suppress(UnreadableError, UnsupportedError):
        walk(Damaged(recorded.pages, flips), recorded.runtime, answers=True)
    assert time.monotonic() - begun < _MOST_S


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(0, 10_000), max_size=5))
def test_pages_lost(seed: int, lost: set[int]) -> None:
    recorded = record(sys.executable)
    numbers = sorted(recorded.pages)
    gone = {numbers[(seed + index) % len(numbers)] for index in lost}
    pages = {number: page for number, page in recorded.pages.items() if number not in gone}
    with suppress(UnreadableError, UnsupportedError):
        walk(Damaged(pages, []), recorded.runtime)
