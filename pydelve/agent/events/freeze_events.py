"""Brings frozen threads to their gates by ``sys.monitoring``: CPython 3.12 and later. See ``freezing.py``.

A tool of its own, taken when a thread is to be frozen. Its events are of code: threads that are not frozen pass.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ..interpreter.gil import FREE_THREADED
from ..interpreter.interpreters import current_frames
from ..interpreter.paths import is_agent

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType, FrameType
    from typing import Any

    from ..core import Agent
    from ..events.freezing import Freezer

_TOOL = "pydelve freeze"


class FreezeEvents:
    """The events that lead to the gates; they are on while a frozen thread has not come to its own."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is on. Raises RuntimeError where no tool id is free."""
        self._agent = agent
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # checked as if on 3.11
        self._codes: dict[int, CodeType] = {}
        self._freezer: Freezer | None = None
        self._tool = self._take_tool()
        events = self._monitoring.events
        self._everywhere = events.PY_START | events.PY_RESUME | events.PY_THROW
        self._here = events.INSTRUCTION | events.LINE
        if FREE_THREADED:
            self._everywhere |= self._here
        for event in (events.INSTRUCTION, events.LINE, events.PY_START, events.PY_RESUME, events.PY_THROW):
            self._monitoring.register_callback(self._tool, event, self._on_event)

    def _take_tool(self) -> int:
        for number in (5, 1, 2, 4, 3, 0):
            if self._monitoring.get_tool(number) is None:
                self._monitoring.use_tool_id(number, _TOOL)
                return number
        raise RuntimeError("all tool ids of sys.monitoring are taken")

    def begin(self, freezer: Freezer) -> None:
        """Tell of what the frozen threads do next."""
        self._freezer = freezer
        self._monitoring.set_events(self._tool, self._everywhere)
        if FREE_THREADED:  # the stacks of threads that run can't be read
            return
        frames = current_frames()
        frame: FrameType | None
        for ident in freezer.frozen():
            frame = frames.get(ident)
            while frame is not None:
                code = frame.f_code
                if id(code) not in self._codes and not is_agent(code):
                    self._codes[id(code)] = code
                frame = frame.f_back
        del frames  # our own is among them, and must not hold itself
        self.renew()

    def renew(self) -> None:
        """Some tool's global events have changed: code that had INSTRUCTION events has none now."""
        if FREE_THREADED and self._monitoring.get_events(self._tool):
            self._monitoring.set_events(self._tool, 0)
            self._monitoring.set_events(self._tool, self._everywhere)
        for code in list(self._codes.values()):
            self._monitoring.set_local_events(self._tool, code, 0)
            self._monitoring.set_local_events(self._tool, code, self._here)

    def end(self) -> None:
        """Tell of nothing any more."""
        if self._monitoring.get_events(self._tool):
            self._monitoring.set_events(self._tool, 0)
        codes, self._codes = self._codes, {}  # another thread may be about to begin anew
        for code in codes.values():
            self._monitoring.set_local_events(self._tool, code, 0)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._monitoring.get_tool(self._tool) == _TOOL:
            self.end()
            self._monitoring.free_tool_id(self._tool)

    def _on_event(self, code: CodeType, *details: Any) -> None:
        freezer = self._freezer
        if freezer is None or not freezer.is_frozen(get_ident()) or is_agent(code):
            return
        try:
            freezer.gate()
        except BaseException as error:
            if not self._agent.is_own_fault(error):
                raise
