"""Runs commands beside the screen: one thread, so that a program that runs never stops the keys.

What it does while the program runs is wait: for the debugger's next event, or for the next job, which goes before once
the wait is longer than a step takes: keys that are pressed fast are several steps. A command that waits for a stop is
then left where it waits (``_Left``); the stop is shown when it comes, as one that came by itself. The main thread
creates and stops it; its own thread is ``pydelve-tui``.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from pydelve.api.events import Event
from pydelve.client import Client

_log = logging.getLogger(__name__)
STEP_S = 0.3
"""A step is shorter."""


class _Left(BaseException):
    """Ends a command's wait for the program; no Exception, so that nothing on the way takes it for an error."""


class Worker:
    """A thread that does one job after the other.

    Args:
        done: Called on the thread after each job, when no other waits, with how many have been done by then.
    """

    def __init__(self, done: Callable[[int], None]) -> None:
        self._done = done
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._wake_fd, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="pydelve-tui", daemon=True)

        self._lock = threading.Lock()
        self._posted = 0  # jobs that are not done
        self._begun = 0.0  # when the job began that is under way

    @property
    def idle(self) -> bool:
        """Whether nothing is under way; ``done`` may not have returned yet."""
        return not self._posted

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def post(self, job: Callable[[], None]) -> None:
        """Have it done after those before; a wait for the program ends for it."""
        with self._lock:
            self._posted += 1
        os.write(self._wake, b"!")  # first: whoever gets the job takes the byte, too
        self._jobs.put(job)

    def stop(self) -> None:
        """Do what was posted, and end; a wait for the program ends, the program runs on."""
        self._jobs.put(None)
        os.write(self._wake, b"!")
        self._thread.join()
        os.close(self._wake)
        os.close(self._wake_fd)

    def wait(self, client: Client) -> Event:
        """The next event: what a session's commands wait with. On the thread."""
        while True:
            left_s = self._begun + STEP_S - time.monotonic()
            others = [] if left_s > 0 else [self._wake_fd]
            ready = select.select([client.event_fd(), *others], [], [], left_s if left_s > 0 else None)[0]
            if client.event_fd() in ready and (event := client.next_event(0)) is not None:
                return event
            if self._wake_fd in ready and not self._jobs.empty():
                raise _Left

    def _run(self) -> None:
        count = 0
        while (job := self._jobs.get()) is not None:
            os.read(self._wake_fd, 1)
            self._begun = time.monotonic()
            try:
                job()
            except _Left:
                _log.debug("a command's wait was left")
            count += 1
            with self._lock:
                self._posted -= 1
                last = not self._posted
            if last:
                self._done(count)
