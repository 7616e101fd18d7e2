"""Records on their way to the debugger: what the program's threads tell in passing, gathered and sent in batches.

For messages that come often and stop nobody, such as logpoints'. A record is a *source* (a tuple of plain data that
many records share) and a text. ``put`` is called by any thread of the program, in its own code's place; a thread of
ours, which exists only while something may be put, sends batches by *link*. At a stop what is left goes by *hold*, so
that it is told before it. Batches are numbered, as they come by two ways.

Memory is bounded: ``LIMIT`` records wait here, ``_WINDOW`` batches are under way until the debugger says that its
client has read one. Where that client is slower than the program, a thread that puts a record waits for it, up to
``_PATIENCE_S``; where nothing was read in that time, the oldest records are dropped, and their exact number told, and
nobody waits again until something is read: a client that does not read never stops the program.

What is told of records, and when to begin, is the caller's: ``core`` for logpoints.
"""

from __future__ import annotations

import _thread
import time
from _collections import deque  # type: ignore[import-not-found]  # not collections: a file of the standard library
from itertools import islice

from . import protocol
from .link import name_thread, start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

    from .hold import Hold
    from .link import Link

    Source = tuple[Any, ...]

LIMIT = 16_384
BATCH = 2_048
MAX_TEXT = 2_000
_WINDOW = 4
_GATHER_S = 0.01
_PATIENCE_S = 0.5
_SETTLE_S = 2.0  # how long a stop waits for our thread to be done with a batch
_COUNTS = 1 << 62
_sleep, _allocate_lock = time.sleep, _thread.allocate_lock  # taken before the program can replace them


class Outbox:
    """One per agent. Idle, with no thread, until :meth:`begin`."""

    def __init__(self, link: Link, hold: Hold, own: set[int]) -> None:
        """``own``: idents of the agent's threads."""
        self._link, self._hold, self._own = link, hold, own
        self._queue: deque[tuple[Source, str]] = deque()
        self._lost = iter(range(_COUNTS))  # counted by C code: threads of 3.9 switch anywhere
        self._lost_told = 0
        self._busy = _thread.allocate_lock()  # held by whoever takes from the queue and sends
        self._sent = self._read = 0  # numbers of batches
        self._serial = 0  # of our thread: it ends when this is no longer its own; odd while there is one
        self._idle = False
        self._patient = True
        self._wake, self._credit, self._room = (_locked() for _ in range(3))

    def begin(self) -> None:
        """Something may be put from now on."""
        if self._serial % 2 == 0:
            self._serial += 1
            serial = self._serial
            start_thread(lambda: self._serve(serial), self._own)

    def end(self) -> None:
        """Nothing more will be; what is there goes out with the next stop, or :meth:`flush`."""
        if self._serial % 2:
            self._serial += 1
            for lock in (self._wake, self._credit):
                _release(lock)

    # -- in the program's threads --------------------------------------------------------------------------------------

    def put(self, source: Source, text: str) -> None:
        """Add a record; a text that is too long is cut, which it says."""
        if len(text) > MAX_TEXT:
            text = text[:MAX_TEXT] + f"... ({len(text):,} characters)"
        try:
            if len(self._queue) >= LIMIT:
                self._make_room()
        finally:  # a signal handler may raise while this waits
            self._queue.append((source, text))
            if self._idle:
                self._idle = False
                _release(self._wake)

    def _make_room(self) -> None:
        while self._patient and self._serial % 2 and len(self._queue) >= LIMIT:
            self._patient = self._room.acquire(True, _PATIENCE_S)
        if len(self._queue) < LIMIT:
            _release(self._room)  # for the next one that waits
            return
        try:
            self._queue.popleft()
        except IndexError:  # all was taken at this moment
            return
        next(self._lost)

    def has_read(self, number: int) -> None:
        """The debugger's client has read this batch, and those before it."""
        self._read = max(self._read, min(number, self._sent))
        self._patient = True
        _release(self._credit)

    # -- sending -------------------------------------------------------------------------------------------------------

    def _serve(self, serial: int) -> None:
        """The sending thread: never polls."""
        name_thread(b"pydelve %d" % globals().get("DEBUGGER", 0))
        while self._serial == serial:
            self._idle = True
            if not self._queue:
                self._wake.acquire()
                continue
            self._idle = False
            if self._sent - self._read >= _WINDOW:
                self._credit.acquire()
                continue
            if len(self._queue) < BATCH:
                _sleep(_GATHER_S)
            with self._busy:
                self._send(self._link.send)

    def _send(self, send: Callable[[Any], None]) -> None:
        """Take a batch, and send it; ``_busy`` is held."""
        taken: list[tuple[Source, str]] = []
        try:
            taken.extend(islice(iter(self._queue.popleft, None), BATCH))
        except IndexError:  # these were all
            pass
        _release(self._room)
        groups: list[tuple[Source, list[str]]] = []
        last = None
        for source, text in taken:
            if source is not last:
                groups.append((source, []))
                last = source
            groups[-1][1].append(text)
        left: int = self._lost.__length_hint__()  # type: ignore[attr-defined]
        lost = _COUNTS - left
        batch = {"number": self._sent + 1, "lost": lost - self._lost_told, "groups": groups}
        self._lost_told = lost
        self._sent += 1
        send(("event", protocol.RECORDS, batch))

    def settle(self) -> None:
        """A stop begins, with the GIL ours but for this: all that was put is told before it."""
        if not self._serial or not self._busy.acquire(True, _SETTLE_S):
            return
        try:
            self._link.settle()
            while self._queue:
                self._send(self._hold.send)
        finally:
            self._busy.release()

    def flush(self) -> None:
        """The program is about to end: send all there is."""
        if self._serial and self._busy.acquire(True, _SETTLE_S):
            try:
                while self._queue:
                    self._send(self._link.send)
            finally:
                self._busy.release()


def _locked() -> Any:
    """A lock that is waited for until somebody releases it."""
    lock = _allocate_lock()
    lock.acquire()
    return lock


def _release(lock: Any) -> None:
    try:
        lock.release()
    except RuntimeError:  # somebody else just did
        return
