"""Runs code on the user's behalf inside the program, while it is stopped: expressions and assignments.

The one place where a stop lets the world move: other threads run until the code ends or is interrupted. ``evaluate`` is
called by the thread that is stopped, ``interrupt`` by it or by the agent's own.
"""

from __future__ import annotations

import _signal
import _thread
from _thread import get_ident

from ..interpreter import native, threads

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

    from ..events.freezing import Freezer
    from ..hold import Hold


class Interrupted(BaseException):
    """Raised in an evaluation by the debugger's interrupt."""


class UserCode:
    """One evaluation at a time; ``hold`` is relaxed for it, ``own`` are the idents of our threads."""

    def __init__(self, hold: Hold, own: set[int], main: int, program_mask: set[int]) -> None:
        """``main`` is the main thread's ident, ``program_mask`` the signals that the program has blocked there."""
        self._hold = hold
        self._own = own
        self._main = main
        self._program_mask = program_mask
        self._interrupt_lock = _thread.allocate_lock()
        self._evaluating = 0
        self._interrupted = False
        self._polls = False
        self.freezer: Freezer | None = None
        """Has frozen the other threads, which are to run meanwhile: in free-threaded builds."""

    @property
    def asked_to_end(self) -> bool:
        """Was the evaluation under way interrupted? For those that look themselves."""
        return self._interrupted

    def evaluate(self, function: Callable[[], Any], polls: bool = False) -> tuple[Any, BaseException | None]:
        """Run user code from within a stop: ``(value, None)`` or ``(None, exception)``. Other threads move
        meanwhile. One that ``polls`` looks at ``asked_to_end`` itself, and is not interrupted otherwise.
        """
        active = threads.active()
        known = get_ident() in active
        own = get_ident() in self._own
        value = error = None
        if self.freezer is not None:
            self.freezer.let_run(0)
        try:
            self._hold.relax(self._program_mask if own else None)
            self._interrupted = False
            self._polls = polls
            self._evaluating = get_ident()
            value = function()
        except BaseException as raised:  # noqa: BLE001  a SystemExit of the user's expression must not end the program
            error = raised
        try:
            with self._interrupt_lock:
                self._evaluating = 0
            # An interrupt that came too late is still on its way. It can't be taken back: asking for that leaves 3.11's
            # eval breaker set for good (PyThreadState_SetAsyncExc with NULL never clears pending.async_exc).
            for _ in range(1000 if self._interrupted and not polls else 0):
                pass
        except BaseException as late:  # noqa: BLE001  Interrupted, or what a signal's handler raises
            error = error or late
        if self._interrupted and isinstance(error, KeyboardInterrupt):
            error = Interrupted()
        self._evaluating = 0
        if self.freezer is not None:
            self.freezer.stop_all(get_ident())
        self._hold.tighten(own)
        if not known:  # threading.current_thread() has made an object for a thread that is ours, or that it had not met
            threads.active().pop(get_ident(), None)
        return value, error

    def interrupt(self, force: bool) -> bool:
        """Raise Interrupted in the evaluation under way; False where there is none.

        That does not reach code that waits in C. With ``force``, the main thread is sent a SIGINT, whose handler raises
        there, if it is Python's own; no other thread runs handlers.
        """
        with self._interrupt_lock:
            if not self._evaluating:
                return False
            if self._polls:
                self._interrupted = True
            elif not self._interrupted:
                self._interrupted = native.raise_in_thread(self._evaluating, Interrupted)
            elif (
                force
                and self._evaluating == self._main
                and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
            ):
                _signal.pthread_kill(self._main, _signal.SIGINT)
            return self._interrupted
