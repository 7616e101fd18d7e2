"""Tasks of a process that was looked at once, with their stacks, as text: what ``pydelve stack --tasks`` adds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydelve.api.snapshot import TaskStack
from pydelve.terminal.names import counted
from pydelve.terminal.stacks import frame_lines, printable
from pydelve.terminal.task_lines import state_text, state_text_of_many, task_name
from pydelve.terminal.theme import Theme
from pydelve.terminal.values import render_value

_LISTED = 8


def task_lines(stacks: Sequence[TaskStack], cwd: str, *, width: int, theme: Theme, merged: bool = True) -> list[str]:
    """How many tasks there are, then each with its frames; those in the same state with the same stack are shown once,
    if ``merged``.
    """
    names = {stack.task.id: printable(stack.task.name) for stack in stacks}
    lines = ["", theme.strong(counted(len(stacks), "task") if stacks else "no tasks of asyncio")]
    for group in _merged_tasks(stacks) if merged else [[stack] for stack in stacks]:
        first = group[0]
        lines += ["", theme.strong(_task_head(group, names))]
        lines += frame_lines(first.frames, first.variables, cwd, width, theme, render_value)
        awaiting = [task_name(number, names) for number in first.task.awaited_by] if len(group) == 1 else []
        lines += [f"  awaited by {_list(awaiting)}"] if awaiting else []
    return lines


def _merged_tasks(stacks: Sequence[TaskStack]) -> list[list[TaskStack]]:
    """Tasks that differ in who they are, and for whom they wait, only; the most frequent first."""
    groups: dict[Any, list[TaskStack]] = {}
    for stack in stacks:
        task = stack.task
        places = tuple((frame.function, frame.file, frame.line) for frame in stack.frames)
        key = places, stack.variables, task.state, task.how, task.cancelling, task.cycle, task.problem, task.kept_s
        groups.setdefault(key, []).append(stack)
    return sorted(groups.values(), key=len, reverse=True)


def _task_head(group: Sequence[TaskStack], names: Mapping[int, str]) -> str:
    first = group[0].task
    if len(group) == 1:
        return f"{task_name(first.id, names)}: {printable(state_text(first, names))}"
    who = _list([f"{each.task.id} ({each.task.name})" for each in group])
    return f"{len(group):,} tasks with the same stack, {printable(state_text_of_many(first))}: {who}"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(map(printable, names[:_LISTED]))
    return shown + (f", ...+{len(names) - _LISTED:,}" if len(names) > _LISTED else "")
