"""C functions and raw memory of our own process, through ``_ctypes`` alone.

The standard ``ctypes`` package is Python code that user programs may shadow or patch, so the agent goes one level below
it. Nothing here decides anything; ``gil.py``, ``fastlocals.py`` and ``hold.py`` build on it. Any thread may call it.

Two kinds of C function exist: those called *with the GIL held* (``held``: the whole point of a stop) and those that let
it go (``released``), as ``ctypes.PyDLL`` and ``ctypes.CDLL`` have it (CPython ``Modules/_ctypes/callproc.c``,
``_call_function_pointer``).
"""

from __future__ import annotations

import _ctypes
import posix

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Any

    _IntData = _ctypes._SimpleCData[int]
    _BytesData = _ctypes._SimpleCData[bytes]
    _ObjectData = _ctypes._SimpleCData[object]
    CType = type[_ctypes._SimpleCData[Any]]
    Vector = tuple[int, int]  # address, size
else:
    _IntData = _BytesData = _ObjectData = _ctypes._SimpleCData

_CDECL = 0x1  # Modules/_ctypes/ctypes.h: FUNCFLAG_CDECL
_PYTHONAPI = 0x4  # FUNCFLAG_PYTHONAPI: keep the GIL, and raise what the function left as the current exception
_RTLD_NOW = 2


class _Int(_IntData):
    _type_ = "i"


class _Word(_IntData):
    _type_ = "L"


class _Byte(_IntData):
    _type_ = "B"


class _Object(_ObjectData):
    _type_ = "O"


_kinds: dict[tuple[int, CType | None], Any] = {}  # as few types as can be: up to 3.12 none is ever freed


def _function(flags: int, name: str, result: CType | None, *arguments: CType) -> Callable[..., Any]:
    """A callable for the C function ``name`` of libc or CPython; AttributeError where there is none."""
    kind = _kinds.get((flags, result))
    if kind is None:
        kind = _kinds[flags, result] = type("_Function", (_ctypes.CFuncPtr,), {"_flags_": flags, "_restype_": result})
    try:
        address = _ctypes.dlsym(_SELF, name)
    except OSError as error:
        raise AttributeError(name) from error
    function: Callable[..., Any] = kind(address)
    function.argtypes = arguments  # type: ignore[attr-defined]
    return function


_SELF = _ctypes.dlopen(None, _RTLD_NOW)  # type: ignore[arg-type]  # None: this very process


def held(name: str, result: CType | None, *arguments: CType) -> Callable[..., Any]:
    """The C function ``name``, called with the GIL held."""
    return _function(_CDECL | _PYTHONAPI, name, result, *arguments)


def released(name: str, result: CType | None, *arguments: CType) -> Callable[..., Any]:
    """The C function ``name``, called with the GIL let go."""
    return _function(_CDECL, name, result, *arguments)


def symbol(name: str) -> int:
    """Address of an exported symbol; 0 where there is none."""
    try:
        return _ctypes.dlsym(_SELF, name)
    except OSError:
        return 0


INT, WORD, OBJECT = _Int, _Word, _Object
_strlen: Callable[[int], int] = held("strlen", _Word, _Word)


def read_word(address: int) -> int:
    """The unsigned 8-byte word at an address that must be mapped."""
    return _Word.from_address(address).value


def read_int(address: int) -> int:
    """The signed 4-byte int at an address that must be mapped."""
    return _Int.from_address(address).value


def write_int(address: int, value: int) -> None:
    """Store a 4-byte int."""
    _Int.from_address(address).value = value


def write_word(address: int, value: int) -> None:
    """Store an unsigned 8-byte word."""
    _Word.from_address(address).value = value


def read_byte(address: int) -> int:
    """The byte at an address that must be mapped."""
    return _Byte.from_address(address).value


def bytes_at(address: int, size: int) -> bytes:
    """A copy of memory that must be mapped."""
    return bytes(memoryview((_Byte * size).from_address(address)))


def text_at(address: int) -> bytes:
    """The C string at an address that must be mapped."""
    return bytes_at(address, _strlen(address))


