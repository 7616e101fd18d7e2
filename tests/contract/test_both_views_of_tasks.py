"""What memory tells of a stopped program's tasks is what the agent in it tells: field by field, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydelve.agent.tasks.shapes import DONE
from pydelve.api.target import Frame
from pydelve.api.tasks import Task
from pydelve.api.values import Value, Variable
from pydelve.target.interface import Process
from tests.contract.test_both_views import SMALL, both, compared, differences, frame_facts
from tests.interpreters import Interpreter

EXPRESSIONS = {
    "forever": "word + '!', later[0]",
    "deeper": "number + 1, forever.__name__",
    "await_task": "kept is None",
}


def by_name(process: Process) -> dict[str, Task]:
    """Its tasks; each has a name of its own, but for those that asyncio has made for a ``gather``."""
    found: dict[str, Task] = {}
    for task in process.tasks().tasks:
        found.setdefault(task.name, task)
    return found


def place(frame: Frame | None) -> tuple[object, ...] | None:
    return None if frame is None else frame_facts(frame)


def facts(task: Task, names: Mapping[int, str]) -> dict[str, object]:
    """All that is told of a task, but how late it was when it was asked."""
    return {
        "name": task.name, "state": task.state, "coroutine": task.coroutine, "thread": task.thread,
        "frame": place(task.frame), "called": place(task.called), "how": task.how,
        "awaits": [names[each] for each in task.awaits], "awaited_by": [names[each] for each in task.awaited_by],
        "cancelling": task.cancelling, "cycle": task.cycle, "sleeps_s": task.sleeps_s,
        "is left": task.left_s is not None, "is kept": task.kept_s > 0, "kind": task.kind, "problem": task.problem,
    }  # fmt: skip


def all_facts(tasks: Mapping[str, Task]) -> dict[str, dict[str, object]]:
    names = {task.id: task.name for task in tasks.values()}
    return {name: facts(task, names) for name, task in tasks.items()}


class Told(NamedTuple):
    """All that one of the two tells, by the names of tasks."""

    tasks: dict[str, Task]
    stacks: dict[str, tuple[tuple[Frame, ...], int]]
    parts: dict[str, list[tuple[int, str, str]]]
    variables: dict[tuple[str, int], tuple[Variable, ...]]
    answers: dict[tuple[str, int], Value | None]


def plain(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    """Those whose values both can tell: not what is made in C, as tasks and locks are."""
    return tuple(each for each in variables if each.value.kind != "object" and each.name != "tasks")


def told(process: Process) -> Told:
    """Asks all of it: the await chain of each task, the variables of its frames, and what is evaluated there."""
    found = Told(by_name(process), {}, {}, {}, {})
    for name, task in found.tasks.items():
        ident = -task.id
        found.stacks[name] = frames, _ = process.stack(ident, 0, 100)
        found.parts[name] = [(part.index, part.name, part.how) for part in process.stack_parts(ident)]
        for frame in frames:
            if frame.library:
                continue
            found.variables[name, frame.index] = process.variables("locals", ident, frame.index, SMALL)
            text = EXPRESSIONS.get(frame.function)
            if text:
                evaluation = process.evaluate(text, ident, frame.index, statements=False, timeout_s=10, limits=SMALL)
                found.answers[name, frame.index] = evaluation.value
    return found


def test_tasks(python: Interpreter, tmp_path: Path) -> None:
    with both(python, tmp_path, "looking/tasks.py") as (subject, looking):
        outside = told(looking)  # first: the agent makes dicts of what instances keep elsewhere
        inside = told(subject.process)
        assert looking.tasks().missing == ()
    if python.version_info >= (3, 14):  # the interpreter's lists have no task that is done; the collector still does
        inside = inside._replace(tasks={name: task for name, task in inside.tasks.items() if not task.done})
    assert list(outside.tasks) == list(inside.tasks)
    assert all_facts(outside.tasks) == all_facts(inside.tasks)
    states = {task.state for task in inside.tasks.values()}
    assert states == {"running", "runnable", "waiting", *(DONE if python.version_info < (3, 14) else ())}
    assert {task.how for task in inside.tasks.values()} >= {"", "task", "gather", "shield", "wait"}
    assert {name for name, task in inside.tasks.items() if task.cycle} == {"left", "right"}
    for name in inside.tasks:
        frames, total = inside.stacks[name]
        seen, count = outside.stacks[name]
        assert (list(map(frame_facts, seen)), count) == (list(map(frame_facts, frames)), total), name
        assert outside.parts[name] == inside.parts[name]
    for where, variables in inside.variables.items():
        assert compared(plain(outside.variables[where]), plain(variables)) == [], where
    assert len(inside.answers) > 10
    for where, value in inside.answers.items():
        seen_value = outside.answers[where]
        assert value is not None
        assert seen_value is not None
        assert differences(seen_value, value, str(where)) == []
