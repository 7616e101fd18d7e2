"""Calls that begin, as ``sys.monitoring`` tells of them, with their arguments: for traces that want nothing else then.

What is called for a function is made once for each, and is the same that the function calls by itself up to 3.11. Any
thread of the program.
"""

from __future__ import annotations

import sys

from ..calls.brief import CLEARS, arguments
from ..calls.records import MISSING

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

_getframe = sys._getframe  # taken before the program can replace it


class Starts:
    """One trace's functions."""

    def __init__(self) -> None:
        """There are none yet."""
        self.known: dict[int, tuple[Callable[..., None], int, str, str, list[str]]] = {}
        """By id of code: what is called with the arguments, how many, the names of the first two, and of all."""

    def add(self, code: object, begins: Callable[..., None], names: list[str]) -> None:
        """Have ``begins`` called with the arguments of these names; whoever adds it keeps the code."""
        first, second = (*names, "", "")[:2]
        self.known[id(code)] = begins, len(names), first, second, names

    def hook(self, code: object) -> tuple[list[str], Callable[..., None]]:
        """What it is called with, and what is called."""
        begins, _, _, _, names = self.known[id(code)]
        return names, begins

    def started(self, frame: FrameType) -> None:
        """A frame begins."""
        begins, count, _, _, names = self.known[id(frame.f_code)]
        values = arguments(frame, names) if names else []
        begins(*values, *[MISSING] * (count - len(values)))

    def callback(
        self,
        find: Callable[[CodeType, FrameType], object],
        disable: object,
        paused: list[bool],
        is_own_fault: Callable[[BaseException], bool],
    ) -> Callable[[CodeType, int], object]:
        """For PY_START.

        Args:
            find: Called with code that comes for the first time: None where it does not matter.
            disable: Is given back then.
            paused: While it is not empty, nothing is called.
            is_own_fault: Told what is raised.
        """
        known, found_so_far, identity, getframe = self.known, self.known.get, id, _getframe

        def on_start(code: CodeType, offset: int) -> object:
            try:
                start = found_so_far(identity(code))
                if start is None:
                    if find(code, getframe(1)) is None:
                        return disable
                    start = known[identity(code)]
                if paused:
                    return None
                begins, count, first, second, names = start
                if not count:
                    begins()
                    return None
                variables: Any = getframe(1).f_locals  # see ``brief.arguments``
                if count == 1:
                    begins(variables[first])
                elif count == 2:
                    begins(variables[first], variables[second])
                else:
                    begins(*[variables[name] for name in names])
                if CLEARS:
                    variables.clear()
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        return on_start
