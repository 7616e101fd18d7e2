"""Alternating measurements and their statistics. Pure but for the callables it is given."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True, slots=True)
class Result:
    """One case on one interpreter: the first series is what the others are compared with."""

    title: str
    python: str
    """Version of the target's interpreter."""
    unit: str
    series: tuple[Series, ...]
    limit: str = ""
    """The limit in words, with what it amounts to here; "" where there is none."""
    kept: bool = True
    notes: tuple[str, ...] = field(default=())

    def of(self, name: str) -> Series:
        """The series of this name."""
        return next(series for series in self.series if series.name == name)


def alternate(contenders: Mapping[str, Callable[[], float]], rounds: int, warm: bool = True) -> tuple[Series, ...]:
    """Run every contender in turn, ``rounds`` times, so that what else the machine does hits all of them.

    Args:
        warm: Run each once before, unmeasured: caches of files and bytecode are as in daily use.
    """
    values: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + warm):
        for name, measure in contenders.items():
            value = measure()
            if number >= warm:
                values[name].append(value)
    return tuple(Series(name, tuple(found)) for name, found in values.items())
