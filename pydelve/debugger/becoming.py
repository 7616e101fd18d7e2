"""A target whose process is just becoming another program, which will call as a child does. On the engine's thread."""

from __future__ import annotations

import os
from collections.abc import Callable

from pydelve.api.target import ExitStatus
from pydelve.debugger.loop import Loop
from pydelve.target.live.handle import Stranger, to_status

_PATIENCE_S = 10.0


class Becoming:
    """Until it calls (:meth:`done`), or ends, or its time is over."""

    def __init__(self, pid: int, loop: Loop, over: Callable[[ExitStatus | None], None]) -> None:
        """``over`` hears how it ended, None where it has not called in time; not from within this."""
        self._loop, self._over = loop, over
        self._waits = True
        self._process: Stranger | None = None
        try:
            self._process = Stranger(pid, os.pidfd_open(pid))
        except OSError:
            loop.post(lambda: self._end(ExitStatus("gone")), urgent=False)
            return
        loop.watch(self._process.pidfd, self._ended)
        loop.after(_PATIENCE_S, lambda: self._end(None))

    def done(self) -> None:
        """Nobody waits for it any more; may be called twice."""
        self._waits = False
        process, self._process = self._process, None
        if process is not None:
            self._loop.unwatch(process.pidfd)
            os.close(process.pidfd)

    def _ended(self) -> None:
        assert self._process is not None
        self._process.wait(None)
        self._end(to_status(self._process.status(), True))

    def _end(self, status: ExitStatus | None) -> None:
        if self._waits:
            self.done()
            self._over(status)
