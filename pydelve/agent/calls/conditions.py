"""``--when``: the user's condition on a call, asked by the function itself where it begins, or by events.

Asked by the function (``weaving/splicing.py``, ``weaving/entering.py``) it is called with the parameters that it reads,
and a call that it is not true of costs that alone: no event, no mark. It may read parameters and globals; else events
ask, with the frame. Both give the same. Any thread of the program, whose code runs here: the user asked for it.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from .. import protocol
from ..calls.hooks import Hook
from ..looking.evaluation import compile_condition, condition_of_parameters, describe_error
from ..looking.fastlocals import cell_type
from ..looking.snippet import Guard, is_asking

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..core import Agent
    from .matching import Source

_getframe = sys._getframe  # taken before the program can replace it


class Failed(Hook):
    """Called where the condition has raised: gives False."""

    __slots__ = ()


class Asked(Hook):
    """Called in place of the condition; what is pickled of it gives something that is false."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """See above: with whatever arguments."""
        return getattr, ("", "format")


class Entered:
    """Code that asks by itself: where its calls are told of, and where not (``weaving/entering.py``)."""

    __slots__ = ("begin", "code", "end", "source")

    def __init__(self, code: CodeType, begin: int, end: int, source: Source) -> None:
        self.code, self.begin, self.end, self.source = code, begin, end, source


class Condition:
    """One trace's."""

    def __init__(self, agent: Agent, text: str, weaves: bool) -> None:
        """``weaves``: it may be put into functions."""
        self._agent, self._text = agent, text
        self.weaves = weaves
        self._failed = False
        self._asking: list[int] = []  # threads
        self._busy = cell_type(self._asking)

    def holds(self, frame: FrameType, source: Source) -> bool:
        """Is it true of this call?"""
        return self._ask(source, self._of_frame, frame, source)

    def _of_frame(self, frame: FrameType, source: Source) -> object:
        condition = source.condition
        if condition is None:
            condition = source.condition = compile_condition(self._text, source.code)
        return condition(frame)

    def woven(self, source: Source, names: dict[str, Any] | None) -> tuple[Callable[..., bool], tuple[str, ...]] | None:
        """What a function asks, and the parameters that it gives; None where only events can. ``names``: its globals,
        if it always has the same.
        """
        if not self.weaves:
            return None

        def guard(plain: Callable[..., object]) -> Guard:
            made = Guard(self._busy, self._asking)
            made.failed, made.otherwise = Failed(self._fails, source), Asked(self._ask, source, plain)
            return made

        try:
            return condition_of_parameters(self._text, source.code, source.names, names, guard)
        except Exception:  # noqa: BLE001  it is told where events ask
            return None

    def _ask(self, source: Source, condition: Callable[..., object], *values: object) -> bool:
        """Ask it, unless it runs itself what asks. Called by what a frame of the program's function calls."""
        ident = get_ident()
        if ident in self._asking or (self._busy.cell_contents is True and is_asking(_getframe(2))):
            return False
        try:
            self._asking.append(ident)  # here: a signal's handler may raise right after it
            return bool(condition(*values))
        except Exception as error:  # noqa: BLE001  whatever the user's expression raises
            self._tell(error, source)
            return False
        finally:
            if ident in self._asking:
                self._asking.remove(ident)

    def _fails(self, source: Source) -> bool:
        error = sys.exc_info()[1]
        if error is not None:
            self._tell(error, source)
        return False

    def _tell(self, error: BaseException, source: Source) -> None:
        """It raised, which is told once."""
        if not self._failed:
            self._failed = True
            why = "{type}: {message}".format(**describe_error(error))
            words = {"message": f"the condition of the trace failed in {source.name}", "why": why}
            hint = "calls where it fails are left out; a condition that is true of fewer can ask for the type first"
            self._agent.link.send(("event", protocol.NOTICE, {**words, "hint": hint}))
