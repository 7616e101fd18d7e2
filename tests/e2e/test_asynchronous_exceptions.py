"""What one thread of the program raises in another reaches it, also where code of ours runs at that moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.events import Exited, Notice, Stopped
from pydelve.api.requests import CreateBreakpoint, Resume
from tests.e2e.test_no_harm import debugged
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

_LIMIT_S = 30.0


def test_a_time_limit_ends_what_it_is_for(
    python: Interpreter, program: Program, marker: Marker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYDELVE_WEAVING", "off")
    script = program("no_harm/timed.py")
    stops: list[str] = []
    with debugged(script, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['turn']}", condition="number < 0"))
        session.call(Resume("continue"))
        while not isinstance(event := session.client.next_event(_LIMIT_S), Exited):
            assert event is not None, (script.parent / "err").read_text()
            assert not isinstance(event, Notice)
            if isinstance(event, Stopped):
                stops.append(event.stop.reason)
                session.call(Resume("continue"))
    assert event.status.status == 0
    if python.version_info >= (3, 11):  # before, one that comes in the condition can't be told from what that raises
        assert (stops, (script.parent / "out").read_text()) == ([], "lost 0\n")
    assert set(stops) <= {"condition-error"}
