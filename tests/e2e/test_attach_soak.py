"""Attaching again and again to a loaded server, and being killed at it: few times, or many where that is asked for.

``PYDELVE_CYCLES`` and ``PYDELVE_KILLS`` say how often; docs/internals/attach.md has the figures of long runs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.requests import CreateBreakpoint, Detach, Evaluate, Resume
from tests.e2e.live import LiveSession
from tests.e2e.running import LIMIT_S, Running
from tests.interpreters import Interpreter

CYCLES = int(os.environ.get("PYDELVE_CYCLES", "4"))
KILLS = int(os.environ.get("PYDELVE_KILLS", "0"))
_LONGEST_S = 10.0  # that the target may stand still after pydelve was killed, on a loaded machine
_GROWTH_BYTES, _GROWTH_OF_ONE_BYTES = 12 << 20, 20_000
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]


class Server:
    """The program, asked by lines."""

    def __init__(self, python: Interpreter, source: Path, folder: Path) -> None:
        self.running = Running(python, source, folder=folder)
        self.running.wait_ready()
        self.pid = self.running.pid
        self._asked = 0

    def facts(self) -> dict[str, Any]:
        """What it tells of itself now."""
        self._asked += 1
        self.running.tell("facts")
        deadline = time.monotonic() + LIMIT_S
        while len(lines := self.running.said()[0].splitlines()) <= self._asked or not lines[-1].endswith("}"):
            assert time.monotonic() < deadline, self.running.said()
            time.sleep(0.005)
        found: dict[str, Any] = json.loads(lines[self._asked])
        return found

    def speed(self) -> float:
        """Answers a second, over two seconds."""
        before, began = self.facts()["answered"], time.monotonic()
        time.sleep(2)
        return float((self.facts()["answered"] - before) / (time.monotonic() - began))

    def wait_answers(self) -> float:
        """Until it has answered something more; how long that took."""
        begun = time.monotonic()
        before = self.facts()["answered"]
        while self.facts()["answered"] <= before:
            time.sleep(0.001)
        return time.monotonic() - begun

    def settled(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """The facts, once nothing of a debugger's is left: sockets that nobody came for are closed in ten seconds."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            found = self.facts()
            if all(found[name] == wanted[name] for name in ("threads", "files")) or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def end(self) -> int:
        """Its status."""
        assert self.running.popen.stdin is not None
        self.running.popen.stdin.close()
        return self.running.popen.wait(LIMIT_S)


def once(pid: int, place: str) -> None:
    """Attach, stop in a worker, evaluate, step, and leave."""
    with LiveSession(AttachOptions(pid)) as session:
        session.wait_stop()
        session.call(CreateBreakpoint(place))
        assert session.resume().breakpoints == (1,)
        value = session.call(Evaluate("len(respond(line))")).value
        assert value is not None
        assert value.text == "65"
        session.resume(Resume("next"))
        session.call(Detach())


@pytest.mark.timeout(60 + 3 * CYCLES)
def test_cycles(python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> None:
    """Every answer is right all the time, and the server is afterwards what it was."""
    source = program("attach/server.py")
    server = Server(python, source, tmp_path)
    with server.running:
        place = f"{source}:{marker(source)['inside']}"
        plain = server.facts()
        once(server.pid, place)  # what is loaded once stays: _ctypes and its library
        before = server.settled(plain)
        speed = server.speed() if CYCLES > 50 else 0.0
        halfway = before["memory"]
        for number in range(CYCLES):
            if number == CYCLES // 2:
                halfway = server.settled(before)["memory"]
            once(server.pid, place)
        after = server.settled(before)
        assert {name: after[name] for name in ("threads", "files", "modules", "errors")} == {
            name: before[name] for name in ("threads", "files", "modules", "errors")
        }
        assert after["agents"] <= 1  # the last one's thread may not have ended yet
        # what has left is garbage until the program's next full collection: so it grows at first, and then no more
        assert after["memory"] - halfway < _GROWTH_BYTES + CYCLES * _GROWTH_OF_ONE_BYTES
        if speed:
            grown = (after["memory"] - halfway) / 1e6
            sys.stdout.write(
                f"\n{CYCLES} cycles: {speed:.0f} answers/s before, {server.speed():.0f} after, {grown:.1f} MB grown\n"
            )
        assert server.end() == 0


@pytest.mark.timeout(60 + 4 * KILLS)
def test_kills(python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> None:
    """Pydelve is killed at any moment: the server goes on, answers rightly, and in the end nothing is left in it."""
    if not KILLS:
        pytest.skip("takes minutes: PYDELVE_KILLS=2000 runs it; test_killed_at_any_moment does some")
    source = program("attach/server.py")
    server = Server(python, source, tmp_path)
    longest, moments = 0.0, random.Random(768)
    driver = Path(__file__).with_name("attaching_driver.py")
    with server.running:
        line = marker(source)["inside"]
        plain = server.facts()
        once(server.pid, f"{source}:{line}")
        before = server.settled(plain)
        words = [sys.executable, str(driver), str(server.pid), str(source), str(line)]
        for number in range(KILLS):
            with subprocess.Popen(
                [*words, "pending" if number % 4 == 3 else "auto", "respond(line)"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as other:
                assert other.stdout is not None
                assert other.stderr is not None
                assert other.stdout.readline() == b"attaching\n"
                time.sleep(moments.uniform(0, 0.6))  # the moment: any is as good as any other
                other.kill()
                assert other.stderr.read() == b""
            longest = max(longest, server.wait_answers())
        after = server.settled(before)
        assert {name: after[name] for name in ("threads", "files", "modules", "errors")} == {
            name: before[name] for name in ("threads", "files", "modules", "errors")
        }
        assert longest < _LONGEST_S
        if KILLS > 50:
            sys.stdout.write(f"\n{KILLS} kills: the server stood still for {longest:.2f} s at most\n")
        assert server.end() == 0
