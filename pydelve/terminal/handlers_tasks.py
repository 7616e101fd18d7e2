"""The commands about tasks. Handlers of the table in ``commands``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pydelve.api.requests import GetStack, GetTasks
from pydelve.api.tasks import Task, TaskField, TaskFilter, TaskPage
from pydelve.errors import PydelveError, UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted, nearest
from pydelve.terminal.parsing import whole_number
from pydelve.terminal.places import place
from pydelve.terminal.session import Session
from pydelve.terminal.task_lines import group_lines, task_lines, task_stack_lines, tree_lines

_OPTIONS = ("-with", "-without", "-group", "-t", "-exec", "-tree", "-done", "-all")
_FIELDS: tuple[TaskField, ...] = tuple(field for field in get_args(TaskField) if field != "any")
_GROUPS = ("location", "coroutine", "state")
_STACK_DEPTH = 10


@dataclass
class _Wanted:
    """What follows ``tasks``, taken apart."""

    filters: tuple[TaskFilter, ...] = ()
    group: Literal["", "location", "coroutine", "state"] = ""
    depth: int = 0
    """Frames of each task's stack; 0: none."""
    command: str = ""
    tree: bool = False
    done: bool = False
    everything: bool = False


def tasks(call: Call) -> None:
    """``tasks``: those that are not done, one line each, or by group, as a tree, with stacks, or with a command."""
    session, wanted = call.session, _wanted(call.text)
    most = 1_000_000 if wanted.everything or wanted.tree or wanted.command else session.settings.listing_lines
    page = session.ask(GetTasks(wanted.filters, wanted.done, wanted.group, 0, most))
    theme = session.screen.theme
    if not page.total:
        session.screen.line("no tasks" + (" that are so" if wanted.filters else ""))
    elif wanted.group:
        session.screen.lines(group_lines(page.groups, session.cwd))
    elif wanted.tree:
        session.screen.lines(tree_lines(page.tasks, selected=_selected(session), cwd=session.cwd, theme=theme))
    elif wanted.command:
        _each(call, page.tasks, wanted.command)
    else:
        _show(session, page, wanted.depth)
    for problem in page.missing:
        session.screen.remark(problem)


def _show(session: Session, page: TaskPage, depth: int) -> None:
    lines = task_lines(
        page.tasks, selected=_selected(session), cwd=session.cwd, theme=session.screen.theme, names=dict(page.names)
    )
    for task, line in zip(page.tasks, lines, strict=True):
        session.screen.line(line)
        if depth:
            stack = session.ask(GetStack(-task.id, 0, depth))
            session.screen.lines(
                task_stack_lines(stack, selected=-1, cwd=session.cwd, theme=session.screen.theme, indent="      ")
            )
    left = page.total - len(page.tasks)
    if left:
        session.screen.remark(f"...+{counted(left, 'more task')}; all: tasks -all")


def _each(call: Call, chosen: Sequence[Task], command: str) -> None:
    """Run a command at each of them; what fails at one is said, and is no reason to leave out the rest."""
    session, stop = call.session, call.session.stop
    for task in chosen:
        session.screen.line(session.screen.theme.strong(f"task {task.id} ({task.name})"))
        with session.looking_at(thread=-task.id, frame=_own_frame(session, task.id)):
            try:
                call.execute(command)
            except PydelveError as error:
                session.screen.error(error)
        if session.stop is not stop:  # it let the program run
            return


