"""Whether a frame will handle an exception, foretold inside each target interpreter and compared with what happens."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "programs" / "probe_handlers.py"


def test_foretells_what_handlers_do(python: Interpreter) -> None:
    if python.version_info < (3, 11):
        return  # no table of handlers there: -at-raise is refused, see tests/e2e/test_exceptions.py
    done = subprocess.run(
        [python.path, "-I", "-W", "ignore", "-X", "utf8", str(PROGRAM), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine, 32 cases\n", "", 0)
