"""Greenlets, gevent's among them, as far as the greenlet module shows them. A provider of ``listing.py``; runs nothing.

What a greenlet waits for only its hub knows: it is told by the frames it stands in.
"""

from __future__ import annotations

import gc
import sys
from _thread import get_ident

from ..looking.anatomy import type_name
from ..tasks.asyncio_tasks import Fields, with_subclasses

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

_Function = type(lambda: None)
_Method = type(Fields().get)


class Greenlets:
    """See ``listing.Provider``."""

    kind, module = "greenlet", "greenlet._greenlet"

    def __init__(self) -> None:
        """Remembers classes only."""
        self._fields = Fields()

    def _names(self) -> dict[str, Any]:
        return sys.modules[self.module].__dict__

    def all(self) -> list[Any]:
        """Every greenlet that has run Python code or will, the threads' own excluded."""
        base = self._names().get("greenlet")
        wanted = {id(each) for each in with_subclasses(base)} if isinstance(base, type) else set()
        found = [each for each in gc.get_objects() if id(type(each)) in wanted]
        return [each for each in found if self._fields.get(each, "parent") is not None]

    def current(self) -> Any:
        """The one that the calling thread is in, unless it is the thread's own."""
        current = self._names()["getcurrent"]()
        return current if self._fields.get(current, "parent") is not None else None

    def name(self, task: Any) -> str:
        """Its class, and what it runs."""
        name = self.coroutine_name(task)
        kind = type_name(type(task)).rpartition(".")[2]
        return kind + " " + name if name else kind

    def coroutine_name(self, task: Any) -> str:
        """Qualified name of what it runs, as far as that is kept."""
        function: Any = self._fields.get(task, "_run")
        if type(function) is _Method:
            bound: Any = function
            function = bound.__func__
        frames = self.frames(task) if type(function) is not _Function else []
        code = frames[0].f_code if frames else getattr(function, "__code__", None)
        name = getattr(code, "co_qualname", getattr(code, "co_name", ""))
        return name if type(name) is str else ""

    def state(self, task: Any) -> str:
        """As ``api.tasks.TaskState``; one that has not begun is runnable."""
        if self._fields.get(task, "dead", False):
            return "finished"
        if self._names()["getcurrent"]() is task:
            return "running"
        return "waiting" if self._fields.get(task, "gr_frame") is not None else "runnable"

    def cancelling(self, task: Any) -> bool:
        """Not known."""
        return False

    def thread(self, task: Any) -> int:
        """Ident of its thread, where that is the calling one."""
        return get_ident() if self._names()["getcurrent"]() is task else 0

    def root(self, task: Any) -> FrameType | None:
        """The outermost frame of the one that runs here."""
        if self._names()["getcurrent"]() is not task:
            return None
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_back is not None:
            frame = frame.f_back
        return frame

    def frames(self, task: Any) -> list[FrameType]:
        """Those of one that does not run, outermost first."""
        found: list[FrameType] = []
        frame = self._fields.get(task, "gr_frame")
        while frame is not None:
            found.append(frame)
            frame = frame.f_back
        return found[::-1]

    def awaits(self, task: Any, frames: list[FrameType]) -> tuple[str, list[Any]]:
        """Not known."""
        return "", []

    def awaiter(self, task: Any) -> Any:
        """Not known."""
        return None
