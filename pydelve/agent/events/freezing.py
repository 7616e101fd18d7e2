"""Threads that stand still while others run: each waits at a gate, at the first event of ours that it comes to.

Which events, the event sources know (``freeze_events.py``, ``tracing.py``); they call :meth:`Freezer.gate` in the
frozen thread. Who is frozen is decided here, by whoever is stopped, when it lets the program go on. See
docs/internals/threads.md.
"""

from __future__ import annotations

import _thread
import time
from _thread import get_ident

from ..interpreter.interpreters import current_frames
from ..protocol import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from ..core import Agent


_SETTLE_TURNS, _SETTLE_S = 10, 0.0005  # for threads to come to their gates: a fraction of a millisecond
_sleep = time.sleep  # taken before the program can replace it


class Freezer:
    """The gates; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """All are open."""
        self._agent = agent
        self.kept: set[int] = set()
        """Idents of those that the user has frozen."""
        self._gates: dict[int, _thread.LockType] = {}  # ident: a lock that is taken as long as it is frozen
        self._standing: set[int] = set()  # idents of those that have come to their gate
        self._only = 0  # ident of the only one that is not frozen, also of those that begin: ``stop_all``
        self._changing = _thread.allocate_lock()

    def keep(self, ident: int, frozen: bool) -> None:
        """Freeze a thread from the next run on, or let it go on then; raises Refused where it can't be frozen."""
        if not frozen:
            self.kept.discard(ident)
            return
        why_not = self._agent.events.why_not_frozen(ident)
        if why_not:
            raise Refused(why_not)
        self.kept.add(ident)

    def let_run(self, alone: int) -> None:
        """The program goes on: all but ``alone`` stay, else those that the user keeps."""
        if not (alone or self._gates or self.kept or self._only):
            return
        self._only = 0
        frames = current_frames()
        self.kept &= frames.keys()
        others = frames.keys() - self._agent.own - {alone} if alone else set()
        del frames  # our own is among them, and must not hold itself
        why_not = ""
        for ident in others - self.kept:
            reason = self._agent.events.why_not_frozen(ident)
            if reason:
                others.discard(ident)
                why_not = reason
        if why_not:
            self._agent.tell_notice("not all other threads stand still", why_not, "threads")
        self._freeze((self.kept | others) - {alone})

    def stop_all(self, only: int) -> None:
        """Freeze all but the thread ``only`` and ours, until :meth:`let_run`, in a build without a GIL.

        When this returns none runs Python any more: those that do not stand at their gates are in C code, and come to
        them from there.
        """
        if self._agent.events.why_not_frozen(0):
            return
        frames = current_frames()
        idents = frames.keys() - self._agent.own - {only}
        del frames
        self._only = only
        self._freeze(idents)
        for _ in range(_SETTLE_TURNS):
            if set(self._gates) <= set(self._standing):
                break
            _sleep(_SETTLE_S)

    def thaw_all(self) -> None:
        """Nobody is frozen any more. Called by whoever leaves, and in a forked child."""
        if not self._gates and not self._only:
            return
        self._only = 0
        self.kept.clear()
        self._freeze(set())

    def is_frozen(self, ident: int) -> bool:
        """Is this thread to stand?"""
        return ident in self._gates or (bool(self._only) and ident != self._only and ident not in self._agent.own)

    def _freeze(self, idents: set[int]) -> None:
        """These, and no others."""
        with self._changing:
            before = set(self._gates)
            for ident in idents - before:
                self._gates[ident] = _closed()
        if self._only or not idents <= self._standing:
            self._agent.events.freeze(self)
        else:
            self._agent.events.thaw()
        for ident in before - idents:
            self._gates.pop(ident).release()

    def frozen(self) -> set[int]:
        """Idents of all that are to stand."""
        return set(self._gates)

    # -- in the frozen thread ------------------------------------------------------------------------------------------

    def gate(self) -> None:
        """An event in the calling thread: it goes on at once, unless it is frozen. A signal handler's exception
        comes out, and brings it to its next event.
        """
        me = get_ident()
        while (gate := self._gate_of(me)) is not None:
            with self._changing:
                self._standing.add(me)
                done = not self._only and self._gates.keys() <= self._standing
            if done:
                self._agent.events.thaw()  # nobody is waited for any more
                if not self._gates.keys() <= self._standing:  # or is, since just now
                    self._agent.events.freeze(self)
            try:
                with gate:
                    pass
            finally:
                with self._changing:
                    self._standing.discard(me)
                if self._gates.get(me) is gate:
                    self._agent.events.freeze(self)

    def _gate_of(self, ident: int) -> _thread.LockType | None:
        """The gate of a thread, made where it has begun since; None where it is open."""
        gate = self._gates.get(ident)
        if gate is None and self.is_frozen(ident):
            with self._changing:
                if self._only:
                    gate = self._gates[ident] = _closed()
        return gate


def _closed() -> _thread.LockType:
    gate = _thread.allocate_lock()
    gate.acquire()
    return gate