def object_at(address: int) -> Any:
    """A new reference to the object at an address; the address must be one."""
    return _ctypes.PyObj_FromPtr(address)


class Buffer:
    """Bytes of our own at a fixed address, for C functions to fill."""

    def __init__(self, size: int) -> None:
        """Zeroed, ``size`` bytes."""
        self.size = size
        self._array = (_Byte * size)()
        self.address = _ctypes.addressof(self._array)

    def bytes(self, size: int) -> bytes:
        """The first ``size`` bytes, copied."""
        return bytes(memoryview(self._array)[:size])

    def store_words(self, *words: int) -> None:
        """Write 8-byte words from the start of the buffer."""
        for index, word in enumerate(words):
            _Word.from_address(self.address + 8 * index).value = word


_call: Callable[..., Any] = _ctypes.CFuncPtr.__call__


class HeldSocket:
    """A stream socket read and written with the GIL held: what freezes the world while a thread waits in it."""

    def __init__(self, fd: int) -> None:
        """``fd`` is ours; blocking mode."""
        self.fd = fd
        self._send = held("send", _Word, _Int, OBJECT_BYTES, _Word, _Int)
        self._chain = (
            held("recvmsg", _Word, _Int, _Word, _Int),
            held("memset", _Word, _Word, _Int, _Word),
            held("memmove", _Word, _Word, _Word, _Word),
        )
        self._poll = released("poll", _Int, _Word, _Word, _Int)
        self._polled = Buffer(8)  # struct pollfd
        self._iovec = Buffer(6 * 16)
        self._header = Buffer(56)  # struct msghdr on LP64 Linux
        self._header.store_words(0, 0, self._iovec.address, 0, 0, 0, 0)

    def receive(self, vectors: Sequence[Vector], clear: Vector, copy: tuple[int, int]) -> bool:
        """Wait until every ``(address, size)`` of ``vectors`` is full, in order. True, or False at the end of the
        stream.

        However a wait ends, ``clear`` (address, size) is set to zeros and then the word at ``copy[1]`` stored at
        ``copy[0]`` before another bytecode runs: ``map`` makes the three C calls back to back, and nothing in between
        looks at requests to give the GIL away, as the interpreter does after each call that bytecode makes.
        """
        wanted = list(vectors)
        while wanted:
            self._iovec.store_words(*(word for vector in wanted for word in vector))
            self._header.store_words(0, 0, self._iovec.address, len(wanted))
            first, second = (self.fd, clear[0], copy[0]), (self._header.address, 0, copy[1])
            results = list(map(_call, self._chain, first, second, (MSG_WAITALL, clear[1], 8)))
            got = results[0]
            if got == FAILED:
                if errno() == EINTR:
                    continue
                return False
            if got == 0:
                return False
            wanted = _without_first(wanted, got)
        return True

    def wait(self) -> None:
        """Wait, with the GIL let go, until there is something to receive, or the end of the stream."""
        while True:
            self._polled.store_words(self.fd | _POLLIN << 32)
            if self._poll(self._polled.address, 1, -1) != -1 or errno() != EINTR:
                return

    def close(self) -> None:
        """Close the descriptor."""
        posix.close(self.fd)

    def send(self, data: bytes) -> bool:
        """Send all of ``data``; False where the other side is gone."""
        while data:
            sent = self._send(self.fd, data, len(data), MSG_NOSIGNAL)
            if sent == FAILED:
                if errno() == EINTR:
                    continue
                return False
            data = data[sent:]
        return True


def store_bytes(buffer: Buffer, data: bytes) -> None:
    """Fill the start of a buffer."""
    buffer._array[: len(data)] = list(data)


def _without_first(vectors: Sequence[Vector], size: int) -> list[Vector]:
    """``vectors`` less their first ``size`` bytes: SIGSTOP and SIGCONT cut even a MSG_WAITALL short."""
    rest = []
    for address, length in vectors:
        used = min(size, length)
        size -= used
        if used < length:
            rest.append((address + used, length - used))
    return rest


class _BytesPointer(_BytesData):
    _type_ = "z"


