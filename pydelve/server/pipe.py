"""The in-memory pipe: the local prompt's connection to an engine in this process, of the same typed calls as any other
client's.

``open_session`` starts the engine's thread. Requests wait for their answers on the caller's thread; events come in one
queue.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections import deque
from typing import Any, TypeVar

from pydelve.api.events import Event
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import Request
from pydelve.debugger.engine import Debugger
from pydelve.debugger.loop import Loop
from pydelve.errors import InternalError, PydelveError, TargetGoneError

R = TypeVar("R")
_log = logging.getLogger("pydelve.engine")


class _Answer:
    """A place for one request's outcome."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None


class PipeTransport:
    """One client's end. Implements ``pydelve.client.Transport``."""

    def __init__(self, options: LaunchOptions) -> None:
        """Starts the engine's thread; ``open_session`` waits until the target is started."""
        self._loop = Loop()
        self._events: deque[Event] = deque()
        self._lock = threading.Lock()
        self._readable, self._signal = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._debugger = Debugger(options, self._loop, self._emit)
        self._thread = threading.Thread(target=self._loop.run, name="pydelve engine", daemon=True)
        self._thread.start()
        self._closed = False

    def _emit(self, event: Event) -> None:
        with self._lock:  # the pipe holds a byte exactly while the queue holds an event
            if not self._events:
                os.write(self._signal, b"!")
            self._events.append(event)

    def start(self) -> None:
        """Start the target.

        Raises:
            TargetError: it can't be started.
        """
        self._do(self._debugger.start, urgent=False)

    def call(self, request: Request[R]) -> R:
        """See ``pydelve.client.Transport.call``."""
        result: R = self._do(lambda: self._debugger.serve(request), urgent=request.URGENT)
        return result

    def _do(self, function: Any, urgent: bool) -> Any:
        answer = _Answer()

        def job() -> None:
            try:
                answer.result = function()
            except PydelveError as error:
                answer.error = error
            except Exception as error:  # noqa: BLE001  our own bug: it is told as one, and the engine goes on
                _log.exception("request failed")
                answer.error = InternalError(f"{type(error).__name__}: {error}", why="this is a bug of pydelve")
            finally:
                answer.ready.set()

        if not self._loop.post(job, urgent):
            raise TargetGoneError("the session is closed")
        answer.ready.wait()
        if answer.error is not None:
            raise answer.error
        return answer.result

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See ``pydelve.client.Transport.next_event``. Waits on the descriptor, so that a signal handler can run
        meanwhile.
        """
        if not select.select([self._readable], [], [], timeout_s)[0]:
            return None
        with self._lock:
            event = self._events.popleft()
            if not self._events:
                os.read(self._readable, 1)
        return event

    def event_fd(self) -> int:
        """See ``pydelve.client.Transport.event_fd``."""
        return self._readable

    def close(self) -> None:
        """See ``pydelve.client.Transport.close``. What was launched is killed."""
        if self._closed:
            return
        self._closed = True

        def job() -> None:
            try:
                self._debugger.leave()
            finally:
                self._loop.end()

        self._loop.post(job, urgent=True)
        self._thread.join()
        os.close(self._readable)
        os.close(self._signal)


def open_session(options: LaunchOptions) -> PipeTransport:
    """Start a debugging session in this process and its program; events tell what it does.

    Raises:
        TargetError: the program can't be started; the session is closed then.
    """
    transport = PipeTransport(options)
    try:
        transport.start()
    except BaseException:
        transport.close()
        raise
    return transport
