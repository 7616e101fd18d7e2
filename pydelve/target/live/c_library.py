"""Functions of the C library that Python has no name for. By ``_ctypes``: ``ctypes`` takes longer to import."""

from __future__ import annotations

import _ctypes

_RTLD_NOW = 2
_INT_BITS = 31


class Long(_ctypes._SimpleCData):  # type: ignore[type-arg]
    """The C type, which an argument of any width fits."""

    _type_ = "l"


class _Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO
    _restype_ = Long


class Function:
    """One of them, of four arguments."""

    def __init__(self, name: str) -> None:
        # the program's own libraries: the C library is among them
        self._function = _Function(_ctypes.dlsym(_ctypes.dlopen(None, _RTLD_NOW), name))  # type: ignore[arg-type]

    def __call__(self, one: int, two: int, three: int = 0, four: int = 0) -> tuple[int, int]:
        """Its result, and ``errno`` where that is -1; the first two arguments are small numbers."""
        if three >> _INT_BITS or four >> _INT_BITS:  # all others go as a C int, which takes half the time
            result: int = self._function(one, two, Long(three), Long(four))
        else:
            result = self._function(one, two, three, four)
        return result, int(_ctypes.get_errno()) if result == -1 else 0
