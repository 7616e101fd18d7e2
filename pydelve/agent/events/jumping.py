"""Goes on from another line: sets ``f_lineno`` where the interpreter allows it.

Only the frame that a LINE event is about, inside that event's callback: elsewhere CPython refuses, or crashes (on a
caller's frame 3.13 to 3.15 do). The instruction jumped to runs next, without an event, on every version.

Called by ``service``, on the thread that is stopped; may run the program's code, as what leaves the stack is destroyed.
"""

from __future__ import annotations

from ..interpreter.quiet import FILENAME, quietly
from ..looking import fastlocals

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

_SET_LINE = "def set_line(frame, line):\n frame.f_lineno = line"


def jump(frame: FrameType, line: int) -> list[str]:
    """Go to ``line``; gives the names of locals that had no value and are None now (3.12 and later do that).

    Raises:
        ValueError: the interpreter does not allow it; it says why.
    """
    before = _unbound(frame)
    # 3.12+ warns of those names in whatever module sets the line: in one of this name it is not heard
    namespace: dict[str, Any] = {"__name__": FILENAME}
    exec(compile(_SET_LINE, FILENAME, "exec", 0, True), namespace)
    traced = frame.f_trace is not None
    if not traced:  # up to 3.11 nothing else is asked for; a stop may have taken our trace function away
        frame.f_trace = _no_trace
    try:
        quietly(namespace["set_line"], frame, line)
    finally:
        if not traced:
            frame.f_trace = None
    after = _unbound(frame)
    return [name for name in before if name not in after]


def _no_trace(frame: FrameType, event: str, argument: object) -> None:
    """A trace function that no event reaches."""


def _unbound(frame: FrameType) -> list[str]:
    if not fastlocals.is_function(frame.f_code):
        return []
    return [name for name, _, value in fastlocals.read_locals(frame) if value is fastlocals.UNBOUND]
