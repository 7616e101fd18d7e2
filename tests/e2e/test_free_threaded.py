"""Free-threaded builds: what holds of stops, steps and threads elsewhere holds there, but for what is refused by name.

Most of these are the tests of other files, with other interpreters (``conftest.py``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Evaluate, GetVariables, ListBreakpoints, Resume, SetStopOne
from pydelve.errors import UnsupportedError
from tests.e2e import test_stopping, test_threads, test_threads_soak
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.interpreters import Interpreter

FREE_THREADED = True
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

counters, spinners, start = test_stopping.counters, test_stopping.spinners, test_threads.start
test_nothing_moves_while_stopped = test_stopping.test_nothing_moves_while_stopped_at_a_breakpoint
test_nothing_moves_while_halted = test_stopping.test_nothing_moves_while_halted
test_nothing_moves_after_each_step = test_stopping.test_nothing_moves_after_each_step
test_threads_move_during_an_evaluation_only = test_stopping.test_threads_move_during_an_evaluation_only
test_one_thread_moves_alone = test_stopping.test_one_thread_moves_alone
test_threads_that_arrive_together = test_stopping.test_threads_that_arrive_together_are_each_reported
test_threads_of_all_kinds = test_threads.test_threads_of_all_kinds
test_events_in_threads_of_all_kinds = test_threads.test_events_in_threads_of_all_kinds
test_soak = test_threads_soak.test_soak


def test_each_hit_is_counted_once(python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> None:
    """Threads that run at the same time come by a condition; and only one stop in so many is a stop."""
    rounds = 400
    script = program("two_breakpoints.py")
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    options = LaunchOptions(
        kind="script", program=str(script), arguments=(str(rounds),), python=python.path, stdout_fd=output
    )
    with LiveSession(options) as session:
        os.close(output)
        session.wait_stop()
        line = marker(script)["hit"]
        every = session.call(CreateBreakpoint(f"{script}:{line}", condition="number < 0")).id
        session.call(CreateBreakpoint(f"{script}:{line}", condition="number % 100 == 99"))
        seen: Counter[tuple[str, str]] = Counter()
        for _ in range(16):
            stop = session.resume()
            assert (stop.reason, stop.breakpoints) == ("breakpoint", (2,))
            values = {entry.name: entry.value.text for entry in session.call(GetVariables())}
            seen[values["name"], values["number"]] += 1
        assert seen == {(name, str(number)): 1 for name in "abcd" for number in range(99, rounds, 100)}
        hits = {point.id: point.hits for point in session.call(ListBreakpoints())}
        assert hits == {every: 0, 2: 16}
        session.call(Resume("continue"))
        assert session.wait_exit().status == 0


def test_what_is_refused(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """By name, and the session goes on."""
    script = tmp_path / "waits.py"
    script.write_text("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n")
    with LiveSession(LaunchOptions(kind="script", program=str(script), python=python.path)) as session:
        session.wait_stop()
        with pytest.raises(UnsupportedError, match="this program's stops are of all threads"):
            session.call(SetStopOne(True))
        value = session.call(Evaluate("__import__('sys').abiflags")).value
        assert value is not None
        assert value.text == "t"
    with Running(python, script, folder=tmp_path) as running:
        running.wait_ready()
        with pytest.raises(UnsupportedError, match=f"process {running.pid} runs a free-threaded build of CPython"):
            LiveSession(AttachOptions(running.pid))
