"""Functions of the C library that Python has no name for. By ``_ctypes``: ``ctypes`` takes longer to import."""

from __future__ import annotations

import _ctypes

_RTLD_NOW = 2


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
        self._function.argtypes = (Long,) * 4

    def __call__(self, one: int, two: int, three: int = 0, four: int = 0) -> tuple[int, int]:
        """Its result, and ``errno`` where that is -1."""
        _ctypes.set_errno(0)
        result = int(self._function(Long(one), Long(two), Long(three), Long(four)))
        return result, int(_ctypes.get_errno()) if result == -1 else 0
