"""Tasks in a real server under load: a hundred requests of aiohttp at once, of which one is stepped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, GetStack, GetTasks, Resume
from pydelve.api.tasks import TaskFilter
from tests.e2e.libraries import library
from tests.e2e.test_real_programs import Asking, get, serving
from tests.interpreters import Interpreter
from tests.sources import read_markers

Program = Callable[[str], Path]

pytestmark = pytest.mark.timeout(300)  # the first run installs libraries
_REQUESTS = 100


def test_one_request_of_a_hundred(python: Interpreter, program: Program) -> None:
    loop = "uvloop" if python.version_info[1] % 2 == 0 else "asyncio"  # both work on all of them
    app = program("real/aiohttp_app.py")
    folders = [library(python, name).get("PYTHONPATH", "") for name in ("aiohttp", "uvloop")[: 1 + (loop == "uvloop")]]
    environment = {"PYTHONPATH": ":".join(folder for folder in folders if folder)}
    line = read_markers(app)["order"]
    with serving(python, [app.name, str(_REQUESTS), loop], app.parent, environment) as server:
        session = server.session
        point = session.call(CreateBreakpoint(f"aiohttp_app.py:{line}", condition="number in (17, 57)"))
        session.call(Resume("continue"))
        port = server.port()
        asking = [Asking(lambda number=number: get(port, f"/order/{number}")) for number in range(_REQUESTS)]  # type: ignore[misc]
        stop = session.wait_stop()
        session.call(ClearBreakpoint(point.id))
        task, seen = stop.task, []
        assert task > 0
        for _ in range(3):
            stop = session.resume(Resume("next"))
            seen.append((stop.task, stop.frames[0].function, stop.frames[0].line - line, stop.interrupted_step))
        assert seen == [(task, "order", step, False) for step in (1, 2, 3)]
        found = session.call(GetTasks()).tasks
        (main,) = [each for each in found if each.coroutine == "main"]
        assert (main.state, main.frame is not None and main.frame.function) in {
            ("waiting", "main"), ("runnable", "main"),
        }  # fmt: skip
        assert [each.id for each in found if each.current] == [task]
        stack = session.call(GetStack(-task)).frames
        assert [frame.function for frame in stack if frame.file.endswith("aiohttp_app.py")] == ["order"]
        assert stack[-1].file.endswith("web_protocol.py")  # what the task runs; the loop is no part of it
        sleeping = session.call(GetTasks((TaskFilter("awaiting", "sleep"),))).tasks
        assert {each.called.function for each in sleeping if each.called} <= {"sleep"}
        session.call(Resume("continue"))
        assert [each.answer() for each in asking] == [f"200 order {number} True" for number in range(_REQUESTS)]
        assert session.wait_exit().status == 0
        assert server.rest().endswith(f"served {_REQUESTS}\n")
