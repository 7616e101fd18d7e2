"""Keeps the program's own signal handlers out of a stop.

Python runs a handler in the main thread, between two instructions of whatever runs there, also when another thread
took the signal. If that is our code, serving a stop, the handler must wait: it would see a stopped world, and its
exception would end the stop. So for the time of a stop of the main thread every handler is replaced by one that takes
note, and is called at its end. (CPython ``Modules/signalmodule.c``.)
"""

from __future__ import annotations

import _signal
import sys
from _thread import get_ident

from ..interpreter import native
from ..interpreter.paths import is_agent

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

_EVERYTHING = _signal.valid_signals()
_ACTION_BYTES = 152  # struct sigaction of glibc on 64-bit Linux; musl's is as large
_sigaction = native.held("sigaction", native.INT, native.INT, native.WORD, native.WORD)
try:
    _trip = native.held("PyErr_SetInterruptEx", native.INT, native.INT)
except AttributeError:  # 3.9: only by a real signal
    _trip = _signal.raise_signal


class Deferral:
    """The program's handlers, while they are put aside. Main thread only."""

    def __init__(self, main: int) -> None:
        """Nothing is put aside yet; ``main`` is the main thread's ident."""
        self._main = main
        self._handlers: dict[int, Any] = {}
        self._noted: list[int] = []
        self._action = native.Buffer(_ACTION_BYTES)
        self._noting = self._note  # bound once, to be recognised

    def begin(self) -> BaseException | None:
        """Put the handlers aside; nothing in any thread but the main one. Gives what one has raised that ran before all
        were, for the program.
        """
        raised: BaseException | None = None
        aside = False
        while not aside:
            try:
                aside = self._put_aside()
            except BaseException as error:  # noqa: BLE001, PERF203  of a signal that another thread has just taken
                raised = error
        return raised

    def _put_aside(self) -> bool:
        """True where they were: until then one may run, and stop by itself, which puts them back."""
        found = False
        for number in _EVERYTHING if get_ident() == self._main and _may_set() else ():
            handler = _signal.getsignal(number)
            if callable(handler) and not isinstance(handler, int) and handler is not self._noting:
                found = True
                self._handlers[number] = handler
                try:
                    self._set(number, self._noting)
                finally:
                    self._handlers[number] = handler
        return not found

    def around(self, function: Callable[[], None]) -> None:
        """Run something of ours, which may take long; the handlers that were to run meanwhile are called after it."""
        raised = self.begin()
        try:
            function()
        finally:
            try:
                self.end()
            finally:
                self.deliver()
        if raised is not None:
            raise raised

    def end(self) -> None:
        """Put the handlers back; what was noted still waits for :meth:`deliver`. What one raises that runs meanwhile
        comes out when all are back.
        """
        raised = None
        while self._handlers and get_ident() == self._main:
            try:
                for number, handler in list(self._handlers.items()):
                    self._set(number, handler)
                    self._handlers.pop(number, None)
            except BaseException as error:  # noqa: BLE001, PERF203  of a signal that another thread has just taken
                raised = error
        if raised is not None:
            raise raised

    def has_noted(self) -> bool:
        """Was there any while the handlers were put aside?"""
        return bool(self._noted)

    def deliver(self) -> None:
        """Call the handlers of what was noted; what one raises comes out, and those after it run as soon as they can.

        Not signalled again: that would be told to an event loop, by ``signal.set_wakeup_fd``, a second time.
        """
        noted, self._noted = self._noted, []
        frame: FrameType | None = sys._getframe()
        while frame is not None and is_agent(frame.f_code):
            frame = frame.f_back
        try:
            while noted:
                number = noted.pop(0)
                handler = _signal.getsignal(number)
                if callable(handler) and not isinstance(handler, int):
                    handler(number, frame)
        finally:
            # in one call of C code, so that the first handler does not run before the last signal is there again
            list(map(_trip, noted))

    def _note(self, number: int, frame: object) -> None:
        if number not in self._noted:
            self._noted.append(number)

    def _set(self, number: int, handler: Any) -> None:
        """Change what Python calls and nothing that the kernel knows: ``signal.signal`` would reset SA_RESTART."""
        _sigaction(number, 0, self._action.address)
        try:
            _signal.signal(number, handler)
        finally:  # it runs handlers of other signals first, which may raise
            _sigaction(number, self._action.address, 0)


def _may_set() -> bool:
    """Python lets its own main thread only; where that runs no Python, as in a program that has it built in, another
    one goes for it.
    """
    try:
        _signal.signal(_signal.SIGINT, None)
    except TypeError:  # that is no handler: what is asked next
        return True
    except ValueError:
        return False
    return True
