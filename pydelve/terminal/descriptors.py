"""Descriptors of terminals: opened without blocking, waited for up to a deadline. Used by ``console``."""

from __future__ import annotations

import contextlib
import os
import select
import time


def open_nonblocking(fd: int) -> int:
    """Open a terminal once more, non-blocking; ``fd`` itself where that can't be.

    O_NONBLOCK belongs to the open file, which the user's shell shares: set on ``fd`` it would outlive us there.
    """
    if os.isatty(fd):
        with contextlib.suppress(OSError):
            return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    return fd


def wait_readable(fd: int, deadline: float) -> bool:
    """Whether there is something to read before ``deadline``, in ``time.monotonic()``."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    left_s = deadline - time.monotonic()
    return left_s > 0 and bool(poll.poll(left_s * 1000))


def wait_writable(fd: int, timeout_s: float) -> bool:
    """Whether it takes something within this time."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(max(0.0, timeout_s) * 1000))
