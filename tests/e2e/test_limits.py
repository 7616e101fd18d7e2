"""The limits that were promised, each beside what it is compared with, in one run.

Measured by turns (``bench``), while no other test runs. ``bench`` itself reports medians; here the quickest of each
side counts: what the code costs shows there, and what else the machine does at the time does not. A miss is measured
again before it counts, and what others need scales the limit where the machine is slower than the one it was set on:
pdb and plain Python, and a process that only imports prompt-toolkit and pygments: a busy machine delays long work most.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import cases
from bench.cases import Setting
from bench.measure import Result, Series
from tests.interpreters import Interpreter

_TRIES = 3
_PDB_USUAL_MS = 45.0
"""What pdb needs to its first prompt on the machine that the limits were set on, when it is idle."""
_LIBRARIES_USUAL_MS = 95.0
"""The same for the libraries of the prompt."""
_PLAIN_USUAL_MS = 20.0

pytestmark = [pytest.mark.timeout(180), pytest.mark.alone]


@pytest.fixture
def setting(python: Interpreter, tmp_path: Path) -> Setting:
    return Setting(python.path, python.version, tmp_path.resolve(), rounds=5, quick=True)


def _quickest(series: Series) -> float:
    return series.spread[0]


def _best(measure: Callable[[], Result], over: Callable[[Result], float]) -> tuple[float, Result]:
    """How far over the limit (1: exactly at it), in the best of a few tries; the first that keeps it ends them."""
    found: list[tuple[float, Result]] = []
    while len(found) < _TRIES and not (found and found[-1][0] <= 1):
        result = measure()
        found.append((over(result), result))
    return min(found, key=lambda pair: pair[0])


def test_first_prompt(setting: Setting) -> None:
    def over(result: Result) -> float:
        pdb, libraries, ours = (_quickest(result.of(name)) for name in ("pdb", cases.LIBRARIES, "pydelve"))
        busy = max(1.0, pdb / _PDB_USUAL_MS, libraries / _LIBRARIES_USUAL_MS)
        return ours / max(cases.FIRST_PROMPT_LIMIT_MS * busy, 2 * pdb)

    ratio, result = _best(lambda: cases.first_prompt(setting), over)
    assert ratio <= 1, result


def test_start_of_the_program(setting: Setting) -> None:
    def over(result: Result) -> float:
        plain, ours = (_quickest(result.of(name)) for name in ("plain", "pydelve, from its launch"))
        busy = max(1.0, plain / _PLAIN_USUAL_MS)
        return (ours - plain) / (cases.START_LIMIT_MS * busy)

    ratio, result = _best(lambda: cases.program_start(setting), over)
    assert ratio <= 1, result


def test_looking_at_big_values(setting: Setting) -> None:
    def over(result: Result) -> float:
        return max(map(_quickest, result.series)) / cases.PRINT_LIMIT_MS

    ratio, result = _best(lambda: cases.looking(setting), over)
    assert ratio <= 1, result
