"""``--when``: a condition asked by the functions themselves, and by events, is true of the same calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydelve.api.events import Notice
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, EndTracing, StartTracing
from pydelve.terminal.trace_book import Book
from tests.e2e.live import LiveSession
from tests.e2e.tracing import FOLDER, said, start
from tests.interpreters import Interpreter

LIMIT_S = 60.0
ALL = r"^conditions\.(?!all_of_them|lines_of)"
CASES = [
    start(ALL, condition="n == 2"),
    start(ALL, condition="n > LIMIT"),
    start(ALL, condition="n == 2", sample=2),
    start(ALL, condition="n == 2", first=3),
    start(ALL, condition="double(n) == 4"),
    start(ALL, condition="n == 2 and key == 5 and rest and more"),
    start(ALL, condition="'inner' in locals() or n == 1"),
    start(r"Thing", condition="self.n == 2"),
    start(r"closure|inner", condition="n == 2"),
    start(r"Sized\.[sg_]", condition="self.size == 2 or self == 3"),
    start(ALL, condition="n.none"),
]
"""Not all can be put into the functions: variables of an enclosing function, ``locals``."""


def of(session: LiveSession, request: StartTracing) -> list[str]:
    """What is told of one run."""
    session.call(request)
    before = len(session.events)
    session.resume()
    events = session.events[before:]
    failed = [f"{event.message}: {event.why}" for event in events if isinstance(event, Notice)]
    return said(events, Book()) + failed


def test_the_same_by_both(python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out.txt"
    with open(output, "wb") as file:
        options = LaunchOptions(
            "script", str(FOLDER / "again.py"), ("conditions",), python=python.path, stdout_fd=file.fileno()
        )
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.resume()
            for request in CASES:
                monkeypatch.setenv("PYDELVE_WEAVING", "off")
                by_events = of(session, request)
                monkeypatch.setenv("PYDELVE_WEAVING", "on")
                assert of(session, request) == by_events, request
                assert by_events, request
            recursive = start(r"\.(recursive|simple)$", condition="n == 2")
            expected = ["call simple(n=2, *rest=(4,), key=5, **more={'other': 6})", "return simple 2"]
            expected += ["call recursive(n=2)", "return recursive 0"] * 2
            assert of(session, recursive) == expected
            point = session.call(CreateBreakpoint(f"{FOLDER / 'conditions.py'}:Thing.method", condition="self.n == 9"))
            assert of(session, recursive) == expected
            session.call(ClearBreakpoint(point.id))
            assert session.call(EndTracing()).calls == 3
            session.resume()
    sizes = [int(line) for line in output.read_text().splitlines()]
    changed = [size != sizes[-1] for size in sizes]
    later = python.version_info >= (3, 12)  # before, functions tell of their calls themselves in both
    assert changed[0 : 2 * len(CASES) : 2] == [not later] * 7 + [False, False, False, not later]
    assert changed[1 : 2 * len(CASES) : 2] == [True] * 6 + [not later, False, False, False, True]
    assert changed[2 * len(CASES) :] == [True, False, False]