OBJECT_BYTES = _BytesPointer
FAILED = (1 << 64) - 1
_POLLIN = 1
MSG_WAITALL = 0x100
MSG_NOSIGNAL = 0x4000
EINTR = 4

_errno_location = held("__errno_location", _Word)


def errno() -> int:
    """The calling thread's C ``errno``."""
    return read_int(_errno_location())


def set_errno(value: int) -> None:
    """Put the calling thread's C ``errno`` back."""
    write_int(_errno_location(), value)


_PAGE = 4096
_residency = Buffer(16)
_mincore: Callable[[int, int, int], int] = held("mincore", _Int, _Word, _Word, _Word)


def is_readable(address: int) -> bool:
    """Is there memory at the address? Asked of the kernel, which answers ENOMEM instead of killing us."""
    return _mincore(address & ~(_PAGE - 1), _PAGE, _residency.address) == 0


_get_tstate: Callable[[], int] = held("PyThreadState_Get", _Word)
_get_interpreter: Callable[[], int] = held("PyInterpreterState_Get", _Word)


def thread_state() -> int:
    """Address of the calling thread's ``PyThreadState``."""
    return _get_tstate()


def interpreter_state() -> int:
    """Address of the calling thread's ``PyInterpreterState``."""
    return _get_interpreter()


_set_async_exc: Callable[[int, type[BaseException]], int] = held("PyThreadState_SetAsyncExc", _Int, _Word, _Object)


def raise_in_thread(ident: int, exception: type[BaseException]) -> bool:
    """Ask that ``exception`` (a class) be raised in a thread at its next check. True where the thread exists."""
    return _set_async_exc(ident, exception) == 1


_to_fast: Callable[[FrameType, int], None] | None
try:
    _to_fast = held("PyFrame_LocalsToFast", None, _Object, _Int)
except AttributeError:  # gone in 3.13, where f_locals writes through (PEP 667)
    _to_fast = None


def locals_to_fast(frame: FrameType) -> None:
    """``PyFrame_LocalsToFast(frame, 0)``: store ``f_locals`` back into the frame. Up to 3.12 only."""
    if _to_fast is not None:
        _to_fast(frame, 0)


_realpath = held("realpath", _Word, OBJECT_BYTES, _Word)
_path_buffer = Buffer(4097)


def real_path(path: bytes) -> bytes | None:
    """``path`` (bytes) absolute and free of symlinks as bytes; None where it does not exist."""
    if not _realpath(path, _path_buffer.address):
        return None
    raw = _path_buffer.bytes(4096)
    return raw[: raw.index(0)]


_add_pending_call = held("Py_AddPendingCall", _Int, _Word, _Word)
_check_signals = held("PyErr_CheckSignals", _Int)
_sched_yield_held = symbol("sched_yield")
_sched_yield = released("sched_yield", _Int)


def rearm_eval_breaker() -> None:
    """Make the interpreter look again at signals and pending calls whose flag we cleared (3.13+, PITFALLS 1).

    ``sched_yield`` serves as the pending call that does nothing and returns 0. What a signal handler raises comes out
    here.
    """
    _add_pending_call(_sched_yield_held, 0)
    _check_signals()


def check_signals() -> None:
    """Run the handlers of signals that have come; what they raise comes out."""
    _check_signals()


def release_gil_once() -> None:
    """Let other threads take the GIL, if one waits for it."""
    _sched_yield()


class PendingCall:
    """A function of ours that the main thread calls at its next look at the eval breaker (``Py_AddPendingCall``)."""

    def __init__(self, function: Callable[[], bool]) -> None:
        """``function`` is called again, at the next look, as long as it returns True; it must not raise."""

        def call(argument: int) -> int:
            if function():
                self.schedule()
            return 0

        kind = type(
            "_Callback",
            (_ctypes.CFuncPtr,),
            {"_flags_": _CDECL | _PYTHONAPI, "_restype_": _Int, "_argtypes_": (_Word,)},
        )
        self._callback = kind(call)  # kept: C has its address only
        self._address = read_word(_ctypes.addressof(self._callback))

    def schedule(self) -> None:
        """Have it called soon."""
        _add_pending_call(self._address, 0)