def task(call: Call) -> None:
    """``task``: look at another task, for good or for one command."""
    session = call.session
    word, _, rest = call.text.partition(" ")
    number = whole_number(word, "task's number", command="task") if word else _selected(session)
    found = {each.id: each for each in session.ask(GetTasks(done=True)).tasks}
    if not number:
        raise UsageError("the program is in no task here", hint="tasks")
    if number not in found:
        close = sorted(found)
        known = f"there are {close[0]} to {close[-1]}" if close else "there are none"
        raise UsageError(f"there is no task {number}", why=known, hint="tasks")
    chosen = found[number]
    if rest.strip() and chosen.done:
        raise UsageError(f"task {number} ({chosen.name}) is done", why="it has no frames", hint="tasks")
    if rest.strip():
        with session.looking_at(thread=-number, frame=_own_frame(session, number)):
            call.execute(rest.strip())
        return
    names = {each.id: each.name for each in found.values()}
    session.screen.lines(
        task_lines([chosen], selected=number, cwd=session.cwd, theme=session.screen.theme, names=names)
    )
    if not chosen.done:
        session.select(thread=-number, frame=_own_frame(session, number))
        frame = session.current_frame()
        if frame.index:
            session.screen.line(session.screen.theme.strong(f"> frame {frame.index}, {place(frame, session.cwd)}"))
        session.sources.show_around(frame)


def _own_frame(session: Session, number: int) -> int:
    """Index of the innermost of the user's frames in a task's stack, before those of other tasks."""
    stack = session.ask(GetStack(-number, 0, session.settings.stack_depth))
    own = stack.parts[0].index if stack.parts else len(stack.frames)
    return next((frame.index for frame in stack.frames[:own] if not frame.library), 0)


def _selected(session: Session) -> int:
    """The task that is looked at, or that the stop is about; 0 for none."""
    if session.thread < 0:
        return -session.thread
    stop = session.stop
    return stop.task if stop is not None and session.thread in {0, stop.thread} else 0


# -- what is typed -----------------------------------------------------------------------------------------------------


def _wanted(text: str) -> _Wanted:
    """``[-with [FIELD] TEXT]... [-without [FIELD] TEXT]... [-group FIELD] [-t [DEPTH]] [-tree] [-done] [-all]
    [-exec COMMAND]``.

    Raises:
        UsageError: it is something else.
    """
    before, marked, command = f" {text} ".partition(" -exec ")
    wanted = _Wanted(command=command.strip())
    if marked and not wanted.command:
        raise UsageError("-exec needs a command", hint="tasks -exec bt")
    for option, values in _options(before.split()):
        _take(wanted, option, values)
    if bool(wanted.group) + wanted.tree + bool(wanted.command) + bool(wanted.depth) > 1:
        raise UsageError("tasks takes one of -group, -tree, -t and -exec", hint="help tasks")
    return wanted


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option with the words that follow it."""
    option, values = "", list[str]()
    for word in words:
        if word.startswith("-"):
            if option:
                yield option, values
            option, values = word, []
            if word not in _OPTIONS:
                close = nearest(word, _OPTIONS)
                raise UsageError(
                    f"tasks has no option {word}", why=f"it has {', '.join(_OPTIONS)}",
                    hint=f"tasks {close[0]}" if close else "help tasks",
                )  # fmt: skip
        elif not option:
            raise UsageError(f"tasks takes options only, not {word}", hint=f"tasks -with {word}")
        else:
            values.append(word)
    if option:
        yield option, values


def _take(wanted: _Wanted, option: str, values: list[str]) -> None:
    match option, values:
        case (("-with" | "-without"), [_, *_]):
            field: TaskField = "any"
            if len(values) > 1:
                field = next((each for each in _FIELDS if each == values[0]), "any")
                values = values[1:] if field != "any" else values
            wanted.filters += (TaskFilter(field, " ".join(values), option == "-without"),)
        case "-group", ["location" | "coroutine" | "state" as group]:
            wanted.group = group
        case "-group", _:
            raise UsageError("-group needs one of " + ", ".join(_GROUPS), hint="tasks -group location")
        case "-t", []:
            wanted.depth = _STACK_DEPTH
        case "-t", [depth]:
            wanted.depth = whole_number(depth, "number of frames", command="tasks")
        case "-tree", []:
            wanted.tree = True
        case "-done", []:
            wanted.done = True
        case "-all", []:
            wanted.everything = True
        case (("-with" | "-without"), []):
            raise UsageError(f"{option} needs a text", hint=f"tasks {option} state waiting")
        case _:
            raise UsageError(f"{option} takes no {' '.join(values)}", hint="help tasks")
