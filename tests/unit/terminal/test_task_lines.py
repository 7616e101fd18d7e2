"""Tasks that were read from memory, as text: what is damaged, what a core file does not tell, many at once."""

from __future__ import annotations

import math

import pytest

from pydelve.api.tasks import Task
from pydelve.records import replace
from pydelve.terminal.stacks import plain_data
from pydelve.terminal.task_lines import state_text, state_text_of_many

TASK = Task(3, "Task-3", "waiting", "work", 0, None, None)


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (TASK, "waiting for a future"),
        (replace(TASK, state="unreadable", problem="0x1000 is not in memory"), "unreadable: 0x1000 is not in memory"),
        (replace(TASK, problem="its frames can't be read: why"), "waiting for a future; its frames can't be read: why"),
        (replace(TASK, sleeps_s=2.5), "waiting in sleep(2.5)"),
        (replace(TASK, sleeps_s=2.5, left_s=1.25), "waiting in sleep(2.5), 1.2 s left"),
        (replace(TASK, how="task", awaits=(4,), cycle=True), "waiting for task 4 (four), which waits for itself"),
        (replace(TASK, how="gather", awaits=(4, 5), cancelling=True), "waiting in gather for tasks 4, 5, cancelled"),
    ],
)
def test_one(task: Task, text: str) -> None:
    assert state_text(task, {4: "four"}) == text


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (TASK, "waiting for a future"),
        (replace(TASK, how="task", awaits=(4,), cycle=True), "waiting for a task, which waits for itself"),
        (replace(TASK, how="gather", awaits=(4, 5), cancelling=True), "waiting in gather, cancelled"),
        (replace(TASK, state="runnable"), "runnable"),
    ],
)
def test_many(task: Task, text: str) -> None:
    assert state_text_of_many(task) == text


def test_a_sleep_without_end_is_json() -> None:
    found = plain_data(replace(TASK, sleeps_s=math.inf, left_s=-math.inf, kept_s=math.nan))
    assert [found[name] for name in ("sleeps_s", "left_s", "kept_s")] == [
        {"float": "inf"},
        {"float": "-inf"},
        {"float": "nan"},
    ]
    assert state_text(replace(TASK, sleeps_s=math.inf, left_s=math.inf), {}) == "waiting in sleep(inf), inf s left"
