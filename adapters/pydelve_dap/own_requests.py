"""Requests that the protocol has not: a view of tasks, and the trace of one function. For extensions of editors.

On the worker's thread, except :meth:`OwnRequests.hear`.
"""

from __future__ import annotations

import os
import re
from typing import Any, Literal

from pydelve.api.events import Event, Exited, Traced
from pydelve.api.requests import EndTracing, FindLocations, GetTasks, StartTracing
from pydelve.api.tasks import Task
from pydelve.api.tracing import TraceOptions
from pydelve.errors import UsageError
from pydelve.terminal.task_lines import state_text
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_lines import TraceLines, end_line
from pydelve_dap.session import TASKS, Session
from pydelve_dap.sources import Sources

_TASKS_AT_ONCE = 1000
_GROUPS: dict[str, Literal["location", "coroutine", "state"]] = {
    "location": "location", "coroutine": "coroutine", "state": "state",
}  # fmt: skip


class OwnRequests:
    """What the extension for VS Code asks."""

    def __init__(self, session: Session, sources: Sources) -> None:
        """Nothing is traced."""
        self._session = session
        self._sources = sources
        self._trace: tuple[Book, TraceLines] | None = None

    def tasks(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``pydelveTasks``: the tasks at this stop, in groups; each with the ``threadId`` that its stack has."""
        group = arguments.get("group") or "location"
        if group not in _GROUPS:
            raise UsageError(f"tasks have no groups by {group}", why=f"there are {', '.join(_GROUPS)}")
        page = self._session.client.call(GetTasks(group=_GROUPS[group], count=_TASKS_AT_ONCE))
        names = dict(page.names)
        shown = {task.id: self._task(task, names) for task in page.tasks}
        groups = [(each.label, [shown[number] for number in each.tasks if number in shown]) for each in page.groups]
        return {
            "groups": [
                {"label": self._label(label, group), "total": len(each.tasks), "tasks": tasks}
                for (label, tasks), each in zip(groups, page.groups, strict=True)
            ],
            "total": page.total,
        }

    def _task(self, task: Task, names: dict[int, str]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "threadId": TASKS + task.id, "name": task.name, "state": state_text(task, names),
            "coroutine": task.coroutine, "current": task.current,
        }  # fmt: skip
        if task.frame is not None:
            body |= {"source": self._sources.source_of(task.frame.file), "line": task.frame.line}
            body["function"] = task.frame.function
        return body

    def _label(self, label: str, group: str) -> str:
        if group != "location" or not label:
            return label or "(done)"
        path, _, rest = label.partition(":")
        return f"{os.path.basename(path)}:{rest}"

    def trace(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``pydelveTrace``: tell of the calls of the function that a line is in, until ``off``; gives its name."""
        client = self._session.client
        if arguments.get("off"):
            if self._trace is None:
                raise UsageError("nothing is traced", why="no trace was begun here")
            client.call(EndTracing())
            (book, _), self._trace = self._trace, None
            return {"summary": end_line(book)}
        path = self._session.paths.to_program(os.path.abspath(arguments["source"].get("path", "")))
        place = client.call(FindLocations(f"{path}:{arguments['line']}"))[0]
        name = place.unit.scope
        if place.unit.scope_name == "<module>":
            raise UsageError(f"line {arguments['line']} is in no function", why="only calls are traced")
        book = Book()
        self._trace = book, TraceLines(book)
        client.call(StartTracing(TraceOptions(rf"(^|\.){re.escape(name)}$", files=(place.file,))))
        return {"function": name}

    def hear(self, event: Event) -> None:
        """On the events' thread: tell of traced calls, each where its function is."""
        if isinstance(event, Exited):
            self._trace = None
        trace = self._trace
        if not isinstance(event, Traced) or trace is None:
            return
        book, lines = trace
        book.take(event)
        for record in event.records:
            function = book.function(record)
            text = "".join(f"{line}\n" for line in lines.record(record))
            self._session.messages.output(
                text, "console", source=self._sources.source_of(function.file), line=function.line
            )
