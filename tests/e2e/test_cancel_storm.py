"""Hundreds of tasks cancelled at once, while breakpoints with conditions, steps and halts are under way: what must be
hit is told once and no more, and the program does what it does without a debugger.
"""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AmendBreakpoint,
    CreateBreakpoint,
    GetTasks,
    GetVariables,
    Halt,
    ListBreakpoints,
    Resume,
)
from pydelve.api.target import Stop
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

_TURNS, _MEMBERS = 3, 200
_LIMIT_S = 60.0
_KEPT = {"reached": (40, 3), "cancelled": (40, 7), "woken": (30, 9)}
"""Where the breakpoints are that always stop, and for which members: those with that rest, divided by that."""
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
Seen = Counter[tuple[str, int, int]]


def wanted(output: str) -> Seen:
    """What must stop, once each, by what the program says that happened."""
    seen: Seen = Counter()
    for line in output.splitlines():
        what, turn, *rest = line.split()
        if what in _KEPT and "." not in rest[0] and int(rest[0]) % _KEPT[what][0] == _KEPT[what][1]:
            seen[what, int(turn), int(rest[0])] += 1
    return seen


@pytest.mark.timeout(120)
def test_cancel_storm(python: Interpreter, program: Program, marker: Marker) -> None:
    source = program("stepping/storm.py")
    lines = marker(source)
    arguments = (str(_TURNS), str(_MEMBERS))
    plain = subprocess.run([python.path, source, *arguments], capture_output=True, text=True, check=True).stdout
    lots = random.Random(python.version_info[1])
    output = source.with_name("output")
    with open(output, "wb") as out:
        options = LaunchOptions(
            "script", str(source), arguments, python.path, stdout_fd=out.fileno(), stderr_fd=out.fileno()
        )
        session = LiveSession(options, _LIMIT_S)
    seen: Seen = Counter()
    did: Counter[str] = Counter()
    with session:
        session.wait_stop()

        def put(name: str, condition: str) -> int:
            return session.call(CreateBreakpoint(f"{source}:{lines[name]}", condition=condition)).id

        kept = {put(name, f"number % {by} == {rest}"): name for name, (by, rest) in _KEPT.items()}
        passing = [put("left", f"number % 50 == {11 + each}") for each in range(2)] + [put("cancelled", "number > 197")]
        stop: Stop | None = go(session, Resume("continue"))
        while stop is not None:
            did[stop.reason] += 1
            for number in kept.keys() & {*stop.breakpoints}:
                values = {each.name: each.value.text for each in session.call(GetVariables())}
                seen[kept[number], int(values["turn"]), int(values["number"])] += 1
            if lots.random() < 0.3:
                session.call(AmendBreakpoint(lots.choice(passing), enabled=lots.random() < 0.6))
            if lots.random() < 0.1:
                session.call(GetTasks())
            how = lots.choice(("continue", "next", "next", "step", "stepout", "halt"))
            halts = how == "halt"
            stop = go(session, Resume("continue" if halts else how), halts=halts)  # type: ignore[arg-type]
        hits = {point.id: point.hits for point in session.call(ListBreakpoints()) if point.id in kept}
    assert output.read_text() == plain
    assert seen == wanted(plain)
    assert {kept[number]: count for number, count in hits.items()} == Counter(what for what, _, _ in seen.elements())
    assert {*seen.values()} == {1}
    assert did["step"] > 0


def go(session: LiveSession, request: Resume, *, halts: bool = False) -> Stop | None:
    """The next stop; None at the end of the program, which must be a good one."""
    session.call(request)
    if halts:
        session.call(Halt())
    while True:
        event = session.client.next_event(_LIMIT_S)
        assert event is not None, f"neither stop nor end within {_LIMIT_S} s: {request}"
        if isinstance(event, Stopped):
            return event.stop
        if isinstance(event, Exited):
            assert (event.status.how, event.status.status, event.status.clean) == ("exited", 0, True)
            return None
