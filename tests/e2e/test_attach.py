"""Attaching to programs that were started without a debugger, whatever they do, and leaving them as they were."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.requests import CreateBreakpoint, Detach, Evaluate, GetThreads, Resume
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

KINDS = {
    "busy": "sum 3 1\n", "sleep": "sum 6 1\n", "wait_in_select": "sum 9 1\n", "wait_in_input": "sum 15 1\n",
    "wait_for_lock": "sum 15 1\n", "wait_for_child": "sum 18 1\n", "in_c_without_gil": "sum 21 1\n",
    "in_c_with_gil": "sum 24 1\n", "worker_busy": "sum 27 1\n", "fifty_threads": "sum 30 1\n",
}  # fmt: skip


def state_of(pid: int) -> tuple[set[str], set[str]]:
    """What a debugger may leave behind: open files, mappings that can be written and executed."""
    files = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        files.add(f"{name} {os.readlink(f'/proc/{pid}/fd/{name}')}")
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        pages = {line.split()[0] for line in file if line.split()[1].startswith("rwx")}
    return files, pages


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_it_does(python: Interpreter, program: Program, marker: Marker, tmp_path: Path, kind: str) -> None:
    source = program("attach/waits.py")
    lines = marker(source)
    go = tmp_path / "go"
    with Running(python, source, kind, str(go), folder=tmp_path) as running:
        running.wait_ready()
        threads = len(os.listdir(f"/proc/{running.pid}/task"))
        with LiveSession(AttachOptions(running.pid)) as session:
            stop = session.wait_stop()
            assert stop.reason == "attach"
            assert kind in [frame.function for frame in stop.frames]
            assert {thread.name for thread in session.call(GetThreads()) if thread.frame is None} == set()
            session.call(CreateBreakpoint(f"{source}:{lines['inside']}"))
            session.call(Resume("continue"))
            go.touch()
            running.tell("ok")
            hit = session.wait_stop()
            assert (hit.reason, hit.frames[0].line) == ("breakpoint", lines["inside"])
            total = session.call(Evaluate("total + 1000 * number")).value
            assert total is not None and total.text == "0"
            assert session.resume(Resume("next")).frames[0].line == lines["inside"] - 1
            session.call(Detach())
        output = running.end()
    assert output == ("ready\n" + KINDS[kind], "", 7)
    assert threads >= 1
