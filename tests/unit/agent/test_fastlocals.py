"""Locals of frames inside every target interpreter, by layout and without one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("mode", ["calibrated", "fallback"])
def test_reads_and_writes_locals(python: Interpreter, mode: str) -> None:
    done = subprocess.run(
        [python.path, "-I", "-X", "utf8", str(PROGRAMS / "probe_fastlocals.py"), str(ROOT), mode],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)
