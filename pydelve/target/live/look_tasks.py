"""The tasks of one look at a live process: the part of ``look.py`` that is imported where they are asked for only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydelve.api.snapshot import TaskStack
from pydelve.target.cpython.frames import RawFrame
from pydelve.target.cpython.interpreters import RawThread
from pydelve.target.cpython.tasks import TaskNumbers, TaskReader, ThreadFrames
from pydelve.target.cpython.view import View
from pydelve.target.held import Clock

if TYPE_CHECKING:
    from pydelve.target.live.look import Variables


class Found(NamedTuple):
    """The tasks of one look."""

    stacks: tuple[TaskStack, ...]
    """Of those that are not done."""
    missing: tuple[str, ...]
    """What is not among them."""
    damage: tuple[int, int]
    """As ``TaskReader.damage``."""


def task_stacks(
    view: View, threads: Sequence[tuple[RawThread, list[RawFrame]]], now: float | None, variables: Variables
) -> Found:
    """The tasks that are not done; raises nothing.

    Args:
        threads: All of them, with their frames.
        now: What the process's clock says, where that is known.
        variables: Reads those of frames.
    """
    reader = TaskReader(view, TaskNumbers(), [_frames_of(*each) for each in threads], Clock(now, lambda begun: 0.0))
    report = reader.report()
    found = []
    for task in report.tasks:
        if not task.done:
            frames = reader.frames(task.id)
            shown = tuple(view.frame(index, frame) for index, frame in enumerate(frames))
            found.append(TaskStack(task, shown, variables(frames)))
    return Found(tuple(found), report.missing, reader.damage)


def _frames_of(raw: RawThread, frames: list[RawFrame]) -> ThreadFrames:
    return ThreadFrames(raw, lambda: frames)
