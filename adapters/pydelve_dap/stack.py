"""Threads, stacks, exceptions, and stepping into one of several calls. Worker's thread."""

from __future__ import annotations

import ast
from typing import Any

from pydelve.api.requests import GetException, GetSource, GetStack, GetTasks, GetThreads
from pydelve.api.target import Frame, RaisedException, Thread
from pydelve.errors import PydelveError, TargetStateError
from pydelve_dap.children import is_child
from pydelve_dap.session import TASKS, Session
from pydelve_dap.sources import Sources

_FRAMES = 1000
_TASKS = 500


class Stacks:
    """Keeps the threads that were seen last, for while the program runs."""

    def __init__(self, session: Session, sources: Sources) -> None:
        """Nothing was seen."""
        self._session = session
        self._sources = sources
        self._threads: tuple[Thread, ...] = ()
        self._targets: dict[int, str] = {}

    def threads(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``threads``."""
        if self._session.stop is not None:
            try:
                self._threads = self._session.client.call(GetThreads())
            except TargetStateError:  # it goes on at this moment
                pass
        where = self._where()
        shown = [{"id": each.id, "name": f"{each.name}{where}"} for each in self._threads] or [
            {"id": 1, "name": f"MainThread{where}"}
        ]
        return {"threads": shown + self._tasks()}

    def _where(self) -> str:
        """Whose threads they are, where a child shares the session."""
        session = self._session
        if session.stop is None or session.stands == 1 or is_child(session.arguments):
            return ""
        return f" (target {session.stands})"

    def stack_trace(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``stackTrace``, as much of it as is asked for."""
        thread, start = arguments["threadId"], arguments.get("startFrame") or 0
        if self._session.stop is None:
            raise TargetStateError("the program is not stopped", why="this needs a stopped one", hint="pause it")
        asked = self._session.asked(thread)
        found = self._session.client.call(GetStack(asked, start, arguments.get("levels") or _FRAMES))
        return {"stackFrames": [self._frame(asked, frame) for frame in found.frames], "totalFrames": found.total}

    def exception_info(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``exceptionInfo``."""
        thread = arguments["threadId"]
        found = self._session.client.call(GetException(self._session.asked(thread)))
        if not found:
            raise TargetStateError("there is no exception", why="the thread neither raised nor handles one")
        stop = self._session.stop
        mode = "unhandled" if stop is not None and stop.reason == "exception" else "always"
        if stop is not None and stop.reason == "raised" and stop.detail == "user":
            mode = "userUnhandled"
        first = found[0]
        return {
            "exceptionId": first.info.type, "description": first.info.message, "breakMode": mode,
            "details": self._details(found, 0),
        }  # fmt: skip

    def step_in_targets(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``stepInTargets``: the calls on the line."""
        frame = self._session.frame(arguments["frameId"])
        try:
            tree = ast.parse("\n".join(self._session.client.call(GetSource(frame.file)).lines))
        except (PydelveError, SyntaxError, ValueError):
            return {"targets": []}
        calls = [
            node for node in ast.walk(tree)
            if isinstance(node, ast.Call) and node.lineno <= frame.line <= (node.end_lineno or node.lineno)
            and isinstance(node.func, ast.Name | ast.Attribute)
        ]  # fmt: skip
        self._targets = {}
        for node in sorted(calls, key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0)):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name and name not in self._targets.values():
                self._targets[int(next(self._session.numbers))] = name
        return {"targets": [{"id": number, "label": name} for number, name in self._targets.items()]}

    def step_in_target(self, number: Any) -> str:
        """The function that a target means; "" for any."""
        return self._targets.get(number, "")

    def _tasks(self) -> list[dict[str, Any]]:
        """Asyncio's tasks as threads of their own, where launch.json wants them."""
        if self._session.stop is None or not self._session.flag("tasks", False):
            return []
        try:
            page = self._session.client.call(GetTasks(count=_TASKS))
        except PydelveError:  # a core file or a look from outside may not tell of them
            return []
        return [{"id": TASKS + each.id, "name": f"task {each.name}: {each.state}"} for each in page.tasks]

    def _frame(self, thread: int, frame: Frame) -> dict[str, Any]:
        number = self._session.frame_id(thread, frame.index)
        shown: dict[str, Any] = {
            "id": number, "name": frame.function, "line": frame.line, "column": 1,
            "source": self._sources.source_of(frame.file),
            "instructionPointerReference": hex(number << 32),
        }  # fmt: skip
        if frame.module:
            shown["moduleId"] = frame.module
        if frame.library and self._session.flag("justMyCode", True):
            shown["presentationHint"] = "subtle"
        return shown

    def _details(self, found: tuple[RaisedException, ...], index: int) -> dict[str, Any]:
        one = found[index]
        lines = [f'  File "{frame.file}", line {frame.line}, in {frame.function}' for frame in reversed(one.frames)]
        inner = [at for at, each in enumerate(found) if each.parent == index and not each.hidden]
        short = one.info.type.rpartition(".")[2]
        return {
            "message": "\n".join([one.info.message, *one.info.notes]), "typeName": short, "fullTypeName": one.info.type,
            "stackTrace": "\n".join(lines),
            **({"innerException": [self._details(found, at) for at in inner]} if inner else {}),
        }  # fmt: skip
