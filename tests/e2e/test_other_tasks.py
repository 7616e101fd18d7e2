"""Tasks of trio and greenlets of gevent: listed with their stacks, named by stops, and stepped while others run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, GetStack, GetTasks, GetVariables, Resume
from pydelve.api.tasks import TaskFilter
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import read_markers

pytestmark = pytest.mark.timeout(300)  # the first run installs libraries


def test_tasks_of_other_libraries(python: Interpreter, program: Callable[[str], Path], tmp_path: Path) -> None:
    name = "trio" if python.version_info[1] % 2 == 0 else "gevent"  # both work on all of them
    script = program(f"real/{name}_shop.py")
    line = read_markers(script)["order"]
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    environment = library(python, name)
    options = LaunchOptions(
        kind="script", program=str(script), python=python.path, environment=environment, stdout_fd=output
    )
    with LiveSession(options) as session:
        os.close(output)
        session.wait_stop()
        point = session.call(CreateBreakpoint(f"{name}_shop.py:{line}", condition="number == 7"))
        stop = session.resume()
        session.call(ClearBreakpoint(point.id))
        task = stop.task
        assert (task > 0, stop.task_name) == (True, "order 7" if name == "trio" else "Greenlet order")
        seen = []
        for _ in range(3):
            stop = session.resume(Resume("next"))
            seen.append((stop.task, stop.frames[0].line - line, stop.interrupted_step))
        assert seen == [(task, 1, False), (task, 2, False), (task, 3, False)]
        assert {v.name: v.value.text for v in session.call(GetVariables())} == {"number": "7", "total": "7.007"}
        found = session.call(GetTasks()).tasks
        assert [each.id for each in found if each.current] == [task]
        assert {each.kind for each in found} == {"trio" if name == "trio" else "greenlet"}
        (waiting,) = session.call(GetTasks((TaskFilter("coroutine", "forever"),))).tasks
        assert waiting.state == "waiting"
        stack = session.call(GetStack(-waiting.id))
        own = [frame for frame in stack.frames if frame.file == str(script)]
        assert own[0].function == "forever"
        if name == "trio":
            (orders,) = session.call(GetTasks((TaskFilter("name", "orders"),))).tasks
            assert (orders.how, task in orders.awaits) == ("nursery", True)
            chain = session.call(GetStack(-task))
            assert [part.name for part in chain.parts][:1] == ["orders"]
            assert [f.function for f in chain.frames if f.file == str(script)] == ["order", "orders"]
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0
    assert (tmp_path / "output").read_text() == "done\n"
