"""Tasks in real servers under load: a hundred requests of aiohttp at once, of which one is stepped; a hundred requests
of FastAPI under way in the same lines, while one after the other is stepped in beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, GetStack, GetTasks, ListBreakpoints, Resume
from pydelve.api.tasks import TaskFilter
from tests.e2e.libraries import library
from tests.e2e.test_real_programs import Asking, get, serving, variables
from tests.interpreters import Interpreter, find_interpreters
from tests.sources import read_markers

Program = Callable[[str], Path]

pytestmark = pytest.mark.timeout(300)  # the first run installs libraries
_REQUESTS = 100
_TURNS = 100
_LIMIT_S = 200.0  # the other requests are under way as long as the test is
_STEPPED = 1000
"""The number in the requests that are stepped."""


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


@pytest.mark.parametrize("minor", ["3.9", "3.13", "3.15"])  # the two ways of stepping, and the newest
def test_next_stays_in_its_request_every_time(minor: str, program: Program) -> None:
    """Over three awaits of one request, while a hundred others go through the very same lines; a hundred times."""
    python = find_interpreters().get(minor)
    if python is None:
        pytest.skip(f"no CPython {minor} found on this machine")
    app = program("real/fastapi_app.py")
    folders = [library(python, name).get("PYTHONPATH", "") for name in ("fastapi", "uvicorn")]
    environment = {"PYTHONPATH": ":".join(folder for folder in folders if folder)}
    line = read_markers(app)["order"]
    with serving(python, [app.name, str(_TURNS)], app.parent, environment) as server:
        session = server.session
        session.call(CreateBreakpoint(f"fastapi_app.py:{line}", condition=f"number == {_STEPPED}"))
        session.call(Resume("continue"))
        port = server.port()
        others = [Asking(lambda number=number: get(port, f"/other/{number}", _LIMIT_S)) for number in range(_REQUESTS)]  # type: ignore[misc]
        one = Asking(lambda: " ".join(get(port, f"/one/{_STEPPED}/{turn}", _LIMIT_S) for turn in range(_TURNS)))
        tasks = set()
        for turn in range(_TURNS):
            stop = session.wait_stop()
            tasks.add(stop.task)
            values = variables(session)
            assert (stop.reason, values["number"], values["turn"]) == ("breakpoint", str(_STEPPED), str(turn))
            seen = [session.resume(Resume("next")) for _ in range(3)]
            assert [(each.task, each.frames[0].line - line, each.interrupted_step) for each in seen] == [
                (stop.task, step, False) for step in (1, 2, 3)
            ]
            assert variables(session)["text"] == f"'{_STEPPED} + {turn} = {_STEPPED + turn}'"
            if turn == _TURNS - 1:
                (point,) = session.call(ListBreakpoints())
                assert point.hits == _TURNS
            session.call(Resume("continue"))
        assert len(tasks) == _TURNS
        assert one.answer() == " ".join(f'200 "{_STEPPED} + {turn} = {_STEPPED + turn}"' for turn in range(_TURNS))
        assert [each.answer() for each in others] == [
            f'200 {{"number":{number},"again":true,"wrong":0}}' for number in range(_REQUESTS)
        ]
        assert session.wait_exit().status == 0
        assert server.rest() == f"port {port}\nserved {_TURNS}\n"
