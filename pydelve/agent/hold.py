"""Holding the world still: what a thread does from the moment it stops until it is told to run.

The thread waits for the debugger inside C calls that keep the GIL, so no other Python thread can run, wherever it is.
With the end of each wait the GIL's drop request is cleared and the switch interval set to what the message asks for,
before any bytecode runs: a very long one, so that the GIL stays ours while the request is served, or the program's own,
where the world is to move (PITFALLS 1; ``gil.py``). A wait that ends without a message, because the debugger died,
leaves the program's own. Entering and leaving put back all that the program could notice (PITFALLS 2): signals, garbage
collector, recursion limit, switch interval, ``errno``.

Used by the one thread that is stopped, which holds ``core.Agent``'s stop lock.
"""

from __future__ import annotations

import _signal
import gc
import sys

from . import protocol
from .interpreter import native
from .interpreter.signals import Deferral
from .link import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .interpreter.gil import Gil

    Left = tuple[set[Any], BaseException | None]  # the program's signal mask, and what a handler of its has raised

_HEAD_ROOM = 200  # frames: a stop near the recursion limit must not overflow in our own code
_recursion_limit = sys.getrecursionlimit  # taken before the program can replace it
_set_recursion_limit = native.held("Py_SetRecursionLimit", None, native.INT)
_EVERYTHING = _signal.valid_signals()


class _Program:
    """What the program had when it stopped, to be put back."""

    __slots__ = ("collecting", "errno", "interval", "limit", "mask")

    def __init__(self, errno: int, mask: set[Any], collecting: bool, limit: int, interval: int) -> None:
        self.errno = errno
        self.mask = mask
        self.collecting = collecting
        self.limit = limit
        self.interval = interval


