"""Which interpreters are taken, and what is said of those that are not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pydelve.errors import NotAPythonError, PydelveError
from pydelve.target.live import interpreter
from tests.interpreters import Interpreter


def script(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_every_supported_version_is_taken(python: Interpreter) -> None:
    interpreter.check(python.path)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            "echo pydelve-probe pypy 3 10", NotAPythonError,
            "{} is pypy, not CPython (pydelve knows CPython's own structures)",
        ),
        (
            "echo pydelve-probe cpython 3 8", NotAPythonError,
            "{} is CPython 3.8 (pydelve supports 3.9 to 3.15 as targets)",
        ),
        (
            "echo pydelve-probe cpython 3 16", NotAPythonError,
            "{} is CPython 3.16 (pydelve supports 3.9 to 3.15 as targets)",
        ),
        (
            "echo no such option >&2; exit 2", NotAPythonError,
            "{} is not a Python interpreter (asked for its version it said: no such option)",
        ),
        ("true", NotAPythonError, "{} is not a Python interpreter (it does not answer as one)"),
        (
            "echo pydelve-probe cpython three 14", NotAPythonError,
            "{} is not a Python interpreter (it does not answer as one)",
        ),
    ],
    ids=["pypy", "3.8", "3.16", "an error", "nothing", "nonsense"],
)  # fmt: skip
def test_refused_by_name(tmp_path: Path, text: str, error: type[PydelveError], message: str) -> None:
    path = script(tmp_path, text)
    with pytest.raises(error) as caught:
        interpreter.check(path)
    assert str(caught.value) == message.format(path)


def test_one_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_PROBE_LIMIT_S", 0.1)
    path = script(tmp_path, "exec cat /dev/zero >/dev/null")
    with pytest.raises(NotAPythonError) as caught:
        interpreter.check(path)
    assert (
        str(caught.value)
        == f"{path} is not a Python interpreter (asked for its version it did not answer within 0.1 s)"
    )


def test_what_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    with pytest.raises(NotAPythonError, match=r"is not a Python interpreter .*Exec format error"):
        interpreter.check(str(path))


def test_finding_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    assert interpreter.find("") == sys.executable
    (tmp_path / "bin").mkdir()
    path = script(tmp_path / "bin", "true")
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path))
    assert interpreter.find("") == path
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "nowhere"))
    assert interpreter.find("") == path
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert interpreter.find("python") == path
    monkeypatch.chdir(tmp_path)
    assert interpreter.find(os.path.join("bin", "python")) == path
    with pytest.raises(NotAPythonError) as caught:
        interpreter.find("python9")
    assert str(caught.value) == "no interpreter 'python9' (it is not on PATH)"
    with pytest.raises(NotAPythonError) as caught:
        interpreter.find("./python9")
    assert str(caught.value) == "no interpreter './python9' (it does not exist, or is not an executable file)"
