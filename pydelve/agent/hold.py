"""Holding the world still: what a thread does from the moment it stops until it is told to run.

The thread waits for the debugger inside one C call that keeps the GIL, so no other Python thread can run, wherever it is. Every
wait also lets the kernel write, from the message itself, a very long switch interval and zeros over the GIL's drop request, so the
GIL stays ours while requests are served too (PITFALLS 1; ``gil.py``). Entering and leaving put back all that the program could
notice (PITFALLS 2): signal mask, garbage collector, recursion limit, switch interval, ``errno``.

Used by the one thread that is stopped, which holds ``core.Agent``'s stop lock.
"""

from __future__ import annotations

import _signal
import gc
import sys

from . import native, protocol
from .link import own_fd

_HEAD_ROOM = 200  # frames: a stop near the recursion limit must not overflow in our own code
_set_recursion_limit = native.held("Py_SetRecursionLimit", None, native.INT)
_EVERYTHING = _signal.valid_signals()


class Hold:
    """The stopped thread's end of *hold*."""

    def __init__(self, fd, gil):
        """``fd`` is ours from now on; ``gil`` is a ``gil.Gil``."""
        self._socket = native.HeldSocket(own_fd(fd))
        self._gil = gil
        self._header = native.Buffer(protocol.HEADER_BYTES)
        self._scratch = native.Buffer(16)
        self._entered = None
        self.lost = False

    # -- the stop, from outside in -----------------------------------------------------------------------------------

    def enter(self):
        """Become undisturbed: no signal, no collection, room on the stack. Nothing here may allocate much or import."""
        errno = native.errno()
        mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _EVERYTHING)
        collecting = gc.isenabled()
        gc.disable()
        limit = sys.getrecursionlimit()
        _set_recursion_limit(limit + _HEAD_ROOM)
        self._entered = (errno, mask, collecting, limit, self._read_interval())

    def leave(self):
        """Undo :meth:`enter`, in reverse; a signal that waited is delivered here, and what its handler raises comes out."""
        errno, mask, collecting, limit, interval = self._entered
        self._entered = None
        self._write_interval(interval)
        _set_recursion_limit(limit)
        if collecting:
            gc.enable()
        native.release_gil_once()
        native.set_errno(errno)
        try:
            if self._gil.flag_size == 1:
                native.rearm_eval_breaker()
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)

    def close(self):
        """Close the descriptor, if it still is ours."""
        if not self.lost:
            self._socket.close()
        self.lost = True

    def send(self, message):
        """Send to the debugger with the GIL kept."""
        if not self._socket.send(protocol.pack(message)):
            self.lost = True

    def next_request(self, settling):
        """Wait for the debugger's next message with the world held; None when it is gone.

        With ``settling``, the GIL may have been given away since the last wait: the debugger first sends the long interval, which
        lands while we are already inside the call, and waits until every thread that began to wait before has had its say.
        """
        vectors = [(self._header.address, self._header.size), self._flag()]
        if settling:
            vectors.insert(0, self._interval())
        body = None
        if not self.lost and self._socket.receive(*vectors):
            size = int.from_bytes(self._header.bytes(protocol.HEADER_BYTES), "little")
            buffer = native.Buffer(size)
            if self._socket.receive((buffer.address, size), self._flag()):
                body = buffer.bytes(size)
        if body is None:
            self.lost = True
            return None
        return protocol.unpack(body)

    # -- evaluation: the world moves ---------------------------------------------------------------------------------

    def relax(self):
        """Before user code is evaluated: signals, collector and switch interval as the program has them."""
        _, mask, collecting, _, interval = self._entered
        self._write_interval(interval)
        if collecting:
            gc.enable()
        native.release_gil_once()
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)

    def tighten(self):
        """After user code was evaluated; what it did to the collector or the interval is kept for :meth:`leave`."""
        errno, _, _, limit, _ = self._entered
        mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, _EVERYTHING)
        collecting = gc.isenabled()
        gc.disable()
        self._entered = (errno, mask, collecting, limit, self._read_interval())

    @property
    def interval_us(self):
        """The program's own switch interval."""
        return self._entered[4]

    # -- addresses ---------------------------------------------------------------------------------------------------

    def _interval(self):
        return self._gil.interval_vector() if self._gil.exact else (self._scratch.address, 8)

    def _flag(self):
        return self._gil.flag_vector() if self._gil.exact else (self._scratch.address + 8, self._gil.flag_size)

    def _read_interval(self):
        return native.read_word(self._interval()[0]) if self._gil.exact else round(sys.getswitchinterval() * 1e6)

    def _write_interval(self, microseconds):
        if self._gil.exact:  # not sys.setswitchinterval: its float would come back rounded down
            native.WORD.from_address(self._interval()[0]).value = microseconds
