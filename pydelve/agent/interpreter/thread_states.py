"""Every thread of the interpreter by its state, and how one thread has another one traced: CPython 3.9 to 3.11.

Used by ``tracing.py``, in any thread, with the GIL held.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterator
    from typing import Any

_STATE_BYTES = 256  # of a thread's state: Include/cpython/pystate.h
_copy = native.held("memmove", native.WORD, native.WORD, native.WORD, native.WORD)


class ThreadStates:
    """Every thread state of the interpreter, and how to trace one that is not ours.

    The C function behind a Python trace function (``trace_trampoline`` in ``Python/sysmodule.c``) is not exported: it
    is read from our own thread state after tracing was switched on there, where ``c_tracefunc`` stands two words before
    ``c_traceobj``.
    """

    def __init__(self, trace: Callable[..., Any]) -> None:
        """``trace`` is our trace function."""
        self._trace = trace
        self._head = native.held("PyInterpreterState_ThreadHead", native.WORD, native.WORD)
        self._next = native.held("PyThreadState_Next", native.WORD, native.WORD)
        self._set_trace = native.held("_PyEval_SetTrace", native.INT, native.WORD, native.WORD, native.OBJECT)
        self._clear_trace = native.held("_PyEval_SetTrace", native.INT, native.WORD, native.WORD, native.WORD)
        self._trampoline, self._object = self._find_trampoline()
        self._ident = self._find_word(get_ident())

    def _find_trampoline(self) -> tuple[int, int]:
        """The two words.

        While the thread is traced only C functions are called: 3.11 does not get past the begin of a traced Python
        function as long as the eval breaker is set (``Python/ceval.c``: DO_TRACING of RESUME), and in a stop it may be.
        """
        before = sys.gettrace()
        trace, state, copy, seen = self._trace, native.thread_state(), _copy, native.Buffer(_STATE_BYTES)
        try:
            sys.settrace(trace)
            copy(seen.address, state, _STATE_BYTES)
        finally:
            sys.settrace(before)
        words = [native.read_word(seen.address + at) for at in range(0, _STATE_BYTES, 8)]
        place = words.index(id(trace)) if id(trace) in words[2:] else 0
        return (words[place - 2], place * 8) if place else (0, 0)

    @staticmethod
    def _find_word(word: int) -> int:
        """Offset of a word in our own thread state; 0 where it is not there."""
        state = native.thread_state()
        return next((at for at in range(0, _STATE_BYTES, 8) if native.read_word(state + at) == word), 0)

    def states(self) -> Iterator[tuple[int, int]]:
        """``(ident, thread state address)`` of each thread."""
        state = self._head(native.interpreter_state())
        while state:
            yield (native.read_word(state + self._ident) if self._ident else 0), state
            state = self._next(state)

    def is_foreign(self, state: int) -> bool:
        """Has the thread a trace function that is not ours?"""
        return bool(self._object) and native.read_word(state + self._object) not in (0, id(self._trace))

    def set_trace(self, state: int, on: bool) -> None:
        """Switch our tracing on or off in another thread; one with a tracer of its own is left alone."""
        if not self._trampoline or not self._ident:
            return
        current = native.read_word(state + self._object)
        if on and current == 0:
            self._set_trace(state, self._trampoline, self._trace)
        elif not on and current == id(self._trace):
            self._clear_trace(state, 0, 0)
