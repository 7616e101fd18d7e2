"""Looking at objects inside every target interpreter: what is shown, and that no code of the target runs for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"


def test_looks_without_running(python: Interpreter) -> None:
    done = subprocess.run(
        [python.path, "-I", "-X", "utf8", str(PROGRAMS / "probe_inspection.py"), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)
