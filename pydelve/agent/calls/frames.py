"""Traced calls told by the events of ``sys.settrace``, which ``tracing.Tracing`` passes on: CPython 3.9 to 3.11. See
``calls/events.py`` for later ones.

Those events say that a frame is entered and left; whether it begins or goes on, and whether it returns, yields or is
left by an exception, its code and its last instruction tell.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.traces import Traced

_SUSPENDS = 0x20 | 0x80 | 0x200  # a generator, a coroutine, an asynchronous generator: Include/cpython/code.h
_RETURN_VALUE, _YIELD_VALUE, _YIELD_FROM = 83, 86, 72  # Include/opcode.h of 3.9, 3.10 and 3.11
_RESUME, _AT_START = 151, 3  # 3.11: the low bits of its argument are 0 where a function begins


# 3.9: what `except ... as name` does at its end has a line event, and then raises on without an event
_CLEANS_UP_SILENTLY = sys.version_info < (3, 10)


class CallFrames:
    """The frames of one trace."""

    def __init__(self, calls: Traced) -> None:
        """There are none yet."""
        self._calls = calls
        self._raised: dict[int, tuple[int, BaseException, bool]] = {}
        """id(frame): the exception that came up there last and is not handled yet: its offset, itself, and whether it
        was raised in this very frame."""
        self._inside: set[int] = set()

    def has(self, frame: FrameType) -> bool:
        """Are this frame's events needed?"""
        return id(frame) in self._inside

    def begins(self, frame: FrameType) -> bool:
        """It is entered: is it traced?"""
        source = self._calls.source(frame)
        if source is None:
            return False
        code = frame.f_code
        self._inside.add(id(frame))
        self._raised.pop(id(frame), None)
        if code.co_flags & _SUSPENDS and not _is_at_start(frame, code):
            self._calls.resumed(frame, source)
        else:
            self._calls.started(frame, source)
        return True

    def goes_on(self, frame: FrameType, event: str, argument: Any) -> None:
        """Something happened in a frame: a line, an exception, its end."""
        number = id(frame)
        if number not in self._inside:
            return
        if event == "exception":
            self._raised[number] = (frame.f_lasti, argument[1], argument[2] is None or argument[2].tb_next is None)
            frame.f_trace_lines = True  # a line, if one comes, handles it
        elif event == "line":
            handled = self._raised.pop(number, None)
            if handled is not None and _CLEANS_UP_SILENTLY:
                self._raised[number] = (-1, *handled[1:])
        elif event == "return":
            self._inside.discard(number)
            self._leave(frame, argument, self._raised.pop(number, None))

    def _leave(self, frame: FrameType, value: object, raised: tuple[int, BaseException, bool] | None) -> None:
        operations, at = frame.f_code.co_code, frame.f_lasti
        yields = _yields(operations, at)
        if raised is not None and operations[at] != _RETURN_VALUE and (raised[0] == at or not yields):
            self._calls.unwound(frame, *raised[1:])
        elif yields:
            self._calls.suspended(frame, value)
        else:
            self._calls.returned(frame, value)


def _yields(operations: bytes, at: int) -> bool:
    return operations[at] == _YIELD_VALUE or _YIELD_FROM in operations[at : at + 3 : 2]  # 3.9, 3.10 stand before it


def _is_at_start(frame: FrameType, code: CodeType) -> bool:
    at = frame.f_lasti
    if sys.version_info < (3, 11):
        return at < 0
    return code.co_code[at] == _RESUME and not code.co_code[at + 1] & _AT_START