class Hold:
    """The stopped thread's end of *hold*."""

    def __init__(self, fd: int, gil: Gil, main: int) -> None:
        """``fd`` is ours from now on; ``main`` is the main thread's ident."""
        self._socket = native.HeldSocket(fd)
        self._identity = identity(self._socket.fd)
        self._gil = gil
        self._header = native.Buffer(protocol.HEADER_BYTES)
        self._then = native.Buffer(protocol.INTERVAL_BYTES)
        self._scratch = native.Buffer(16)
        self._program = _Program(0, set(), False, 0, 0)
        self._signals = Deferral(main)
        self._raised: BaseException | None = None
        self.loose = False
        """Others run while the debugger is waited for, and stand while it is served."""
        self.lost = False

    # -- the stop, from outside in -----------------------------------------------------------------------------------

    def enter(self) -> None:
        """Become undisturbed: no signal, no collection, room on the stack. Nothing here may allocate much or import."""
        errno = native.errno()
        mask = self._block_signals()
        self._put_handlers_aside()  # before all that a stop of a handler's own, which runs until here, would change
        collecting = gc.isenabled()
        gc.disable()
        limit = _recursion_limit()
        _set_recursion_limit(limit + _HEAD_ROOM)
        self._program = _Program(errno, mask, collecting, limit, self._read_interval())
        if not self.intact():
            self.lost = True

    def _block_signals(self) -> set[Any]:
        """Block every signal; gives the mask that was. Both calls run handlers of signals that came just before us."""
        mask: set[Any] | None = None
        while mask is None:
            try:
                mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
                _signal.pthread_sigmask(_signal.SIG_BLOCK, _EVERYTHING)
            except BaseException as raised:  # noqa: BLE001, PERF203  a handler's: for the program, when it goes on
                self._raised = raised
        return mask

    def _put_handlers_aside(self) -> None:
        raised = self._signals.begin()
        if raised is not None:
            self._raised = raised

    def _let_signals_in(self, mask: set[Any]) -> None:
        """Within a stop. Those that came during it are noted, for the program when it goes on, before the handlers are
        back: what several raise at once could not be caught. What one raises of a signal that comes now is kept.
        """
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
        try:
            self._signals.end()
        except BaseException as raised:  # noqa: BLE001  a handler's
            self._raised = raised

    def leave(self) -> Left:
        """Undo :meth:`enter`, in reverse, but for signals: :meth:`deliver` is to be called soon, with the result."""
        program = self._program
        self._write_interval(program.interval)
        _set_recursion_limit(program.limit)
        if program.collecting:
            gc.enable()
        self._gil.wake_waiters()
        native.release_gil_once()
        native.set_errno(program.errno)
        raised, self._raised = self._raised, None
        return program.mask, raised

    def has_signals(self) -> bool:
        """Between :meth:`leave` and :meth:`deliver`: did any come?"""
        return self._signals.has_noted() or bool(_signal.sigpending())

    def deliver(self, left: Left) -> None:
        """Signals are handled from now on, and those that came are; what their handlers raise comes out."""
        mask, raised = left
        try:
            try:
                if self._gil.flag_size == 1:
                    native.rearm_eval_breaker()
            finally:
                self._signals.end()
        finally:
            try:
                _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
            finally:
                self._signals.deliver()
        if raised is not None:
            raise raised

    def intact(self) -> bool:
        """Is the descriptor still our socket? The program may have put a file in its place (PITFALLS 4)."""
        return self._identity is not None and identity(self._socket.fd) == self._identity

    def close(self) -> None:
        """Close the descriptor, if it still is ours."""
        if self.intact():
            self._socket.close()
        self._identity = None
        self.lost = True

    def send(self, message: object) -> None:
        """Send to the debugger with the GIL kept."""
        if not self.lost and not self._socket.send(protocol.pack(message)):
            self.lost = True

    def next_request(self, settling: bool) -> Any:
        """Wait for the debugger's next message with the world held; None when it is gone.

        With ``settling``, the GIL may have been given away since the last wait: the debugger first sends the long
        interval, which lands while we are already inside the call, and waits until every thread that began to wait
        before has had its say.
        """
        if self.loose:
            self._wait_loosely()
        vectors = [(self._header.address, self._header.size), (self._then.address, self._then.size)]
        if settling or self.loose:
            vectors.insert(0, self._interval())
        if self._receive(vectors):
            size = int.from_bytes(self._header.bytes(protocol.HEADER_BYTES), "little")
            buffer = native.Buffer(size)
            if self._receive([(buffer.address, size), (self._then.address, self._then.size)]):
                return protocol.unpack(buffer.bytes(size))
        self.lost = True
        return None

    def _wait_loosely(self) -> None:
        """Let the others run until the debugger has something to say, with the collector and the interval as theirs."""
        program = self._program
        self._write_interval(program.interval)
        if program.collecting:
            gc.enable()
        self._gil.wake_waiters()
        self._socket.wait()
        program.collecting = gc.isenabled()
        gc.disable()
        program.interval = self._read_interval()

    def _receive(self, vectors: list[tuple[int, int]]) -> bool:
        """Each wait ends with the word that lands in ``_then``; where none does, the program's own interval counts."""
        if self.lost:
            return False
        self._then.store_words(self._program.interval)
        return self._socket.receive(vectors, self._flag(), (self._interval()[0], self._then.address))

    # -- evaluation: the world moves ---------------------------------------------------------------------------------

    def relax(self, mask: set[int] | None = None) -> None:
        """Before user code is evaluated: signals (or ``mask``), collector and switch interval as the program has them.

        A thread of ours blocks every signal; ``mask`` is then the program's, so that processes which the user code
        starts have it.
        """
        program = self._program
        self._write_interval(program.interval)
        if program.collecting:
            gc.enable()
        self._gil.wake_waiters()
        native.release_gil_once()
        self._let_signals_in(program.mask if mask is None else mask)

    def tighten(self, own: bool = False) -> None:
        """After user code was evaluated; what it did to the collector or the interval is kept for :meth:`leave`.

        With ``own``, the thread is ours and its mask was only lent.
        """
        program = self._program
        mask = self._block_signals()
        if not own:
            program.mask = mask
        self._put_handlers_aside()
        program.collecting = gc.isenabled()
        gc.disable()
        program.interval = self._read_interval()
        limit = _recursion_limit()
        if limit != program.limit + _HEAD_ROOM:
            program.limit = limit
            _set_recursion_limit(limit + _HEAD_ROOM)

    @property
    def interval_us(self) -> int:
        """The program's own switch interval."""
        return self._program.interval

    # -- addresses ---------------------------------------------------------------------------------------------------

    def _interval(self) -> tuple[int, int]:
        return self._gil.interval_vector() if self._gil.exact else (self._scratch.address, protocol.INTERVAL_BYTES)

    def _flag(self) -> tuple[int, int]:
        return self._gil.flag_vector() if self._gil.exact else (self._scratch.address + 8, self._gil.flag_size)

    def _read_interval(self) -> int:
        return native.read_word(self._interval()[0]) if self._gil.exact else round(sys.getswitchinterval() * 1e6)

    def _write_interval(self, microseconds: int) -> None:
        if self._gil.exact:  # not sys.setswitchinterval: its float would come back rounded down
            native.write_word(self._interval()[0], microseconds)
