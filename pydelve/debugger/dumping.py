"""Writes a core file of the target, for clients: with progress, and an end when they want one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from pydelve.api import requests
from pydelve.api.events import Event, Progress
from pydelve.api.target import Dumped
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.files import can_be_named
from pydelve.debugger.loop import Loop
from pydelve.errors import TargetGoneError, UsageError
from pydelve.records import replace

_TOLD_EVERY_S = 0.2


class Dumping:
    """Serves ``Dump``. Everything runs on the engine's thread."""

    def __init__(self, current: Current, loop: Loop, emit: Callable[[Event], None]) -> None:
        self._current = current
        self._loop = loop
        self._emit = emit
        self._cancelled = False

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.Dump: self._dump}

    def cancel(self) -> None:
        """No core file is wanted any more; harmless where none is being written."""
        self._cancelled = True

    def _dump(self, request: requests.Dump) -> Dumped | None:
        process = self._current.stopped()
        if not can_be_named(request.path):
            raise UsageError(f"there can be no file {request.path!r}", why="no file has such characters in its name")
        path = os.path.abspath(os.path.expanduser(request.path))
        self._cancelled = False
        began = told = time.monotonic()
        last: Progress | None = None

        def going_on(done: int, total: int) -> bool:
            nonlocal told, last
            self._loop.serve_urgent()
            if time.monotonic() > told + _TOLD_EVERY_S:
                told = time.monotonic()
                last = Progress("dumping", done, total)
                self._emit(last)
            return not self._cancelled and not process.ended

        try:
            written = process.dump(path, going_on)
        finally:
            if last is not None:
                self._emit(replace(last, over=True))
        if written is None and process.ended:
            raise TargetGoneError(
                f"{path} was not written",
                why="the program ended, or was let go, meanwhile",
                hint="start it, or attach to it, again",
            )
        return None if written is None else Dumped(path, *written, time.monotonic() - began)
