"""Exceptions that end a thread, or that an event loop of asyncio reports: stops, post-mortem, at no cost before.

Threads report by ``threading.excepthook``, which is ``_thread._excepthook`` until the program sets another one. Loops
report tasks whose exception nobody retrieved, and callbacks that failed, by ``BaseEventLoop.call_exception_handler``,
which is replaced as soon as asyncio is imported. Python's, or the program's, own report comes first. In the program's
threads.
"""

from __future__ import annotations

import sys

from ..interpreter import threads
from ..interpreter.imports import Imports

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

    from ..core import Agent

_LOOPS, _LOOP, _REPORT = "asyncio.base_events", "BaseEventLoop", "call_exception_handler"


class Background:
    """Both hooks; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is installed yet."""
        self._agent = agent
        self._imports = Imports(self._import_begins)
        self._thread_hook: Callable[[Any], None] = sys.modules["_thread"].__dict__.get(
            "_excepthook", lambda arguments: None
        )
        self._put: Callable[[Any], None] = self._on_thread_ended
        self._loop: Any = None
        self._report: Any = None
        self._reporting: Any = None

    def install(self) -> None:
        """Hook in; asyncio is waited for, unless it is there."""
        names = sys.modules["_thread"].__dict__
        threading = sys.modules.get("threading")
        if threading is not None:
            self._thread_hook = threading.__dict__.get("excepthook", self._thread_hook)
        for holder, name in self._places():
            if holder.get(name) is self._thread_hook or (holder is names and threading is None):
                holder[name] = self._put
        self._hook_loops()
        if self._loop is None:
            self._imports.switch(True)

    def _places(self) -> list[tuple[dict[str, Any], str]]:
        """Where the threads' hook may stand."""
        places = [(sys.modules["_thread"].__dict__, "_excepthook")]  # the module itself: ours is a copy (loader.py)
        threading = sys.modules.get("threading")
        if threading is not None:
            places += [(threading.__dict__, "excepthook"), (threading.__dict__, "__excepthook__")]
        return places

    def remove(self) -> None:
        """Put back what is still ours."""
        self._imports.switch(False)
        for holder, name in self._places():
            if holder.get(name) is self._put:
                holder[name] = self._thread_hook
        loop, self._loop = self._loop, None
        if loop is not None and type.__dict__["__dict__"].__get__(loop).get(_REPORT) is self._reporting:
            type.__setattr__(loop, _REPORT, self._report)

    def _import_begins(self, origin: str, module: Any) -> None:
        self._agent.guarded(self._hook_loops)
        if self._loop is not None:
            self._imports.switch(False)

    def _hook_loops(self) -> None:
        """Put ourselves before the loops' report, once their class is there."""
        module = sys.modules.get(_LOOPS)
        loop = module.__dict__.get(_LOOP) if module is not None else None
        report = type.__dict__["__dict__"].__get__(loop).get(_REPORT) if type(loop) is type else None
        if report is None:
            return
        background = self

        def call_exception_handler(self: Any, context: Any) -> None:
            report(self, context)
            background._on_reported(context)

        self._loop, self._report, self._reporting = loop, report, call_exception_handler
        type.__setattr__(loop, _REPORT, call_exception_handler)

    # -- in the program's threads --------------------------------------------------------------------------------------

    def _on_thread_ended(self, arguments: Any) -> None:
        self._thread_hook(arguments)
        value = arguments.exc_value
        if value is not None and type(value) is not SystemExit:
            frames = threads.frames_of_traceback(arguments.exc_traceback)
            self._agent.guarded(self._agent.exceptions.uncaught, value, frames, "thread")

    def _on_reported(self, context: Any) -> None:
        value = context.get("exception") if type(context) is dict else None
        if isinstance(value, Exception):
            detail = "task" if context.get("task") is not None or context.get("future") is not None else "callback"
            frames = threads.frames_of_traceback(value.__traceback__)
            self._agent.guarded(self._agent.exceptions.uncaught, value, frames, detail)
