"""What woven code calls: the objects that stand among a woven function's constants.

``pydelve/debugger/weave_helper.py`` shows the statements that a check consists of. These objects hold no state of a
breakpoint: they find it by its number, so that a check in a frame that outlived a change does nothing. They run in the
program's threads; what they let out is the program's own.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ..interpreter.blame import is_handlers
from ..interpreter.paths import is_agent
from ..looking.evaluation import problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

    from ..core import Agent
    from ..events.breakpoints import Armed
    from ..weaving.weaver import Woven

_getframe = sys._getframe  # taken before the program can replace it


class Check:
    """One callable constant of a woven function. What is pickled of it (cloudpickle takes code by value) is ``bool``,
    which called, without arguments or with a message, does nothing.
    """

    __slots__ = ("_agent", "_number", "_woven")

    def __init__(self, agent: Agent, woven: Woven, number: int) -> None:
        """``number``: of the breakpoint, or the tag of a line with several."""
        self._agent = agent
        self._woven = woven
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        """See above."""
        return type, (False,)

    def _armed(self, frame: FrameType) -> Armed | None:
        """The breakpoint, where it is still woven here and may be hit."""
        agent = self._agent
        if not self._woven.live or not agent.active or agent.forked() or agent.stops.stands_here():
            return None
        if get_ident() in agent.judging:
            return None
        armed = self._woven.armed(self._number)
        return None if armed is None or agent.weaver.inside_check(frame.f_back) else armed


class Hook(Check):
    """The condition holds: stop."""

    __slots__ = ()

    def __call__(self) -> None:
        """Called at the line."""
        frame = _getframe(1)
        try:
            armed = self._armed(frame)
            if armed is not None and armed.counted():
                self._agent.arrivals.arrive_woven(frame, armed.line, [armed.id], None)
        except BaseException as error:
            if not self._agent.is_own_fault(error):
                raise


class Log(Check):
    """A logpoint is hit: tell its message, which the function has made."""

    __slots__ = ()

    def __call__(self, message: object = "") -> None:
        """Called at the line."""
        try:
            armed = self._armed(_getframe(1))
            if armed is not None and armed.counted():
                self._agent.arrivals.tell(armed, message)
        except BaseException as error:
            if not self._agent.is_own_fault(error):
                raise


class Failed(Check):
    """The condition raised: stop and say so. True where that is none of the condition's doing, and is to be raised."""

    __slots__ = ()
    _OF_MESSAGE = False

    def __call__(self) -> bool:
        """Called in the handler."""
        frame, error = _getframe(1), sys.exc_info()[1]
        if error is None or not _is_of_condition(error, frame):
            return True
        try:
            armed = self._armed(frame)
            if armed is not None:
                self._found(
                    armed, frame, problem_of(armed.same_error(error, frame, self._OF_MESSAGE), self._OF_MESSAGE)
                )
        except BaseException as fault:
            if not self._agent.is_own_fault(fault):
                raise
        return False

    def _found(self, armed: Armed, frame: FrameType, problem: dict[str, Any]) -> None:
        self._agent.arrivals.arrive_woven(frame, armed.line, [armed.id], problem)


class LogFailed(Failed):
    """A logpoint's message raised."""

    __slots__ = ()
    _OF_MESSAGE = True


class Noted:
    """What the checks of a line with several breakpoints have found, by thread. ``True in noted``: there is something.

    Attributes:
        found: ``{thread: [(id, error or None), ...]}``.
    """

    __slots__ = ("found",)

    def __init__(self) -> None:
        """Nothing yet."""
        self.found: dict[int, list[tuple[int, dict[str, Any] | None]]] = {}

    def __contains__(self, item: object) -> bool:
        """Asked at each execution of the line."""
        return get_ident() in self.found if self.found else False

    def __reduce__(self) -> tuple[Any, ...]:
        """See ``Check``."""
        return tuple, ()


class Note(Check):
    """One of several conditions of a line holds."""

    __slots__ = ("_noted",)

    def __init__(self, agent: Agent, woven: Woven, number: int, noted: Noted) -> None:
        """``noted``: the line's."""
        super().__init__(agent, woven, number)
        self._noted = noted

    def __call__(self) -> None:
        """Called at the line."""
        frame = _getframe(1)
        try:
            armed = self._armed(frame)
            if armed is not None and armed.counted():
                self._noted.found.setdefault(get_ident(), []).append((armed.id, None))
        except BaseException as error:
            if not self._agent.is_own_fault(error):
                raise


class NoteFailure(Failed):
    """One of several conditions of a line raised."""

    __slots__ = ("_noted",)

    def __init__(self, agent: Agent, woven: Woven, number: int, noted: Noted) -> None:
        """``noted``: the line's."""
        super().__init__(agent, woven, number)
        self._noted = noted

    def _found(self, armed: Armed, frame: FrameType, problem: dict[str, Any]) -> None:
        self._noted.found.setdefault(get_ident(), []).append((armed.id, problem))


class NoteLogFailure(NoteFailure):
    """One of several messages of a line raised."""

    __slots__ = ()
    _OF_MESSAGE = True


class Stop(Check):
    """At the end of the checks of a line with several: one stop for all that were noted."""

    __slots__ = ("_line", "_noted")

    def __init__(self, agent: Agent, woven: Woven, number: int, noted: Noted, line: int) -> None:
        """``line``: of the unit."""
        super().__init__(agent, woven, number)
        self._noted = noted
        self._line = line

    def __call__(self) -> None:
        """Called at the line."""
        frame = _getframe(1)
        try:
            found = self._noted.found.pop(get_ident(), [])
            if found and self._woven.live and self._agent.active:
                problem = next((error for _, error in found if error is not None), None)
                self._agent.arrivals.arrive_woven(frame, self._line, [number for number, _ in found], problem)
        except BaseException as error:
            if not self._agent.is_own_fault(error):
                raise


def _is_of_condition(error: BaseException, frame: FrameType) -> bool:
    """Was this raised by the condition, and not by a signal handler that ran meanwhile, or by one of our hooks?

    The traceback begins with the function's own frame. What a hook lets out is the program's: a handler's exception
    that waited for the end of a stop.
    """
    traceback = error.__traceback__
    if traceback is None or traceback.tb_frame is not frame:
        return False
    following = traceback.tb_next
    if following is None:
        return True
    return not is_agent(following.tb_frame.f_code) and not is_handlers(following.tb_frame.f_code)
