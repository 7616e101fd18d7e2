"""When a process was stopped by us, and for how long: what was asked to wait until a time is told against that."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Clock(NamedTuple):
    """A stopped process's monotonic clock."""

    now: float | None
    """When it was stopped; None where that is not known."""
    held_since: Callable[[float], float]
    """For how long of the time since then it stood still, because of us."""


class Held:
    """The stops of one process."""

    def __init__(self, read: Callable[[], float | None]) -> None:
        """``read`` gives what its clock says; None where that is not known."""
        self._read = read
        self._began: float | None = None
        self._past: list[tuple[float, float]] = []

    def begins(self) -> None:
        """It stands still from now on; no news where it did."""
        if self._began is None:
            self._began = self._read()

    def ends(self) -> None:
        """It runs on."""
        ended = self._read()
        if self._began is not None and ended is not None:
            self._past.append((self._began, ended))
        self._began = None

    def clock(self) -> Clock:
        """At this stop."""
        return Clock(self._began, self._since)

    def _since(self, begun: float) -> float:
        return sum(ended - max(began, begun) for began, ended in self._past if ended > begun)
