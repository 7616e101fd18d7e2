"""A program run twice: as it is, and under pydelve with commands; what it writes and how it ends must be the same.

Its output goes to files in both runs, so that pydelve's own is what is left to compare with the expected transcript.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.session import Finished, Session, clean_environment
from tests.interpreters import Interpreter


@dataclass(frozen=True, slots=True)
class Plain:
    """How a program ended without a debugger."""

    output: str
    errors: str
    status: int


def run_plain(
    python: Interpreter,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    stdin: Path | None = None,
) -> Plain:
    """Run ``python WORDS``, with nothing of the test's own PYTHON variables."""
    with open(stdin or os.devnull, "rb") as source:
        done = subprocess.run(
            [python.path, *words], cwd=cwd, env=clean_environment(cwd) | dict(environment or {}), stdin=source,
            capture_output=True, text=True, timeout=40, check=False,
        )  # fmt: skip
    return Plain(done.stdout, done.stderr, done.returncode)


def run_both(
    python: Interpreter,
    words: Sequence[str],
    commands: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    stdin: Path | None = None,
) -> Finished:
    """``python WORDS`` plain, then ``pydelve debug WORDS`` with these commands; gives back pydelve's transcript.

    Raises:
        AssertionError: the two runs differ in output, error output or status.
    """
    plain = run_plain(python, words, cwd, environment, stdin)
    out, err = cwd / "out.txt", cwd / "err.txt"
    options = ["--redirect", f"stdout:{out}", "--redirect", f"stderr:{err}"]
    if stdin is not None:
        options += ["--redirect", f"stdin:{stdin}"]
    for name, value in (environment or {}).items():
        options += ["--env", f"{name}={value}"]
    done = Session(python, cwd).run(["debug", *options, "--python", python.path, *words], commands)
    assert (out.read_text(), err.read_text()) == (plain.output, plain.errors), done.raw
    assert done.lines[-1] == f"process <pid> exited with status {plain.status}"
    return done
