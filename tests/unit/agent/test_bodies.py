"""A function with a condition before it goes on, where that is not true, in a second body that is the original's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "programs" / "probe_bodies.py"


def test_of_the_standard_library(python: Interpreter) -> None:
    done = subprocess.run(
        [python.path, "-I", "-X", "utf8", str(PROGRAM), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)
