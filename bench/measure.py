"""Alternating measurements and their statistics. Pure but for the callables it is given."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Series:
    """One contender's values, in the case's unit."""

    name: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return min(self.values), max(self.values)


Verdict = Literal["kept", "noise", "missed", "none"]
"""noise: above the limit by no more than plain is above itself; none: there is no limit, but a cost to tell."""


_SELDOM = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One limit, and what it amounts to in one result."""

    line: str
    """Which line of the table of limits, by its first words; the same for all versions."""
    limit: str
    here: str
    verdict: Verdict = "kept"
    noise: str = ""
    """How far plain is from itself, in the same measure."""
    why: str = ""
    """What the limit is made by, for where it is missed."""


@dataclass(frozen=True, slots=True)
class Result:
    """One case on one interpreter: the first series is what the others are compared with."""

    title: str
    python: str
    """Version of the target's interpreter."""
    unit: str
    series: tuple[Series, ...]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Is no limit missed, but by noise?"""
        return all(check.verdict != "missed" for check in self.checks)

    def of(self, name: str) -> Series:
        """The series of this name."""
        return next(series for series in self.series if series.name == name)


def at_most(
    line: str, limit: str, here: float, most: float, *, noise: float | None = None, form: str = ".2f", why: str = ""
) -> Check:
    """A figure that is to be ``most`` at most; ``noise`` is how many times itself plain takes, where that is known."""
    verdict: Verdict = "kept" if here <= most else "noise" if here <= most * (noise or 1) else "missed"
    return Check(line, limit, f"{here:,{form}}", verdict, f"{noise:.2f}" if noise else "", why)


def at_least(line: str, limit: str, here: float, least: float, *, form: str = ",.1f", why: str = "") -> Check:
    """A figure that is to be ``least`` at least."""
    return Check(line, limit, f"{here:{form}}", "kept" if here >= least else "missed", "", why)


def ratio_of(values: Sequence[float], plain: Sequence[float]) -> float:
    """By the smallest or by the medians, whichever is less: where things lie in memory alone makes some runs of plain
    Python a tenth slower than others, and what else the machine does only ever adds.
    """
    return min(min(values) / min(plain), statistics.median(values) / statistics.median(plain))


def noise_of(plain: Sequence[float]) -> float:
    """How many times its own time plain takes: the largest :func:`ratio_of` of two halves of its runs, at least 1."""
    runs = list(plain)
    if len(runs) < 2:
        return 1.0
    half = len(runs) // 2
    found = []
    for chosen in itertools.combinations(range(len(runs)), half):
        ours = [runs[at] for at in chosen]
        found.append(ratio_of(ours, [run for at, run in enumerate(runs) if at not in chosen]))
    return max(1.0, *found)


def alternate(
    contenders: Mapping[str, Callable[[], float]], rounds: int, warm: bool = True, seldom: Collection[str] = ()
) -> tuple[Series, ...]:
    """Run every contender in turn, ``rounds`` times, so that what else the machine does hits all of them.

    Args:
        warm: Run each once before, unmeasured: caches of files and bytecode are as in daily use.
        seldom: Those that take seconds, and are so far off that two rounds tell.
    """
    values: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + warm):
        for name, measure in contenders.items():
            if name in seldom and len(values[name]) >= _SELDOM:
                continue
            value = measure()
            if number >= warm:
                values[name].append(value)
    return tuple(Series(name, tuple(found)) for name, found in values.items())
