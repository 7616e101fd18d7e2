"""A target that only keeps a table of breakpoints, and refuses when told to."""

from __future__ import annotations

from typing import cast

from pydelve.api.breakpoints import Location, Unit
from pydelve.errors import PydelveError
from pydelve.target.arming import Armed, Arming, WovenScope
from pydelve.target.interface import Process

LOADED, LATER = "/app/loaded.py", "/app/later.py"


def place(file: str, line: int) -> Location:
    return Location(file, Unit(line, line, "simple", "f", 1, "f"), "f")


class FakeProcess:
    """Implements what ``Breakpoints`` asks of a ``target.Process``."""

    def __init__(self, loaded: set[str] | None = None) -> None:
        self.loaded = {LOADED} if loaded is None else loaded
        self.table: dict[int, tuple[Arming, ...]] = {}
        self.fails: dict[int, PydelveError] = {}
        """What arming raises, by breakpoint."""

    def arm(
        self, breakpoint_id: int, armings: tuple[Arming, ...], scopes: tuple[WovenScope, ...] = ()
    ) -> tuple[Armed, ...]:
        if breakpoint_id in self.fails:
            raise self.fails[breakpoint_id]
        self.table[breakpoint_id] = armings
        if not armings:
            del self.table[breakpoint_id]
        return tuple(
            Armed("armed", "events") if arming.location.file in self.loaded else Armed("suspended")
            for arming in armings
        )

    def placements(self) -> dict[tuple[int, str, int], Armed]:
        return {}

    def as_process(self) -> Process:
        return cast("Process", self)
