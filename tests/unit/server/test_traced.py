"""What somebody who comes late is told of traced calls."""

from __future__ import annotations

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedTask
from pydelve.server import traced


def test_names_of_tasks_are_kept_as_far_as_they_are_the_last_ones() -> None:
    so_far = traced.TracedSoFar()
    most = traced._KEPT_TASKS
    for first in (1, most // 2, most + 3):
        tasks = tuple(TracedTask(number, f"Task-{number}") for number in range(first, first + most))
        so_far.take(Traced((), (), (), tasks, target=1), heard=True)
    [batch] = so_far.told(0)
    assert [task.index for task in batch.tasks] == [*range(most + 3, 2 * most + 3)]
