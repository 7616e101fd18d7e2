"""Woven breakpoints beside other tools that look at code: coverage, with each of its cores, and pytest's rewriting."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pydelve.api.events import Exited
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, ListBreakpoints, Resume
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS, read_markers

SUBJECT = PROGRAMS / "weaving" / "subject.py"
REWRITTEN = PROGRAMS / "weaving" / "rewritten.py"
FLOW = ("continue", "raise", "with", "except", "finally", "break", "assert")


class Run(LiveSession):
    """A module of a library, run under the debugger; its output goes to a file."""

    def __init__(self, python: Interpreter, words: list[str], cwd: Path, environment: dict[str, str]) -> None:
        self._path = cwd / "output"
        with self._path.open("wb") as file:
            options = LaunchOptions(
                "module", words[0], tuple(words[1:]), python.path, str(cwd), environment, stdout_fd=file.fileno()
            )
            super().__init__(options)
        self.wait_stop()

    def set(self, file: Path, markers: list[str]) -> dict[str, str]:
        """Conditions that never hold, on these lines; gives how they are placed."""
        lines = read_markers(file)
        names = {lines[marker]: marker for marker in markers}
        for line in names:
            self.call(CreateBreakpoint(f"{file}:{line}", condition="'never' == 0"))
        places = [found.placements[0] for found in self.call(ListBreakpoints())]
        return {names[place.location.unit.line]: place.how or place.state for place in places}

    def finish(self) -> str:
        """Run to the end, with no stop; gives the output."""
        self.call(Resume("continue"))
        event = self.client.next_event(30)
        while event is not None and not isinstance(event, Exited):
            assert type(event).__name__ not in ("Stopped", "Notice"), event
            event = self.client.next_event(30)
        assert event is not None
        return self._path.read_text()


def _plainly(python: Interpreter, words: list[str], cwd: Path, environment: dict[str, str]) -> str:
    command = [python.path, "-m", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env=os.environ | environment
    ).stdout


@pytest.mark.parametrize("core", ["ctrace", "sysmon"])
def test_coverage(python: Interpreter, core: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if core == "sysmon" and python.version_info < (3, 12):
        pytest.skip("sys.monitoring is there from 3.12 on")
    monkeypatch.setenv("PYDELVE_WEAVING", "on")
    environment = {**library(python, "coverage"), "COVERAGE_CORE": core}
    branches = ["--branch"] if core == "ctrace" or python.version_info >= (3, 14) else []
    run = ["coverage", "run", *branches, "--include", f"{SUBJECT.parent}/*", "--data-file"]
    output = _plainly(python, [*run, "plain", str(SUBJECT)], tmp_path, environment)
    with Run(python, [*run, "woven", str(SUBJECT), "stop"], tmp_path, environment) as session:
        assert session.resume().reason == "breakpoint-call"
        # in flow() 3.9 optimizes the line of the `continue` away, which coverage calls missing: not so in woven code
        left_out = {"ready", *(FLOW if python.version_info < (3, 10) else ())}
        markers = [marker for marker in read_markers(SUBJECT) if marker not in left_out]
        assert session.set(SUBJECT, markers) == dict.fromkeys(markers, "woven")
        assert session.finish() == output
    found = {}
    for name in ("plain", "woven"):
        _plainly(python, ["coverage", "json", "-q", "--data-file", name, "-o", f"{name}.json"], tmp_path, environment)
        files = json.loads((tmp_path / f"{name}.json").read_text())["files"]
        found[name] = {Path(path).name: report for path, report in files.items()}
    assert found["woven"] == found["plain"]
    assert len(found["plain"]["subject.py"]["executed_lines"]) > 100


@pytest.mark.parametrize("mode", ["on", "off"])
def test_assertion_rewriting(python: Interpreter, mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Code with an assert is pytest's, not its file's: events. All else is woven, and the report is the same."""
    monkeypatch.setenv("PYDELVE_WEAVING", mode)
    environment = {**library(python, "pytest"), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100"}
    program = tmp_path / "rewritten.py"
    shutil.copy(REWRITTEN, program)
    words = ["pytest", "-p", "no:cacheprovider", str(program)]
    output = _plainly(python, words, tmp_path, environment)
    with Run(python, words, tmp_path, environment) as session:
        session.set(program, ["helper", "assert", "fails", "fixture"])
        stopping = session.call(CreateBreakpoint(f"{program}:{read_markers(program)['here']}"))
        assert session.resume().breakpoints == (stopping.id,)
        places = {each.id: each.placements[0] for each in session.call(ListBreakpoints())}
        how = [place.how for place in places.values()]
        events = how[1]
        assert how[:4] == ["woven" if mode == "on" else events, events, events, "woven" if mode == "on" else events]
        if mode == "on":
            why = "the loaded code is not what its source gives: it was changed, or rewritten by a tool"
            assert places[2].unwoven == places[3].unwoven == why
        assert _timeless(session.finish()) == _timeless(output)
    assert "assert 3 == 4" in output


def _timeless(report: str) -> str:
    return re.sub(r"in \d+\.\d+s", "in 0s", report)
