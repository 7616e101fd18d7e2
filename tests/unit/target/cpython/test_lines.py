"""Lines from the tables of code objects, against what each interpreter itself finds in them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pydelve.target.cpython.lines import line_of
from tests.interpreters import Interpreter

DRIVER = Path(__file__).parent / "lines_driver.py"


def test_every_offset_of_some_modules(python: Interpreter) -> None:
    done = subprocess.run(
        [python.path, "-I", "-W", "ignore", str(DRIVER)], capture_output=True, text=True, check=True, timeout=50
    )
    minor = python.version_info[1]
    offsets = 0
    for first_line, table, expected in json.loads(done.stdout):
        raw = bytes.fromhex(table)
        # All of the big ones would be quadratic.
        some = expected[:: max(1, len(expected) // 100)]
        assert [[offset, line_of(minor, raw, first_line, offset)] for offset, _ in some] == some
        offsets += len(some)
    assert offsets > 5000


def test_before_the_first_instruction() -> None:
    assert [line_of(minor, b"", 7, -1) for minor in range(9, 16)] == [7] * 7


@given(st.sampled_from(range(9, 16)), st.binary(), st.integers(0, 1000))
def test_any_table_ends(minor: int, table: bytes, offset: int) -> None:
    assert line_of(minor, table, 1, offset) >= 0
