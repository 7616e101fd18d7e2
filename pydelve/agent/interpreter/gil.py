"""What makes a held GIL stay held: the address of the switch interval and of the request to drop the GIL.

A thread that waits for the GIL sets the drop request once its switch interval is over, and the holder gives the GIL
away at its next check (CPython ``Python/ceval_gil.c``: ``take_gil``, ``drop_gil``). While a stop is served both must
stay quiet (PITFALLS 1), so ``hold.py`` writes them as part of each wait, before any bytecode runs. This module only
finds the two addresses, once, at start, and proves what it found; where the proof fails a stop is not exact, and the
hello message says so.
"""

from __future__ import annotations

import sys

from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence

    from ..interpreter.native import Vector

# Offset of ``eval_breaker`` in PyInterpreterState up to 3.12, from the headers of 3.9.18, 3.10.13, 3.11.7 and 3.12.1,
# and where, relative to it, ``recursion_limit`` stands, by which the offset is proved
# (Include/internal/pycore_interp.h: struct _ceval_state).
_EVAL_BREAKER = {(3, 9): (72, -8), (3, 10): (68, -4), (3, 11): (100, -4), (3, 12): (368, 8)}
_TSTATE_EVAL_BREAKER = 24  # 3.13+: Include/cpython/pystate.h: prev, next, interp, eval_breaker
_SCAN_SIZE = 4096  # how far into a struct the pointer to, or the body of, the GIL is looked for
_NEAR = 1 << 20  # from 3.12 the main interpreter's GIL lies inside its own interpreter state


FREE_THREADED = "t" in getattr(sys, "abiflags", "")
"""A build that need not have a GIL: there ``freezing.Freezer.stop_all`` stops the others."""


class Gil:
    """The two addresses, and how many bytes of zeros clear the drop request."""

    def __init__(self) -> None:
        """Finds and proves the addresses; must run in the main interpreter with the GIL held. Takes about 0.1 ms."""
        self._interval_address = _find_interval()
        self.is_pointed_to = sys.version_info >= (3, 12)
        """Interpreters may have a GIL of their own."""
        self._shared_flag = _find_shared_flag()
        self.flag_size = 1 if sys.version_info >= (3, 13) else 4
        self._condition = _find_condition(self._interval_address)
        found = bool(self._interval_address) and (self.flag_size == 1 or bool(self._shared_flag))
        self.exact = found and not FREE_THREADED

    def interval_vector(self) -> Vector:
        """Where 8 bytes of a new interval go, in microseconds."""
        return (self._interval_address, 8)

    def wake_waiters(self) -> None:
        """Make each thread that waits for the GIL look at the switch interval again: it waits for the one it began
        with.

        Without this a thread that began to wait during a stop would have to be lucky to run again soon (seen: not in a
        second).
        """
        if self._condition:
            _broadcast(self._condition)

    def flag_vector(self) -> Vector:
        """Where zeros clear the request to drop the GIL, for the calling thread."""
        if self.flag_size == 1:
            # bit 0 is the request; of the other bits of the byte, signals and pending calls are served again after the
            # stop (native.rearm_eval_breaker), and an asynchronous exception at the next of these
            return (native.thread_state() + _TSTATE_EVAL_BREAKER, 1)
        return (self._shared_flag, 4)


def _find_shared_flag() -> int:
    """Address of ``gil_drop_request`` up to 3.12; 0 where it can't be proved."""
    place = _EVAL_BREAKER.get(sys.version_info[:2])
    if place is None:
        return 0
    breaker = native.interpreter_state() + place[0]
    proved = (
        native.read_int(breaker + place[1]) == sys.getrecursionlimit()
        and native.read_int(breaker) in (0, 1)
        and native.read_int(breaker + 4) in (0, 1)
    )
    return breaker + 4 if proved else 0


def _find_interval() -> int:
    """Address of the GIL's ``interval``: the word that follows ``sys.setswitchinterval``; 0 where there is none.

    Up to 3.11 the GIL is part of ``_PyRuntime``; later the interpreter state points to it.
    """
    places: Sequence[int]
    old = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.004217)
        if sys.version_info < (3, 12):
            runtime = native.symbol("_PyRuntime")
            places = range(runtime, runtime + 512, 8) if runtime else ()
        else:
            places = _pointers_near(native.interpreter_state())
        found = [place for place in places if native.read_word(place) == 4217]
        sys.setswitchinterval(0.004219)
        found = [place for place in found if native.read_word(place) == 4219]
    finally:
        sys.setswitchinterval(old)
    return found[0] if len(found) == 1 else 0


def _find_condition(interval: int) -> int:
    """Address of the condition variable that threads wait on for the GIL; 0 where it can't be proved.

    ``struct _gil_runtime_state`` is the same in 3.9 to 3.15: interval, last_holder, locked, switch_number, cond. Its
    proof: we hold the GIL.
    """
    held = (native.thread_state(), 1)
    return interval + 32 if interval and (native.read_word(interval + 8), native.read_int(interval + 16)) == held else 0


def _pointers_near(interpreter: int) -> list[int]:
    """Addresses that the first words of the interpreter state hold and that lie inside it, each once."""
    words = {native.read_word(interpreter + at) for at in range(0, _SCAN_SIZE, 8)}
    # the state is static data of the runtime, far larger than what is scanned; a pointer past its end would be unmapped
    # memory, so only those are followed that the kernel can read
    return sorted(
        word
        for word in words
        if interpreter < word < interpreter + _NEAR and word % 8 == 0 and native.is_readable(word)
    )


_broadcast = native.held("pthread_cond_broadcast", native.INT, native.WORD)
