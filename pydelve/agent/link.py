"""The agent's end of *link*, and the thread that reads it.

``Link.send`` may be called by any thread; ``Link.read_message`` by the agent's own thread, the only one that pydelve
always adds to a target.
"""

from __future__ import annotations

import _signal
import _thread
import posix
import sys
from _ctypes import ArgumentError
from _thread import get_ident

from . import protocol
from .interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

_F_DUPFD_CLOEXEC = 1030  # fcntl.h
_SETTLE_S = 5.0  # a debugger on a busy machine may take nothing for a while
_PIECE_BYTES = 1 << 16  # is sent at once, so that it shows whether the debugger reads
_NO_ROOM = (RecursionError, ArgumentError)  # see blame.is_for_want_of_room
_TRACES = sys.version_info < (3, 12)
_start_new_thread = _thread.start_new_thread  # before it is replaced, by the program or by tracing.py
_send = native.released("send", native.WORD, native.INT, native.OBJECT_BYTES, native.WORD, native.INT)
_SHUT_RDWR = 2
_SET_NAME = 15  # PR_SET_NAME, sys/prctl.h
_prctl = native.held("prctl", native.INT, native.INT, native.OBJECT_BYTES)
_SOL_SOCKET, _SO_SNDTIMEO = 1, 21  # asm-generic/socket.h
_setsockopt = native.held("setsockopt", native.INT, native.INT, native.INT, native.INT, native.WORD, native.INT)
_shutdown = native.held("shutdown", native.INT, native.INT, native.INT)
_fcntl = native.held("fcntl", native.INT, native.INT, native.INT, native.WORD)


def own_fd(fd: int) -> int:
    """Move an inherited descriptor out of the program's way: the same socket, high, closed on exec."""
    for lowest in (200, 100, 20):
        moved: int = _fcntl(fd, _F_DUPFD_CLOEXEC, lowest)
        if moved >= 0:
            posix.close(fd)
            return moved
    posix.set_inheritable(fd, False)
    return fd


class Link:
    """The socket that is always open: requests while running, events from every thread."""

    def __init__(self, fd: int) -> None:
        """``fd`` is ours from now on."""
        self._fd = fd
        self._identity = identity(fd)
        self._outbox: list[bytes] = []
        self._writing = _thread.allocate_lock()
        self._taken = 0  # bytes
        self.lost = False

    def send(self, message: tuple[Any, ...]) -> None:
        """Queue a message and send what is queued.

        A signal handler may run in the middle of this and come here again in the same thread: whoever finds the lock
        taken leaves the message to the one that has it, and never waits. Where the program's recursion leaves no room,
        it goes with the next one.
        """
        self._outbox.append(protocol.pack(message))
        try:
            while self._outbox and self._writing.acquire(False):
                try:
                    self._write_all()
                finally:
                    self._writing.release()
        except _NO_ROOM:
            return

    def wait_for(self, lock: Any) -> bool:
        """Acquire a lock that another thread may send with; False after a while in which nothing was taken."""
        taken = -1
        while taken != self._taken:
            taken = self._taken
            if lock.acquire(True, _SETTLE_S):
                return True
        return False

    def settle(self) -> None:
        """Wait until nothing of this is under way: all that was sent can be read at the other end."""
        if self.wait_for(self._writing):
            try:
                self._write_all()
            finally:
                self._writing.release()

    def hurry(self) -> None:
        """The program is about to end: what is sent from now on gives up where nothing is taken for a while."""
        if self.intact():
            limit = native.Buffer(16)  # struct timeval on LP64 Linux
            limit.store_words(int(_SETTLE_S), 0)
            _setsockopt(self._fd, _SOL_SOCKET, _SO_SNDTIMEO, limit.address, limit.size)

    def _write_all(self) -> None:
        """What is queued, with the lock held."""
        while self._outbox:
            if self.lost or not self.intact():
                self.lost = True
                self._outbox.clear()
                return
            self._write(self._outbox.pop(0))

    def _write(self, data: bytes) -> None:
        at, size = 0, len(data)
        while at < size:
            piece = data[at : at + _PIECE_BYTES] if size > _PIECE_BYTES else data
            try:
                sent = _send(self._fd, piece, len(piece), native.MSG_NOSIGNAL)  # not write: SIGPIPE may be set to kill
            except _NO_ROOM:  # another thread may have left it to us
                self._outbox.insert(0, data[at:])
                raise
            if sent != native.FAILED:
                at += sent
                self._taken += sent
            elif native.errno() != native.EINTR:
                self.lost = True
                return

    def intact(self) -> bool:
        """Is the descriptor still our socket? The program may have closed it and opened a file there (PITFALLS 4)."""
        return self._identity is not None and identity(self._fd) == self._identity

    def read_message(self) -> Any:
        """The next message, waiting with the GIL let go; None at the end of the stream."""
        header = self._read(protocol.HEADER_BYTES)
        if header is None:
            return None
        body = self._read(int.from_bytes(header, "little"))
        return None if body is None else protocol.unpack(body)

    def _read(self, size: int) -> bytes | None:
        parts = b""
        while len(parts) < size:
            if not self.intact():  # else we would take what is the program's
                return None
            try:
                part = posix.read(self._fd, size - len(parts))
            except OSError:
                return None
            if not part:
                return None
            parts += part
        return parts

    def hang_up(self) -> None:
        """End the connection; the thread that reads it finds out, and closes."""
        if self.intact():
            _shutdown(self._fd, _SHUT_RDWR)

    def close(self) -> None:
        """Close the descriptor, if it still is ours. On the reading thread only: no other may take its number away."""
        if self.intact():
            posix.close(self._fd)
        self._identity = None
        self.lost = True


def identity(fd: int) -> tuple[int, int] | None:
    """Tells a descriptor's file from any other that is open; None where it is closed."""
    try:
        status = posix.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def name_thread(name: bytes) -> None:
    """What the kernel calls this thread: 15 bytes at most."""
    _prctl(_SET_NAME, name)


def start_thread(function: Callable[[], object], own: set[int]) -> None:
    """Run ``function`` on a thread of the agent's, which takes no signals: they stay with the program. ``own`` has its
    ident as long as it lives.

    Raw, not ``threading.Thread``: importing ``threading`` here first would make this thread its main thread (PITFALLS
    21).
    """
    ended: list[bool] = []

    def run() -> None:
        own.add(get_ident())
        if _TRACES:  # whoever traces all threads took it, before it ran, for one of its creator's
            sys.settrace(None)
        try:
            function()
        finally:
            ended.append(True)
            own.discard(get_ident())

    everything = _signal.valid_signals()
    old = _signal.pthread_sigmask(_signal.SIG_BLOCK, everything)
    try:
        ident = _start_new_thread(run, ())
        own.add(ident)  # at once: the program may go on, and count its threads, before it runs
        if ended:
            own.discard(ident)
    finally:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, old)
