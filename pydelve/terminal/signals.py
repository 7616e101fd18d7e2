"""The signals that concern a terminal, caught while ``console`` passes the program's through, and a hang-up at any
time. On the main thread.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class TerminalSignals:
    """Catches, while the copying goes on, the signals that concern a terminal; ``wake_fd`` is readable after any.

    A handler of ours runs between bytecodes only: the wake-up descriptor, which the interpreter writes at once, is
    what ends a poll that had just begun.
    """

    _CAUGHT = (signal.SIGWINCH, signal.SIGCONT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self._handler = handler
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self.wake_fd, self._write_fd = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._write_fd, False)
        self._previous_wakeup = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        for signum in self._CAUGHT:
            if signal.getsignal(signum) is not signal.SIG_IGN:  # nohup means what it says
                self.previous[signum] = signal.signal(signum, self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        for signum, handler in self.previous.items():
            signal.signal(signum, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._previous_wakeup)
        os.close(self.wake_fd)
        os.close(self._write_fd)


@contextmanager
def hang_ups_to(pass_on: Callable[[], None]) -> Iterator[None]:
    """A terminal that goes ends us, as it would without this; before that, ``pass_on`` is called."""

    def end(signum: int, frame: FrameType | None) -> None:
        pass_on()
        signal.signal(signum, signal.SIG_DFL)
        os.kill(os.getpid(), signum)

    if signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:  # ignored, as nohup says, or somebody else's
        yield
        return
    signal.signal(signal.SIGHUP, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
