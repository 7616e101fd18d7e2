"""What printers show of each type, inside every target interpreter: within 20 ms and with no code of the target run.

``printers_*.txt`` have what a person sees. ``PYDELVE_REFRESH=1 pytest tests/unit/agent/test_printers.py --python 3.13``
writes them anew: look at the difference, then run it on all.
"""

from __future__ import annotations

import marshal
import os
import re
import subprocess
from pathlib import Path

import pytest

from pydelve.target.live.convert import to_value
from pydelve.terminal.values import render_value
from tests.e2e.libraries import library
from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
PROBE = HERE / "programs" / "probe_printers.py"
REFRESH = bool(os.environ.get("PYDELVE_REFRESH"))
# where 3.13 and older versions of the libraries have their classes
_MOVED = re.compile(
    r"\b(pathlib|pandas)(?:\._local|\.core\.(?:frame|series|indexes\.\w+)|\._libs\.tslibs\.\w+|\.api\.typing)\."
)
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def rendered(python: Interpreter, output: Path, family: str, path: str = "") -> str:
    """All that the probe looked at, as a person sees it; what the probe found wrong fails the test."""
    done = subprocess.run(
        [python.path, "-X", "utf8", "-W", "ignore", str(PROBE), str(ROOT), family, str(output)],
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)
    text = "".join(
        f"{name}: {render_value(to_value(wire), width=150)}\n"
        for name, wire in marshal.loads(output.read_bytes()).items()
    )
    return _MOVED.sub(r"\1.", _ADDRESS.sub("0x<addr>", text)).replace("probe_standard.", "")


def compare(golden: Path, text: str) -> None:
    if REFRESH:
        golden.write_text(text, encoding="utf-8")
    else:
        assert text == golden.read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_types_of_the_standard_library(python: Interpreter, tmp_path: Path) -> None:
    """Exception groups are there from 3.11 on."""
    text = rendered(python, tmp_path / "shown", "standard")
    if "exception group: " not in text:
        assert python.id in {"py39", "py310"}
        golden = (HERE / "printers_standard.txt").read_text(encoding="utf-8")
        assert text == re.sub(r"^exception group: .*\n", "", golden, flags=re.MULTILINE)
    else:
        compare(HERE / "printers_standard.txt", text)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["numpy", "pandas", "attr", "pydantic", "torch"])
def test_types_of_libraries(name: str, python: Interpreter, tmp_path: Path) -> None:
    if name == "torch" and python.version[:4] not in ("3.11", "3.13"):
        pytest.skip("torch is several gigabytes: looked at on two versions only")
    path = library(python, {"attr": "attrs"}.get(name, name)).get("PYTHONPATH", "")
    compare(HERE / f"printers_{name}.txt", rendered(python, tmp_path / "shown", name, path))
