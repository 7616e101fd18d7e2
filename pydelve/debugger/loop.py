"""The engine's event loop: one thread that waits for the target's descriptors and for requests, and never polls.

While one request waits for the target (``wait_until``), events go on being served, and so do requests that are urgent;
all others wait their turn. What a callback raises ends neither the loop nor a request that happens to wait: it is our
own bug, is logged, and ``failed`` hears of it.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]
_log = logging.getLogger("pydelve.engine")


class Loop:
    """Runs on one thread; ``post`` may be called from any."""

    def __init__(self, failed: Callable[[Exception], None] = lambda error: None) -> None:
        """``failed`` hears, on the loop's thread, of what a job or a callback raised; it must not raise."""
        self._failed = failed
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._drain_wakes)
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Job] = deque()
        self._lock = threading.Lock()
        self._timers: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._depth = 0
        self._ended = False
        self._closed = False

    # -- from any thread -----------------------------------------------------------------------------------------------

    def post(self, job: Job, urgent: bool) -> bool:
        """Have ``job`` run on the loop's thread, soon; an urgent one even while another waits. False after the end."""
        with self._lock:
            if self._ended:
                return False
            (self._urgent if urgent else self._jobs).append(job)
            try:  # under the lock: afterwards the number may belong to another file
                os.write(self._wake_write, b"!")
            except BlockingIOError:  # full of wakes already
                pass
        return True

    # -- on the loop's thread ------------------------------------------------------------------------------------------

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """See ``pydelve.target.Waiter.watch``."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def unwatch(self, fd: int) -> None:
        """See ``pydelve.target.Waiter.unwatch``."""
        if fd >= 0 and fd in (self._selector.get_map() or ()):
            self._selector.unregister(fd)

    def after(self, delay_s: float, job: Job) -> None:
        """Run ``job`` once, in ``delay_s`` seconds."""
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._order), job))

    def wait_until(self, ready: Callable[[], bool], timeout_s: float | None) -> bool:
        """See ``pydelve.target.Waiter.wait_until``."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._depth += 1
        try:
            while not ready():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return False
                self._turn(left)
            return True
        finally:
            self._depth -= 1

    def serve_urgent(self) -> None:
        """Serve the urgent requests that are here now, from within a request that takes long."""
        self._depth += 1
        try:
            while self._run_posted():
                pass
        finally:
            self._depth -= 1

    def run(self) -> None:
        """Serve until :meth:`end`; closes everything then. What is still queued never runs."""
        try:
            while not self._ended:
                self._turn(None)
        finally:
            self.close()

    def close(self) -> None:
        """Close what the loop waits with, for one that never ran; :meth:`run` does it itself. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._ended = self._closed = True
            self._jobs.clear()
            self._urgent.clear()
            self._timers.clear()
            self._selector.close()
            os.close(self._wake_read)
            os.close(self._wake_write)

    def end(self) -> None:
        """Make :meth:`run` return after the present job."""
        with self._lock:
            self._ended = True

    def _turn(self, timeout_s: float | None) -> None:
        if self._run_posted():
            return
        if self._timers:
            due = max(0.0, self._timers[0][0] - time.monotonic())
            timeout_s = due if timeout_s is None else min(due, timeout_s)
        for key, _ in self._selector.select(timeout_s):
            # a callback before it may have unwatched it, and its number may be another file's by now
            if self._selector.get_map().get(key.fd) is key and not self._run_guarded(key.data):
                self._drop(key)
        while self._timers and self._timers[0][0] <= time.monotonic():
            self._run_guarded(heapq.heappop(self._timers)[2])

    def _run_posted(self) -> bool:
        with self._lock:
            queue = self._urgent or (self._jobs if self._depth == 0 else None)
            job = queue.popleft() if queue else None
        if job is None:
            return False
        self._run_guarded(job)
        return True

    def _run_guarded(self, job: Job) -> bool:
        try:
            job()
        except Exception as error:  # noqa: BLE001  our own bug must not take the engine, and with it the program, along
            _log.exception("a callback of the engine's loop failed")
            self._failed(error)
            return False
        return True

    def _drop(self, key: selectors.SelectorKey) -> None:
        """Whoever failed in reading would be called again at once, for ever: it hears no more."""
        if self._selector.get_map().get(key.fd) is key:
            self._selector.unregister(key.fd)

    def _drain_wakes(self) -> None:
        while True:
            try:
                if len(os.read(self._wake_read, 4096)) < 4096:
                    return
            except BlockingIOError:
                return
