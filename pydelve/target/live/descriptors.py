"""Descriptors of another process, taken over: ``pidfd_getfd``, which Python has no name for."""

from __future__ import annotations

import _ctypes
import os

_PIDFD_GETFD = 438  # asm-generic/unistd.h: the same on every machine
_RTLD_NOW = 2


class _Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "l"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = _Long


_syscall = _Function(_ctypes.dlsym(_ctypes.dlopen(None, _RTLD_NOW), "syscall"))  # type: ignore[arg-type]


def take_descriptor(pidfd: int, number: int) -> int:
    """A copy of a process's descriptor, closed on exec.

    Raises:
        OSError: it is not open there, or it may not be taken.
    """
    taken = int(_syscall(_Long(_PIDFD_GETFD), _Long(pidfd), _Long(number), _Long(0)))
    if taken < 0:
        error = int(_ctypes.get_errno())
        raise OSError(error, os.strerror(error))
    return taken
