"""Twenty threads and two hundred tasks under breakpoints that come and go, steps and halts, all at random: what must be
hit is told once and no more, and the program computes what it computes without a debugger.

``PYDELVE_SOAK`` says for how many seconds; else it is one short round. In every other round only one thread stops.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    GetThreads,
    GetVariables,
    Halt,
    ListBreakpoints,
    Resume,
    SetStopOne,
)
from pydelve.api.target import Stop
from pydelve.errors import PydelveError, TargetStateError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

SECONDS = float(os.environ.get("PYDELVE_SOAK", "0"))
_ROUNDS = 12
_LIMIT_S, _PATIENCE_S = 60.0, 1.0
_GROWTH_PAGES = 5000  # 20 MB
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
_WANTED = {f"thread {index}": 7 for index in range(20)} | {f"job {index}": 3 for index in range(5, 200, 10)}
"""Who must stop, and at which number."""


class Soak:
    """One run of the program, with what a person does drawn by lot."""

    def __init__(self, python: Interpreter, source: Path, lines: dict[str, int], seed: int) -> None:
        self._lots, self._source, self._lines = random.Random(seed), source, lines
        self._one = bool(seed % 2) and not python.minor.endswith("t")
        self.output, self.errors = source.with_name("output"), source.with_name("errors")
        with open(self.output, "wb") as output, open(self.errors, "wb") as errors:
            self._session = LiveSession(
                LaunchOptions(
                    kind="script", program=str(source), arguments=(str(_ROUNDS),), python=python.path,
                    stdout_fd=output.fileno(), stderr_fd=errors.fileno(),
                ), timeout_s=_LIMIT_S,
            )  # fmt: skip
        self._passing: list[int] = []
        self.seen: Counter[tuple[str, int]] = Counter()
        self.did: Counter[str] = Counter()

    def run(self) -> None:
        """From the start to the end, which must be a good one."""
        with self._session as session:
            session.wait_stop()
            session.call(SetStopOne(self._one))
            kept = {
                self._set("thread", "number == 7"),
                self._set("task", "number == 3 and name[-1] == '5'"),
            }
            stop: Stop | None = self._go(Resume("continue"))
            while stop is not None:
                self.did[stop.reason] += 1
                if kept & {*stop.breakpoints}:
                    values = {each.name: each.value.text for each in session.call(GetVariables())}
                    self.seen[values["name"], int(values["number"])] += 1
                stop = self._do_something(stop)
            hits = {point.id: point.hits for point in session.call(ListBreakpoints()) if point.id in kept}
            assert sum(hits.values()) == len(_WANTED)

    def _set(self, name: str, condition: str) -> int:
        return self._session.call(CreateBreakpoint(f"{self._source}:{self._lines[name]}", condition=condition)).id

    def _do_something(self, stop: Stop) -> Stop | None:
        """What a person would do at a stop; the next one."""
        lots = self._lots
        for _ in range(lots.randrange(3)):
            with contextlib.suppress(PydelveError):  # it is the last thread's end, or a breakpoint is gone
                self._change(lots.choice(("set", "set", "clear", "amend", "toggle", "look")))
        how = lots.choice(("continue", "continue", "continue", "next", "next", "step", "stepout", "alone", "halt"))
        if how == "halt":
            return self._go(Resume("continue"), halts=True)
        if how != "alone":
            return self._go(Resume(how))  # type: ignore[arg-type]
        try:
            return self._go(Resume("next", alone=True), halts=True)
        except TargetStateError:  # it waits for another thread
            return self._go(Resume("continue"))

    def _change(self, what: str) -> None:
        session, lots = self._session, self._lots
        if what == "look":
            session.call(GetThreads())
        elif what == "set" or not self._passing:
            condition = f"number == {lots.randrange(_ROUNDS)} and name[-1] == '{lots.randrange(10)}'"
            if len(self._passing) < 3:
                self._passing.append(self._set(lots.choice(("thread", "after", "back", "task", "resumed")), condition))
        elif what == "clear":
            session.call(ClearBreakpoint(self._passing.pop(lots.randrange(len(self._passing)))))
        elif what == "amend":
            session.call(AmendBreakpoint(lots.choice(self._passing), condition=f"number == {lots.randrange(_ROUNDS)}"))
        else:
            session.call(AmendBreakpoint(lots.choice(self._passing), enabled=lots.random() < 0.5))

    def _go(self, request: Resume, *, halts: bool = False) -> Stop | None:
        """The next stop; None at the end of the program."""
        self._session.call(request)
        if halts:
            self._session.call(Halt())
        deadline = time.monotonic() + _LIMIT_S
        while True:
            event = self._session.client.next_event(_PATIENCE_S)
            assert time.monotonic() < deadline, f"neither stop nor end within {_LIMIT_S} s: {request}"
            if event is None and self._one:  # a step that needs one that waits for its turn
                self._session.call(Halt())
            if isinstance(event, Stopped):
                return event.stop
            if isinstance(event, Exited):
                assert (event.status.how, event.status.status, event.status.clean) == ("exited", 0, True)
                return None


@pytest.mark.timeout(120 + 2 * SECONDS)
def test_soak(python: Interpreter, program: Program, marker: Marker) -> None:
    source = program("threads/soak.py")
    lines = marker(source)
    plain = subprocess.run([python.path, source, str(_ROUNDS)], capture_output=True, text=True, check=True)
    first = seed = 768 + python.version_info[1] % 2
    began, pages = time.monotonic(), list[int]()
    did: Counter[str] = Counter()
    while seed == first or time.monotonic() < began + SECONDS:
        soak = Soak(python, source, lines, seed)
        soak.run()
        assert soak.output.read_text() == plain.stdout
        assert soak.seen == dict.fromkeys(_WANTED.items(), 1)
        pages.append(int(soak.errors.read_text().split()[1]))
        did += soak.did
        seed += 1
    if SECONDS:
        sys.stdout.write(f"\n{seed - first} runs, stops: {dict(did)}, pages {pages[0]} to {pages[-1]}\n")
    assert max(pages) < int(plain.stderr.split()[1]) + _GROWTH_PAGES
