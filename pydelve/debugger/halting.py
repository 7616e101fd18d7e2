"""Halts: the target is asked to stop, and where it does not come to it in time, that is told. For ``engine``, on its
thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydelve.api.events import Event, HaltPending
from pydelve.debugger.current import Current
from pydelve.debugger.loop import Loop
from pydelve.target.interface import Process

_PATIENCE_S = 2.0


class Halting:
    """One per engine."""

    def __init__(self, current: Current, loop: Loop, emit: Callable[[Event], None]) -> None:
        """None is under way."""
        self._current, self._loop, self._emit = current, loop, emit
        self._last = 0
        """Number of the halt that is under way, if there is one."""

    def begin(self, process: Process, reason: Literal["halt", "attach"]) -> None:
        """Ask for a stop."""
        process.halt(reason)
        self._last += 1
        halt = self._last
        self._loop.after(_PATIENCE_S, lambda: self._overdue(halt))

    def over(self) -> None:
        """It stands, or is another process: none is overdue any more."""
        self._last += 1

    def _overdue(self, halt: int) -> None:
        process = self._current.process
        if self._current.state.status != "running" or halt != self._last or process is None:
            return
        why = f"process {process.info.pid} has not come back to Python: some thread holds the interpreter in C code"
        self._emit(HaltPending(_PATIENCE_S, why))
