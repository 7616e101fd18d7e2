"""Tasks of asyncio: all of them are found, with what they wait for; steps stay with theirs while others run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import HitCondition
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    ClearBreakpoint,
    CreateBreakpoint,
    Evaluate,
    GetStack,
    GetTasks,
    GetThreads,
    GetVariables,
    ListBreakpoints,
    Resume,
)
from pydelve.api.tasks import Task, TaskFilter
from pydelve.errors import EvaluationError, EvaluationInterrupted, PydelveError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

TURNS = 5  # of a hundred requests each
Program = Callable[[str], Path]


@pytest.fixture
def session(python: Interpreter, program: Program, tmp_path: Path) -> Iterator[LiveSession]:
    script = program("tasks.py")
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    options = LaunchOptions(
        kind="script", program=str(script), arguments=(str(TURNS),), python=python.path, stdout_fd=output,
        stderr_fd=output,
    )  # fmt: skip
    with LiveSession(options) as live:
        os.close(output)
        live.wait_stop()
        yield live


@pytest.fixture
def lines(marker: Callable[[Path | str], dict[str, int]], session: LiveSession, tmp_path: Path) -> dict[str, int]:
    return marker(tmp_path / "tasks.py")


def at(session: LiveSession, lines: dict[str, int], name: str, condition: str = "") -> None:
    point = session.call(CreateBreakpoint(f"tasks.py:{lines[name]}", condition=condition))
    session.resume()
    session.call(ClearBreakpoint(point.id))


def awaited(tasks: dict[str, Task], name: str) -> list[str]:
    by_id = {task.id: task.name for task in tasks.values()}
    return sorted(by_id[number] for number in tasks[name].awaits)


def test_every_task_of_every_loop(
    session: LiveSession, lines: dict[str, int], tmp_path: Path, python: Interpreter
) -> None:
    at(session, lines, "here")
    found = session.call(GetTasks()).tasks
    tasks = {task.name: task for task in found}
    threads = {thread.name: thread.id for thread in session.call(GetThreads())}
    other_main = next(task.name for task in found if task.coroutine == "other_loop")
    main = next(task for task in found if task.coroutine == "main")
    has_group, has_eager = python.version_info >= (3, 11), python.version_info >= (3, 12)
    here = {"other", "python", "own", "limited", main.name, other_main}
    here |= {"group", "member 1", "member 2"} if has_group else set()
    here |= {"eager"} if has_eager else set()
    inner = set(tasks) - here  # what wait_for has made up to 3.11
    assert len(tasks) == len(found) and len(inner) == (0 if has_eager else 1)
    assert {name for name, task in tasks.items() if task.thread == threads["other"]} == {"other", other_main}
    assert (main.state, main.current, main.thread) == ("running", True, threads["MainThread"])
    assert {task.state for task in found if task.id != main.id and task.name != other_main} == {"waiting"}
    places = {name: (task.frame.line if task.frame else 0) for name, task in tasks.items()}
    assert {name for name, line in places.items() if line == lines["forever"]} == (
        {"other", "python", "own", *inner}
        | ({"member 1", "member 2"} if has_group else set())
        | ({"eager", "limited"} if has_eager else set())
    )
    if has_group:
        assert (tasks["group"].how, awaited(tasks, "group")) == ("task group", ["member 1", "member 2"])
    if inner:
        assert (tasks["limited"].how, set(awaited(tasks, "limited"))) == ("wait_for", inner)
    # the await chain, with frames that have locals and evaluate
    name = "member 1" if has_group else next(iter(inner), "limited")
    stack = session.call(GetStack(-tasks[name].id))
    own = [frame.function for frame in stack.frames if not frame.library]
    assert own == (["forever", "group"] if has_group else ["forever", "wait_long"])
    assert [part.name for part in stack.parts] == (["group"] if has_group else ["limited"])
    last = stack.frames[-1].index
    assert [v.name for v in session.call(GetVariables("locals", -tasks[name].id, last))] == (
        ["members"] if has_group else []
    )
    answer = session.call(Evaluate("forever.__name__", -tasks[name].id, last))
    assert answer.value is not None and answer.value.text == "forever"
    with pytest.raises(PydelveError, match="there is no such task any more"):
        session.call(GetStack(-9999))
    numbers = {task.name: task.id for task in found}
    session.resume(Resume("next"))  # they keep their numbers
    assert {task.name: task.id for task in session.call(GetTasks()).tasks if task.name in numbers} == numbers


def test_steps_stay_with_their_task(session: LiveSession, lines: dict[str, int], tmp_path: Path) -> None:
    """One of 100 requests in flight is stepped over its three awaits, in each turn another one."""
    for turn in range(TURNS):
        number = (turn * 37) % 100
        at(session, lines, "read", f"turn == {turn} and number == {number}")
        seen = []
        for _ in range(3):
            stop = session.resume(Resume("next"))
            seen.append((stop.task_name, stop.frames[0].line - lines["read"], stop.interrupted_step))
        mine = f"request {number}"
        assert seen == [(mine, 1, False), (mine, 2, False), (mine, 3, False)]
        variables = {v.name: v.value.text for v in session.call(GetVariables("locals"))}
        assert (variables["number"], variables["row"], variables["text"]) == (str(number), *[str(number + 1)] * 2)
    session.call(Resume("continue"))
    assert session.wait_exit().status == 0
    assert (tmp_path / "output").read_text().startswith("done")


def test_a_task_that_waits_is_stepped(session: LiveSession, lines: dict[str, int]) -> None:
    """Another task than the one that stopped goes on to its next line; stepout leads to the task that awaits it."""
    at(session, lines, "read", "number == 50")
    (task,) = session.call(GetTasks((TaskFilter("name", "request 41"),))).tasks
    frames = session.call(GetStack(-task.id)).frames
    index = next(frame.index for frame in frames if not frame.library)
    stop = session.resume(Resume("next", thread=-task.id, frame=index))
    assert (stop.task, stop.task_name, stop.frames[0].function) == (task.id, "request 41", "read")
    stop = session.resume(Resume("stepout", thread=-task.id))
    assert (stop.frames[0].function, stop.reason, stop.task) == ("request", "step", task.id)
    assert stop.returned is not None and stop.returned.value.text == "41"
    stop = session.resume(Resume("stepout"))
    assert (stop.frames[0].function, stop.reason) == ("main", "step")
    assert stop.returned is not None and stop.returned.value.kind == "none"


def test_filters_and_groups(session: LiveSession, lines: dict[str, int]) -> None:
    at(session, lines, "read", "number == 50")
    page = session.call(GetTasks((TaskFilter("name", "REQUEST"), TaskFilter("state", "running", True)), count=5))
    assert (len(page.tasks), page.total) == (5, 99)
    assert [task.name for task in page.tasks] == [f"request {number}" for number in range(5)]
    more = session.call(GetTasks((TaskFilter("name", "request"),), start=95)).tasks
    assert [task.name for task in more] == [f"request {number}" for number in range(95, 100)]
    groups = session.call(GetTasks((TaskFilter("coroutine", "request"),), group="coroutine")).groups
    assert [(group.label, len(group.tasks)) for group in groups] == [("request", 100)]
    (main,) = session.call(GetTasks((TaskFilter("awaiting", "gather"),))).tasks
    assert (main.coroutine, len(main.awaits)) == ("main", 100)


def test_a_breakpoint_of_one_task_and_counts_of_each(session: LiveSession, lines: dict[str, int]) -> None:
    at(session, lines, "read", "number == 50")
    tasks = {task.name: task.id for task in session.call(GetTasks()).tasks}
    with pytest.raises(PydelveError, match="there is no task 9999"):
        session.call(CreateBreakpoint("fetch", thread=-9999))
    only = session.call(CreateBreakpoint("fetch", thread=-tasks["request 41"]))
    stop = session.resume()
    assert (stop.breakpoints, stop.task_name) == ((only.id,), "request 41")
    session.call(ClearBreakpoint(only.id))
    # the loop of read is gone through up to two times more in each request: the second arrival at its head of each
    each = session.call(
        CreateBreakpoint(f"tasks.py:{lines['loop']}", hit_condition=HitCondition("==", 2), per_task=True)
    )
    seen = [session.resume().task_name for _ in range(20)]
    assert len(set(seen)) == 20 and each.per_task
    (point,) = session.call(ListBreakpoints())
    assert point.hits > 20


def test_awaiting_something_in_a_stop(session: LiveSession, lines: dict[str, int], tmp_path: Path) -> None:
    """The other tasks of the loop go on meanwhile; afterwards everything is as it was, whatever came of it."""
    at(session, lines, "read", "number == 50")

    def evaluated(text: str, timeout_s: float = 20.0) -> str:
        value = session.call(Evaluate(text, timeout_s=timeout_s)).value
        return value.text if value is not None else ""

    before = {task.id for task in session.call(GetTasks()).tasks}
    assert evaluated("await fetch(number)") == "51"
    assert evaluated("await asyncio.gather(fetch(1), fetch(2), asyncio.sleep(0.02))") == ""
    with pytest.raises(EvaluationInterrupted):
        evaluated("await forever()", 0.3)
    with pytest.raises(EvaluationError, match="ZeroDivisionError"):
        evaluated("await fetch(1 // 0)")
    assert {task.id for task in session.call(GetTasks()).tasks} <= before
    assert evaluated("number, turn, body if 'body' in locals() else None") == ""
    other = next(thread.id for thread in session.call(GetThreads()) if thread.name == "other")
    with pytest.raises(PydelveError, match="a frame of another"):
        session.call(Evaluate("await forever()", thread=other))
    stop = session.resume(Resume("next"))
    assert (stop.task_name, stop.frames[0].line) == ("request 50", lines["read"] + 1)
    session.call(Resume("continue"))
    assert session.wait_exit().status == 0
    assert (tmp_path / "output").read_text().startswith("done")
