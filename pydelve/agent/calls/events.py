"""Traced calls told by ``sys.monitoring``: CPython 3.12 and later. See ``tracing.Tracing`` for older ones.

A tool of its own, so that breakpoints and steps never touch what it has disabled. Code that does not matter is seen
once, at its first call, and disabled there; code that matters has local events. Exceptions that leave a frame, or are
thrown into one, have no local events before 3.15: up to there they are told of all code.
"""

from __future__ import annotations

import sys

from ..calls.matching import CO_OPTIMIZED

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.matching import Source
    from ..calls.traces import Traced
    from ..calls.weaving import EntryWeaving
    from ..core import Agent

_TOOL = "pydelve trace"
_LOCAL_UNWIND = sys.version_info >= (3, 15)
_getframe = sys._getframe  # taken before the program can replace it


class CallEvents:
    """The events of one trace."""

    def __init__(self, agent: Agent, calls: Traced) -> None:
        """Nothing is on yet. Raises RuntimeError where no tool id is free."""
        self._agent, self._calls = agent, calls
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # checked as if on 3.11
        self._disable = self._monitoring.DISABLE
        events = self._monitoring.events
        self._local = events.PY_START | events.PY_RESUME | events.PY_RETURN | events.PY_YIELD
        self._everywhere = events.PY_START | events.PY_RESUME
        if _LOCAL_UNWIND:
            self._local |= events.PY_UNWIND | events.PY_THROW
        else:
            self._everywhere |= events.PY_UNWIND | events.PY_THROW
        self._codes: list[CodeType] = []  # that ask a condition by themselves
        self._weaving: EntryWeaving | None = None
        self._tool = self._take_tool()
        functions = {
            "PY_START": self._guarded(self._on_start),
            "PY_RESUME": self._guarded(self._on_resume),
            "PY_THROW": self._guarded(self._on_throw),
            "PY_RETURN": self._guarded(self._on_return),
            "PY_YIELD": self._guarded(self._on_yield),
            "PY_UNWIND": self._guarded(self._on_unwind),
        }
        functions.update(calls.callbacks(self._find, self._disable))
        if calls.matching.builtins:
            from ..calls.builtins import Builtins  # noqa: PLC0415  only where it is asked for

            self._everywhere |= events.CALL | events.C_RETURN | events.C_RAISE
            functions.update(Builtins(agent, calls).callbacks(self._disable))
        self._names = tuple(functions)
        for name, function in functions.items():
            self._monitoring.register_callback(self._tool, getattr(events, name), function)

    def _take_tool(self) -> int:
        for number in (3, 4, 5, 1, 2, 0):  # those with an owner by name last
            if self._monitoring.get_tool(number) is None:
                self._monitoring.use_tool_id(number, _TOOL)
                return number
        raise RuntimeError("all tool ids of sys.monitoring are taken")

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A callback that lets no fault of ours into the program."""
        agent = self._agent

        def callback(*details: Any) -> Any:
            try:
                return function(*details)
            except BaseException as error:
                if not agent.is_own_fault(error):
                    raise
            return None

        return callback

    def begin(self) -> None:
        """Tell of all calls that begin from now on."""
        if self._calls.condition is not None and self._calls.condition.weaves and not self._agent.table:
            self._weave()
        self._monitoring.set_events(self._tool, self._everywhere)

    def _weave(self) -> None:
        """Have functions ask the condition by themselves; those that can't are asked for by events."""
        from ..calls.weaving import EntryWeaving  # noqa: PLC0415  only where a condition is asked

        def ready(code: CodeType) -> None:
            self._codes.append(code)
            self._monitoring.set_local_events(self._tool, code, self._local & ~self._monitoring.events.PY_START)

        weaving = EntryWeaving(self._agent, self._calls, ready)
        if weaving.begin():
            self._weaving = weaving

    def leave_code(self) -> None:
        """Something needs the program's code as it is."""
        if self._weaving is not None:
            self._weaving.end()

    # -- in the program's threads --------------------------------------------------------------------------------------

    def _on_start(self, code: CodeType, offset: int) -> Any:
        source = self._calls.known(code) or self._find(code, _getframe(2))
        if source is None:
            return self._disable
        self._calls.started(_getframe(2), source)
        return None

    def _on_resume(self, code: CodeType, offset: int) -> Any:
        source = self._calls.known(code) or self._find(code, _getframe(2))
        if source is None:
            return self._disable
        self._calls.resumed(_getframe(2), source)
        return None

    def _find(self, code: CodeType, frame: FrameType) -> Source | None:
        """Code that is seen for the first time."""
        if self._weaving is not None:
            if self._weaving.has(code):
                return None
            if not code.co_flags & CO_OPTIMIZED:
                self._weaving.late(code, frame.f_globals)
        source = self._calls.source(frame)
        if source is not None:
            self._monitoring.set_local_events(self._tool, code, self._local)
        return source

    def _on_throw(self, code: CodeType, offset: int, error: BaseException) -> None:
        source = self._calls.known(code)
        if source is not None:
            self._calls.resumed(_getframe(2), source, error)

    def _on_return(self, code: CodeType, offset: int, value: object) -> None:
        self._calls.returned(_getframe(2), value)

    def _on_yield(self, code: CodeType, offset: int, value: object) -> None:
        self._calls.suspended(_getframe(2), value)

    def _on_unwind(self, code: CodeType, offset: int, error: BaseException) -> None:
        if self._calls.known(code) is not None:
            traceback = error.__traceback__
            self._calls.unwound(_getframe(2), error, traceback is None or traceback.tb_next is None)

    # -- the end -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave nothing behind; a thread may be in a callback at this moment, and ends it."""
        events = self._monitoring.events
        self.leave_code()
        self._monitoring.set_events(self._tool, 0)
        for code in [*self._codes, *self._calls.known_codes()]:
            self._monitoring.set_local_events(self._tool, code, 0)
        for name in self._names:
            self._monitoring.register_callback(self._tool, getattr(events, name), None)
        self._monitoring.free_tool_id(self._tool)
        self._codes.clear()
