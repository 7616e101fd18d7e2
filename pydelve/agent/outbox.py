"""Records on their way to the debugger: what the program's threads tell in passing, gathered and sent in batches.

For messages that come often and stop nobody: of logpoints, and of calls that are traced. A record is a pair of plain
data; of a batch ``describe`` makes what is sent. ``put`` is called by any thread of the program, in its own code's
place; a thread of ours, which exists only while something may be put, sends batches by *link*. At a stop what is left
goes by *hold*, so that it is told before it. Batches are numbered, as they come by two ways.

Memory is bounded: so many records wait here, ``_WINDOW`` batches are under way until the debugger says that its
client has read one. Where that client is slower than the program, a thread that puts a record waits for it, as long as
the caller's patience lasts; where nothing was read in that time, the oldest records are dropped, and their exact number
told, and nobody waits again until something is read: a client that does not read never stops the program.

What is told of records, and when to begin, is the caller's: ``core`` for logpoints, ``calls`` for traced calls.
"""

from __future__ import annotations

import _thread
import time
from _collections import deque  # type: ignore[import-not-found]  # not collections: a file of the standard library
from itertools import islice

from .link import name_thread, start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

    from .hold import Hold
    from .link import Link

    Record = tuple[Any, ...]
    Describe = Callable[[list[Record]], dict[str, Any]]

LIMIT = 16_384
BATCH = 2_048
PATIENCE_S = 0.5
FOR_EVER = -1.0  # as patience: nothing is dropped as long as there is a debugger
_WAITS_S = 0.1
_WINDOW = 4
_GATHER_S = 0.01
_SETTLE_S = 10.0  # how long a stop waits for our thread to be done with a batch: a busy machine may take seconds
_COUNTS = 1 << 62
_sleep, _allocate_lock = time.sleep, _thread.allocate_lock  # taken before the program can replace them


