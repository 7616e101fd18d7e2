"""The target's tasks, chosen and put into groups as clients ask for them. Looks only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydelve.api import requests
from pydelve.api.target import Frame
from pydelve.api.tasks import Task, TaskFilter, TaskGroup, TaskPage
from pydelve.debugger.current import Current, Handlers
from pydelve.records import replace


class Tasks:
    """Serves what is asked about the tasks of the current target."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.GetTasks: self._get_tasks}

    def _get_tasks(self, request: requests.GetTasks) -> TaskPage:
        report = self._current.stopped().tasks()
        every = {task.id: task for task in report.tasks}
        words = _Words(every, self._current.files.qualified)
        chosen = [
            task
            for _, task in sorted(every.items())
            if (request.done or not task.done) and all(words.fit(task, each) for each in request.filters)
        ]
        groups = grouped(chosen, words.fields[request.group]) if request.group else ()
        page = chosen[request.start : request.start + request.count]
        awaited = sorted({number for task in page for number in task.awaits if number in every})
        names = tuple((number, every[number].name) for number in awaited)
        shown = tuple(self._named(task, words) for task in page)
        missing = report.missing + ((report.done_missing,) if request.done and report.done_missing else ())
        return TaskPage(shown, len(chosen), names, groups, missing)

    def _named(self, task: Task, words: _Words) -> Task:
        """With what the session calls its thread and its functions, and whether the stop is about it."""
        stop = self._current.state.stop
        return replace(
            task,
            thread=self._current.threads.number(task.thread) if task.thread else 0,
            frame=words.qualified(task.frame),
            called=words.qualified(task.called),
            current=stop is not None and stop.task == task.id,
        )


def grouped(tasks: list[Task], text_of: Callable[[Task], str]) -> tuple[TaskGroup, ...]:
    """Tasks that have a text in common, the largest group first."""
    groups: dict[str, list[int]] = {}
    for task in tasks:
        groups.setdefault(text_of(task), []).append(task.id)
    return tuple(
        TaskGroup(label, tuple(numbers))
        for label, numbers in sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    )


class _Words:
    """What the fields of a task say, in words. Thousands of tasks share a few frames, each of which is named once."""

    def __init__(self, every: Mapping[int, Task], qualify: Callable[[Frame], Frame]) -> None:
        self._every = every
        self._qualify = qualify
        self._frames: dict[int, tuple[Frame, Frame]] = {}
        self.fields: dict[str, Callable[[Task], str]] = {
            "location": self._location,
            "name": lambda task: task.name,
            "state": lambda task: task.state + (" cancelling" if task.cancelling else ""),
            "awaiting": self._awaiting,
            "coroutine": lambda task: task.coroutine,
        }

    def qualified(self, frame: Frame | None) -> Frame | None:
        if frame is None:
            return None
        known = self._frames.get(id(frame))
        if known is None:
            known = self._frames[id(frame)] = frame, self._qualify(frame)
        return known[1]

    def fit(self, task: Task, wanted: TaskFilter) -> bool:
        fields = list(self.fields) if wanted.field == "any" else [wanted.field]
        text = wanted.text.casefold()
        return any(text in self.fields[field](task).casefold() for field in fields) != wanted.without

    def _location(self, task: Task) -> str:
        frame = self.qualified(task.frame)
        return f"{frame.file}:{frame.line} in {frame.function}" if frame is not None else ""

    def _awaiting(self, task: Task) -> str:
        called = self.qualified(task.called)
        words = [called.function] if called is not None else []
        words += [task.how] if task.how else []
        words += [self._every[number].name for number in task.awaits if number in self._every]
        return " ".join(words)
