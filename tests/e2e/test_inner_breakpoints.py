"""Breakpoints in lambdas and comprehensions: how often, on every interpreter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Resume
from pydelve.errors import LocationError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter


def test_expressions_of_a_line_when_asked_for(
    python: Interpreter, program: Callable[[str], Path], marker: Callable[[Path | str], dict[str, int]]
) -> None:
    """A lambda at each call, a comprehension over several lines at each element, one on a single line as it starts."""
    path = program("breakpoints/inner.py")
    lines = marker(path)
    own_code = python.minor in {"3.9", "3.10", "3.11"}
    wanted = {"key": 3, "two": 4, "single": 1, "element": 3, "value": 1, **({"listed": 1} if own_code else {})}
    with LiveSession(LaunchOptions("script", str(path), python=python.path, cwd=str(path.parent))) as session:
        session.wait_stop()
        if not own_code:
            with pytest.raises(LocationError):
                session.call(CreateBreakpoint(f"inner.py:{lines['listed']}", inner=True))
        numbers = {
            session.call(CreateBreakpoint(f"inner.py:{lines[name]}", inner=True, condition="False or True")).id: name
            for name in wanted
        }
        hits = dict.fromkeys(wanted, 0)
        stop = session.resume(Resume("continue", location=f"inner.py:{lines['end']}"))
        while stop.reason == "breakpoint":
            for number in stop.breakpoints:
                hits[numbers[number]] += 1
            assert stop.frames[0].line == lines[numbers[stop.breakpoints[0]]]
            stop = session.resume(Resume("continue", location=f"inner.py:{lines['end']}"))
        assert (stop.reason, hits) == ("location", wanted)
