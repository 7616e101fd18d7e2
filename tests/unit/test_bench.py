"""What the benchmark says of its figures: kept, missed, or within the noise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import serving
from bench.cases import Setting
from bench.measure import Check, Result, Series, at_least, at_most, noise_of, ratio_of
from bench.report import as_text, joined, limits_table


def test_ratios_are_the_nearer_of_two() -> None:
    assert ratio_of([10, 12, 30], [10, 10, 10]) == 1.0
    assert ratio_of([11, 11, 11], [10, 11, 12]) == 1.0
    assert ratio_of([20, 30, 40], [10, 10, 10]) == 2.0


def test_noise_is_how_far_plain_is_from_itself() -> None:
    assert noise_of([10.0] * 6) == 1.0
    assert noise_of([10, 10, 12, 12]) == 1.2
    assert noise_of([10, 10, 10, 20]) == 1.0  # one slow run makes no half slow


def test_a_limit_is_missed_by_more_than_noise_only() -> None:
    def verdict(here: float, noise: float | None) -> str:
        return at_most("x", "1.02 of plain", here, 1.02, noise=noise).verdict

    assert [verdict(1.02, None), verdict(1.03, None), verdict(1.03, 1.05), verdict(1.08, 1.05)] == [
        "kept", "missed", "noise", "missed",
    ]  # fmt: skip
    assert [at_least("x", "3 times", here, 3).verdict for here in (3.0, 2.9)] == ["kept", "missed"]


def _result(python: str, here: float) -> Result:
    checks = (
        at_most("6: raised", "2.00 of plain", here, 2.0, noise=1.01, why="each is a call"),
        at_most("8: after removal", "1.00 of plain", 1.0, 1.0, noise=1.01),
    )
    return Result("exceptions", python, "ms", (Series("plain", (1.0, 2.0)), Series("pydelve", (2.0, 3.0))), checks)


_TABLE = """\
Of 5, 3 are kept, 1 within the noise, 1 missed.

| what | limit | 3.9.18 | 3.13.0 | 3.14.10 |
|---|---|---|---|---|
| 6: raised | 2.00 of plain | 31.0 | 2.01: within the noise, noise 1.01 | 2.20: **missed**, noise 1.01 |
| 8: after removal | 1.00 of plain |  | 1.00: kept | 1.00: kept |
| 9: prompt | 250 ms |  |  | 240: kept |

Missed, and what the limit is:

- *6: raised*, on 3.14.10: each is a call.
"""


def test_the_table_of_limits() -> None:
    results = [
        _result("3.14.10", 2.2), _result("3.13.0", 2.01),
        Result("exceptions", "3.9.18", "ms", (), (Check("6: raised", "2.00 of plain", "31.0", "none"),)),
        Result("prompt", "3.14.10", "ms", (), (at_most("9: prompt", "250 ms", 240, 250, form=".0f"),)),
    ]  # fmt: skip
    assert limits_table(results).partition("that version.\n\n")[2] == _TABLE


def test_runs_are_joined(tmp_path: Path) -> None:
    file = tmp_path / "runs.json"
    first, other, again = _result("3.13.0", 2.0), _result("3.14.10", 2.2), _result("3.13.0", 1.9)
    assert joined(file, [first, other]) == [first, other]
    assert joined(file, [again]) == [other, again]
    assert joined(file, []) == [other, again]
    assert as_text(again).splitlines()[-2:] == [
        "  6: raised: 2.00 of plain; here 1.90: kept", "  8: after removal: 1.00 of plain; here 1.00: kept",
    ]  # fmt: skip


def test_a_server_that_does_not_start_is_told(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise SystemExit(3)")
    setting = Setting(sys.executable, "3.11", tmp_path, 1, True)
    with pytest.raises(RuntimeError) as told, serving._served(setting, {"PYTHONPATH": str(tmp_path)}):
        pass
    assert str(told.value) == "the server did not start: it ended with status 3"
