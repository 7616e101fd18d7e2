"""Who tells a trace of its functions' calls up to 3.11: the functions themselves, and events where that is not enough.

A part of ``tracing.Tracing``, which passes events on.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.frames import CallFrames
    from ..calls.traces import Traced
    from ..calls.weaving import CallWeaving
    from ..core import Agent


class CallTelling:
    """One per ``Tracing``: there is one trace at a time."""

    def __init__(self, agent: Agent, switch_on: Callable[[], None]) -> None:
        """``switch_on``: have events passed on."""
        self._agent, self._switch_on = agent, switch_on
        self._calls: Traced | None = None
        self._frames: CallFrames | None = None
        self._weaving: CallWeaving | None = None

    @property
    def by_events(self) -> bool:
        """Are events needed?"""
        return self._frames is not None

    def follow(self, calls: Traced | None) -> None:
        """Get ready to tell this trace, and end to tell the one before."""
        weaving, self._calls, self._frames, self._weaving = self._weaving, calls, None, None
        if weaving is not None:
            weaving.end()

    def begin(self) -> None:
        """Begin to tell it."""
        from ..calls.weaving import CallWeaving  # noqa: PLC0415  most programs that are debugged are not traced

        if self._calls is None:
            return
        if not self._agent.table:
            self._weaving = CallWeaving(self._agent, self._calls, self._switch_on, self._tell_by_events)
        if self._weaving is None or not self._weaving.begin():
            self._tell_by_events()

    def _tell_by_events(self) -> None:
        """Tell of functions that don't tell themselves."""
        if self._calls is not None and self._frames is None:
            from ..calls.frames import CallFrames  # noqa: PLC0415  most programs that are debugged are not traced

            self._frames = CallFrames(self._calls)
            self._switch_on()

    def leave_code(self) -> None:
        """Breakpoints are about to need the program's code as it is, or something else is: tell by events."""
        if self._weaving is not None and self._weaving.on:
            self._weaving.end()
            self._tell_by_events()

    # -- what events say -----------------------------------------------------------------------------------------------

    def module_begins(self, code: CodeType, names: dict[str, Any]) -> bool:
        """A module's code is about to run: was it waited for?"""
        if self._weaving is None or not self._weaving.on:
            return False
        self._weaving.late(code, names)
        return True

    def begins(self, frame: FrameType) -> bool:
        """A frame is entered: are its events needed?"""
        if self._frames is None or (self._weaving is not None and self._weaving.has(frame.f_code)):
            return False
        return self._frames.begins(frame)

    def has(self, frame: FrameType) -> bool:
        """Are this frame's events needed?"""
        return self._frames is not None and self._frames.has(frame)

    def goes_on(self, frame: FrameType, event: str, argument: Any) -> None:
        """Something happened in a frame: a line, an exception, its end."""
        if self._frames is not None:
            self._frames.goes_on(frame, event, argument)
