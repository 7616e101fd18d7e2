"""Running Python in frames inside every target interpreter, also where warnings are errors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"

_LOAD_PRIVATELY = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
with open(sys.argv[1] + "/pydelve/agent/loader.py", "rb") as file:
    exec(file.read())
def read_code(name):
    with open(sys.argv[1] + "/pydelve/agent/" + name.replace(".", "/") + ".py", "rb") as file:
        return compile(file.read(), "<agent>/" + name, "exec", dont_inherit=True)
for name in ("looking.inspection", "looking.fastlocals", "looking.evaluation"):
    load(read_code, name, "<agent>/", 0)
new = set(sys.modules) - before
print(sorted(new - set(sys.builtin_module_names) - {"_ctypes", "_contextvars"}))
"""


@pytest.mark.parametrize("options", [[], ["-W", "error"], ["-O"]], ids=["plain", "warnings-are-errors", "optimised"])
def test_runs_in_frames(python: Interpreter, options: list[str]) -> None:
    done = subprocess.run(
        [python.path, "-I", "-X", "utf8", *options, str(PROGRAMS / "probe_evaluation.py"), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)


def test_loading_imports_only_what_is_built_in(python: Interpreter) -> None:
    done = subprocess.run(
        [python.path, "-I", "-S", "-c", _LOAD_PRIVATELY, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)