class Outbox:
    """One per agent. Idle, with no thread, until :meth:`begin`."""

    _gather_s = _GATHER_S
    _most = 1_000  # batches at a stop or the end: threads that run on may put more and more

    def __init__(
        self,
        link: Link,
        hold: Hold,
        own: set[int],
        event: str,
        describe: Describe,
        *,
        limit: int = LIMIT,
        batch: int = BATCH,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Sends nothing yet.

        Args:
            link: Where batches go.
            hold: Where they go at a stop.
            own: Idents of the agent's threads.
            event: What a batch is called.
            describe: Makes what is sent of records; runs on any thread, with ``_busy`` held.
            limit: So many records may wait.
            batch: So many are sent at once.
            patience_s: How long a thread waits for room.
        """
        self._link, self._hold, self._own = link, hold, own
        self.event, self._describe = event, describe
        self._limit, self._size, self._patience_s = limit, batch, patience_s
        self._queue: deque[Record] = deque()
        self._lost = iter(range(_COUNTS))  # counted by C code: threads of 3.9 switch anywhere
        self._lost_told = 0
        self._busy = _thread.allocate_lock()  # held by whoever takes from the queue and sends
        self._sent = self._read = 0  # numbers of batches
        self._serial = 0  # of our thread: it ends when this is no longer its own; odd while there is one
        self.idle: list[bool] = []
        """Not empty: our thread waits to be told that there is something to send."""
        self._patient = bool(patience_s)
        self._wake, self._credit, self._room = (_locked() for _ in range(3))

    def begin(self) -> None:
        """Something may be put from now on."""
        if self._serial % 2 == 0:
            self._serial += 1
            serial = self._serial
            try:
                start_thread(lambda: self._serve(serial), self._own)
            except RuntimeError:  # no more threads
                self._serial += 1
                raise

    def end(self) -> None:
        """Nothing more will be; what is there goes out with the next stop, or :meth:`flush`."""
        if self._serial % 2:
            self._serial += 1
            for lock in (self._wake, self._credit):
                release(lock)

    def discard(self) -> None:
        """All that was to be sent is: what may still be put is not."""

    @property
    def is_on(self) -> bool:
        """May something be put?"""
        return bool(self._serial % 2)

    # -- in the program's threads --------------------------------------------------------------------------------------

    def put(self, record: Record) -> None:
        """Add a record."""
        try:
            if len(self._queue) >= self._limit:
                self._make_room()
        finally:  # a signal handler may raise while this waits
            self._queue.append(record)
            self.wake()

    def wake(self) -> None:
        """There is something to send."""
        if self.idle:
            self.idle.clear()
            release(self._wake)

    def _make_room(self) -> None:
        while self._patient and self._serial % 2 and len(self._queue) >= self._limit:
            if self._patience_s == FOR_EVER:
                self._patient = not self._link.lost
                self._room.acquire(True, _WAITS_S)
            else:
                self._patient = self._room.acquire(True, self._patience_s)
        if len(self._queue) < self._limit:
            release(self._room)  # for the next one that waits
            return
        try:
            self._queue.popleft()
        except IndexError:  # all was taken at this moment
            return
        next(self._lost)

    def waiting(self) -> bool:
        """Is anything not sent yet?"""
        return bool(self._queue)

    def lost(self) -> int:
        """How many were dropped."""
        left: int = self._lost.__length_hint__()  # type: ignore[attr-defined]
        return _COUNTS - left

    def has_read(self, number: int) -> None:
        """The debugger's client has read this batch, and those before it."""
        self._read = max(self._read, min(number, self._sent))
        self._patient = bool(self._patience_s)
        release(self._credit)

    # -- sending -------------------------------------------------------------------------------------------------------

    def _serve(self, serial: int) -> None:
        """The sending thread: never polls."""
        name_thread(b"pydelve %d" % globals().get("DEBUGGER", 0))
        while self._serial == serial:
            patience_s = self._turn()
            if not self.idle:
                self.idle.append(True)  # whoever puts a record from here on wakes us
            if not self.waiting():
                self._wake.acquire(True, patience_s)
                continue
            self.idle.clear()
            if self._sent - self._read >= _WINDOW:
                self._credit.acquire()
                continue
            if len(self._queue) < self._size:
                _sleep(self._gather_s)
            with self._busy:
                self._send(self._link.send)

    def _turn(self) -> float:
        """What is to be done each time; gives how long may be waited for the next, negative for ever."""
        return -1.0

    def _send(self, send: Callable[[Any], None]) -> None:
        """Take a batch, and send it; ``_busy`` is held."""
        taken = self._take()
        release(self._room)
        lost = self.lost()
        batch = self._describe(taken)
        batch.update(number=self._sent + 1, lost=lost - self._lost_told)
        self._lost_told = lost
        self._sent += 1
        send(("event", self.event, batch))

    def _take(self) -> list[Any]:
        """What goes next; ``_busy`` is held."""
        taken: list[Record] = []
        try:
            taken.extend(islice(iter(self._queue.popleft, None), self._size))
        except IndexError:  # these were all
            pass
        return taken

    def _send_all(self, send: Callable[[Any], None]) -> None:
        for _ in range(self._most):
            if not self.waiting():
                break
            self._send(send)

    def settle(self) -> None:
        """A stop begins, with the GIL ours but for this: all that was put is told before it."""
        if not self._serial or not self._busy.acquire(True, _SETTLE_S):
            return
        try:
            self._link.settle()
            self._send_all(self._hold.send)
        finally:
            self._busy.release()

    def flush(self) -> bool:
        """The program is about to end: send all there is. False where the debugger does not take it."""
        if not self._serial:
            return True
        if not self._link.wait_for(self._busy):
            return False
        try:
            self._send_all(self._link.send)
        finally:
            self._busy.release()
        return not self.waiting()


def _locked() -> Any:
    """A lock that is waited for until somebody releases it."""
    lock = _allocate_lock()
    lock.acquire()
    return lock


def release(lock: Any) -> None:
    """Let who waits for it go on, if anybody does."""
    try:
        lock.release()
    except RuntimeError:  # somebody else just did
        return
