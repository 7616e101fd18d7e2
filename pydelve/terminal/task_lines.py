"""Tasks as text: facts of ``api.tasks`` in one line each, their groups, their tree and their stacks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydelve.api.target import Stack
from pydelve.api.tasks import Task, TaskGroup
from pydelve.records import replace
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.places import place, stack_lines
from pydelve.terminal.stacks import printable
from pydelve.terminal.theme import Theme

_LISTED = 8
_KEPT_S = 0.1  # from here on it is said that a task keeps the others waiting: asyncio's slow_callback_duration


def task_lines(tasks: Sequence[Task], *, selected: int, cwd: str, theme: Theme, names: Mapping[int, str]) -> list[str]:
    """One line a task: id, name, state with what it waits for, place; ``=>`` at the selected one."""
    states = [state_text(task, names) for task in tasks]
    id_width = max((len(str(task.id)) for task in tasks), default=1)
    shown = [printable(task.name) for task in tasks]
    name_width = min(max(map(len, shown), default=0), 30)
    state_width = min(max(map(len, states), default=0), 56)
    lines = []
    for task, name, state in zip(tasks, shown, states, strict=True):
        arrow = theme.mark("=>") if task.id == selected else "  "
        who = f"{task.id:>{id_width}}  {name:<{name_width}}"
        lines.append(f"{arrow} {who}  {state:<{state_width}}  {_place(task, cwd)}".rstrip())
    return lines


def _place(task: Task, cwd: str) -> str:
    if task.frame is None:
        return task.coroutine
    return place(task.frame, cwd)


def state_text(task: Task, names: Mapping[int, str]) -> str:
    """``waiting for task 3 (Task-3)``, ``waiting in sleep(10), 3.2 s left``, ``running``; what is wrong with it."""
    text: str = task.state
    if task.state == "unreadable":
        return f"unreadable: {task.problem}"
    if task.state == "waiting":
        text = f"waiting {_for(task, names)}".rstrip()
    elif task.kept_s >= _KEPT_S:
        text = f"running, keeps its loop for {task.kept_s:.1f} s"
    if task.cycle:
        text += ", which waits for itself"
    if task.cancelling and not task.done:
        text += ", cancelled"
    if task.problem:
        text += f"; {task.problem}"
    return text


def state_text_of_many(task: Task) -> str:
    """The same without what tasks with the same stack differ in: for which others, and how long."""
    alike = replace(task, awaits=(), sleeps_s=None, left_s=None, kept_s=0.0)
    if not task.how:
        return state_text(alike, {})
    ended = state_text(replace(alike, how="", called=None), {}).removeprefix("waiting for a future")
    return f"waiting {'for a task' if task.how == 'task' else f'in {task.how}'}{ended}"


def _for(task: Task, names: Mapping[int, str]) -> str:
    if task.sleeps_s is not None:
        left = "" if task.left_s is None else f", {max(task.left_s, 0.0):.1f} s left"
        return f"in sleep({task.sleeps_s:g}){left}"
    if task.how == "task" and len(task.awaits) == 1:
        return f"for {task_name(task.awaits[0], names)}"
    if task.how and task.awaits:
        return f"in {task.how} for {_some(task.awaits)}"
    if task.called is not None:
        return f"in {task.called.function}"
    return "for a future" if task.kind == "asyncio" else ""


def task_name(number: int, names: Mapping[int, str]) -> str:
    """``task 3 (Task-3)``."""
    return f"task {number} ({printable(names[number])})" if number in names else f"task {number}"


def _some(numbers: Sequence[int]) -> str:
    words = [str(number) for number in numbers[:_LISTED]]
    if len(numbers) > len(words):
        words.append(f"...+{len(numbers) - len(words):,}")
    return ("task " if len(numbers) == 1 else "tasks ") + ", ".join(words)


def group_lines(groups: Sequence[TaskGroup], cwd: str) -> list[str]:
    """One line a group, the largest first: how many, what they have in common, which."""
    width = max((len(f"{len(group.tasks):,}") for group in groups), default=1)
    return [f"{len(group.tasks):>{width},}  {_label(group.label, cwd)}: {_some(group.tasks)}" for group in groups]


def _label(label: str, cwd: str) -> str:
    path, line, rest = label.partition(":")
    return short_path(path, cwd) + line + rest if path.startswith("/") else label or "(done)"


def tree_lines(tasks: Sequence[Task], *, selected: int, cwd: str, theme: Theme) -> list[str]:
    """Each task below those that await it; one that several await is shown below the first, and named at the others."""
    by_id = {task.id: task for task in tasks}
    names = {task.id: task.name for task in tasks}
    lines: list[str] = []
    shown: set[int] = set()

    def add(number: int, depth: int) -> None:
        todo = [(number, depth)]
        while todo:
            each, level = todo.pop()
            task = by_id[each]
            again = each in shown
            text = f"{each}  {printable(task.name)}" + ("  (see above)" if again else f"  {state_text(task, names)}")
            place_text = "" if again else f"  {_place(task, cwd)}"
            arrow = theme.mark("=>") if each == selected and not again else "  "
            lines.append(f"{arrow} {'    ' * level}{text}{place_text}".rstrip())
            if not again:
                shown.add(each)
                todo += [(inner, level + 1) for inner in reversed(task.awaits) if inner in by_id]

    for task in tasks:
        if not any(number in by_id for number in task.awaited_by):
            add(task.id, 0)
    for task in tasks:  # in a cycle, each is awaited
        if task.id not in shown:
            add(task.id, 0)
    return lines


def task_stack_lines(
    stack: Stack, *, selected: int, cwd: str, theme: Theme, indent: str = "", fold: bool = True
) -> list[str]:
    """The frames of an await chain, with a line where the next task begins."""
    begins = [part.index for part in stack.parts]
    lines: list[str] = []
    bounds = [0, *begins, len(stack.frames)]
    parts = [None, *stack.parts]
    for part, start, end in zip(parts, bounds, bounds[1:], strict=False):
        if part is not None and part.index < max(len(stack.frames), 1):
            how = "" if part.how == "task" else f" in {part.how}"
            lines.append(theme.dim(f"   awaited by task {part.task} ({printable(part.name)}){how}"))
        frames = stack.frames[start:end]
        if frames:
            total = frames[-1].index + 1  # what is left out is said at the end
            lines += stack_lines(frames, total, selected=selected, cwd=cwd, theme=theme, fold=fold)
    if stack.frames and stack.total > len(stack.frames):
        lines.append(f"...+{counted(stack.total - len(stack.frames), 'more frame')}; all: stack {stack.total}")
    if not stack.frames:
        lines.append("   no frames: it is done, or runs no coroutine of Python's")
    return [f"{indent}{line}" for line in lines]
