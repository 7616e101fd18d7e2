"""Descriptors of another process, taken over: ``pidfd_getfd``, which Python has no name for."""

from __future__ import annotations

import os

from pydelve.target.live.c_library import Function

_PIDFD_GETFD = 438  # asm-generic/unistd.h: the same on every machine
_syscall = Function("syscall")


def take_descriptor(pidfd: int, number: int) -> int:
    """A copy of a process's descriptor, closed on exec.

    Raises:
        OSError: it is not open there, or it may not be taken.
    """
    taken, error = _syscall(_PIDFD_GETFD, pidfd, number)
    if taken < 0:
        raise OSError(error, os.strerror(error))
    return taken
