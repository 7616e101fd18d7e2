"""One target of a session: its number, how it came, its engine. Kept by ``targets``, on the engine's thread."""

from __future__ import annotations

from typing import Literal

from pydelve.api.target import State
from pydelve.debugger.engine import Debugger


class Member:
    """One target; its engine is given to it as it is made."""

    engine: Debugger

    def __init__(self, number: int, how: Literal["launch", "attach", "fork", "exec"], parent: int) -> None:
        self.number, self.how, self.parent = number, how, parent
        self.told = False
        """That it stands has been told: the engine knows of a stop a while before."""
        self.stops = 0
        """So many were told."""
        self.runs_on = False
        """It stood where nobody saw it, and will again: it does not wait."""

    @property
    def state(self) -> State:
        """Of its engine."""
        return self.engine.current.state

    @property
    def pid(self) -> int:
        """Its process; 0 before there is one."""
        info = self.state.target
        return info.pid if info is not None else 0

    @property
    def stands(self) -> bool:
        """Does it stand, or evaluate where it stands?"""
        return self.state.status in ("stopped", "evaluating")
