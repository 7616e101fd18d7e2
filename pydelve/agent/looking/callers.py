"""``frame(1).x``: what an evaluation or a condition sees of the frames that called its own. Reads, and runs nothing.

Called by evaluated code, on the thread that runs it; not an interface of the debugger's.
"""

from __future__ import annotations

from ..interpreter.paths import is_agent
from ..looking import fastlocals

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType


class Caller:
    """The variables of a frame as attributes: its locals, then its globals. ``"x" in frame(1)`` asks first."""

    __slots__ = ("__frame",)

    def __init__(self, frame: FrameType) -> None:
        """``frame`` is read anew at each use."""
        self.__frame = frame

    def __getattr__(self, name: str) -> object:
        value = self.__value(name)
        if value is fastlocals.UNBOUND:
            raise NameError("there is no " + name + " in " + self.__frame.f_code.co_name)
        return value

    __getitem__ = __getattr__

    def __contains__(self, name: str) -> bool:
        return self.__value(name) is not fastlocals.UNBOUND

    def __repr__(self) -> str:
        return "<frame of " + self.__frame.f_code.co_name + ">"

    def __value(self, name: str) -> object:
        for found, _, value in fastlocals.read_locals(self.__frame):
            if found == name and value is not fastlocals.UNBOUND:
                return value
        return self.__frame.f_globals.get(name, fastlocals.UNBOUND)


def caller_of(frame: FrameType, index: int) -> Caller:
    """The frame that is ``index`` calls further out; 0 is ``frame`` itself.

    Raises:
        IndexError: the stack is not that deep.
    """
    depth, found = 0, frame
    while depth < index:
        outer = found.f_back
        while outer is not None and is_agent(outer.f_code):
            outer = outer.f_back
        if outer is None:
            raise IndexError("there is no frame(" + str(index) + "): the outermost one is frame(" + str(depth) + ")")
        depth, found = depth + 1, outer
    if index < 0:
        raise IndexError("frames count from 0, which is this one")
    return Caller(found)
