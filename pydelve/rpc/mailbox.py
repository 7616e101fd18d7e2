"""A queue of events with a descriptor to wait for: one front end's, whatever brings the events. May be used by any
thread.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque

from pydelve.api.events import Event
from pydelve.errors import PydelveError, TargetGoneError


class Mailbox:
    """Events in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._readers = 0
        self._closed = False
        self._end: PydelveError | None = None
        self._readable, self._signal = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def put(self, event: Event) -> None:
        """Add one; nothing after :meth:`close`."""
        with self._lock:  # the pipe holds a byte exactly while the queue holds an event
            if self._closed or self._end:
                return
            if not self._events:
                os.write(self._signal, b"!")
            self._events.append(event)

    def end(self, error: PydelveError) -> None:
        """No more will come: whoever takes gets what is there, then this error. The descriptor stays readable."""
        with self._lock:
            if self._closed or self._end:
                return
            self._end = error
            if not self._events:
                os.write(self._signal, b"!")

    def take(self, timeout_s: float | None) -> Event | None:
        """The next one; None after ``timeout_s``. Waits on the descriptor, so that a signal handler can run meanwhile.

        Raises:
            TargetGoneError: the mailbox is closed, or was while this waited.
        """
        with self._lock:
            self.refuse_if_closed()
            self._readers += 1
        try:
            ready = select.select([self._readable], [], [], timeout_s)[0]
        finally:
            self._reader_leaves()
        with self._lock:
            self.refuse_if_closed()
            if not self._events and self._end:
                raise self._end
            if not ready or not self._events:
                return None
            event = self._events.popleft()
            if not self._events and not self._end:
                os.read(self._readable, 1)
        return event

    def fileno(self) -> int:
        """Readable while events wait."""
        return self._readable

    def close(self) -> bool:
        """Whoever waits is refused; False where it was closed before."""
        with self._lock:
            if self._closed:
                return False
            self._closed = True
            if self._readers and not self._events and not self._end:
                os.write(self._signal, b"!")  # whoever waits for an event waits no longer, and closes the pipe
            if not self._readers:
                self._close_descriptors()
            return True

    def refuse_if_closed(self) -> None:
        """Raise the error that calls on a closed session get.

        Raises:
            TargetGoneError: this one is closed.
        """
        if self._closed:
            raise closed_error()

    def _reader_leaves(self) -> None:
        """The last one that waited when the session was closed closes the pipe: nobody waits for a closed number."""
        with self._lock:
            self._readers -= 1
            if self._closed and not self._readers:
                self._close_descriptors()

    def _close_descriptors(self) -> None:
        os.close(self._readable)
        os.close(self._signal)


def closed_error() -> TargetGoneError:
    """What calls get on a session that is closed."""
    return TargetGoneError("the session is closed")
