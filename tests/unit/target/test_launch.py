"""What a launched program gets from us: its environment as it would be, and no descriptor of ours."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.errors import TargetError
from pydelve.target.interface import Plan
from pydelve.target.live.launch import command, launch
from tests.contract.subject import IMPLEMENTATIONS, Subject
from tests.interpreters import Interpreter

PROGRAM = """\
import json, os, sys
links = []
for name in os.listdir("/proc/self/fd"):
    try:
        links.append((int(name), os.readlink("/proc/self/fd/" + name), os.get_inheritable(int(name))))
    except OSError:
        pass
environment = {name: os.environ[name] for name in os.environ if name.startswith(("PYTHON", "PYDELVE"))}
print(json.dumps([sys.path[:2], environment, links]))
"""


@pytest.fixture
def told(python: Interpreter, tmp_path: Path) -> Callable[[], list[Any]]:
    """Run the program to its end, give what it printed."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")

    def run() -> list[Any]:
        subject = Subject(IMPLEMENTATIONS["launched"], python.path, path)
        try:
            assert subject.stop().reason == "entry"
            subject.process.resume(Plan())
            return list(json.loads(subject.wait_output(b"]]]\n")))
        finally:
            subject.close()

    return run


@pytest.mark.parametrize("value", [None, "", "/somewhere", "/one:/two"])
def test_pythonpath_is_as_it_would_be(
    told: Callable[[], list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    for name in list(os.environ):
        if name.startswith("PYTHON"):
            monkeypatch.delenv(name)
    if value is not None:
        monkeypatch.setenv("PYTHONPATH", value)
    path, environment, links = told()
    assert environment == ({} if value is None else {"PYTHONPATH": value})
    assert path[0] == str(tmp_path)
    assert (path[1] in ("/somewhere", "/one")) == bool(value)
    # its standard streams, what it was itself reading, and the agent's two, which no child of it inherits
    inherited = [fd for fd, _, inheritable in links if inheritable]
    assert sorted(inherited) == [0, 1, 2]


def test_the_options_environment_comes_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydelve.target.live.launch import ENTRY, _environment

    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("ONE", "ours")
    options = LaunchOptions("script", "a.py", environment={"PYTHONPATH": "", "ONE": "theirs"}, terminal=True)
    made = _environment(options, 3, 4)
    assert (made["PYTHONPATH"], made["ONE"], made["PYDELVE_LAUNCH"]) == (ENTRY, "theirs", "3,4,et")


def test_command_lines(tmp_path: Path) -> None:
    python = sys.executable
    script = LaunchOptions("script", "a.py", ("-x", "1"), python=python)
    module = LaunchOptions("module", "a.b", ("-x",), python=python)
    assert command(script) == (python, "a.py", "-x", "1")
    assert command(module) == (python, "-m", "a.b", "-x")


@pytest.mark.parametrize(
    "options",
    [
        LaunchOptions("script", "a.py", cwd="/nowhere/at/all"),
        LaunchOptions("script", "a.py", environment={"A": "\0"}),
    ],
    ids=["folder", "environment"],
)
def test_one_that_fails_leaves_nothing(options: LaunchOptions) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(TargetError, match=rf"^can't start {sys.executable} "):
        launch(options, (sys.executable, "a.py"))
    assert sorted(os.listdir("/proc/self/fd")) == before
