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
from collections.abc import Callable
from typing import Any, TypeVar

from pydelve.api.events import Event, Logged
from pydelve.api.requests import Request
from pydelve.debugger.engine import Debugger, SessionOptions
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

    def __init__(self, options: SessionOptions) -> None:
        """Starts the engine's thread; ``open_session`` waits until the target is started."""
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._answers: set[_Answer] = set()
        self._readers = 0
        self._closed = False
        self._readable, self._signal = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._loop = Loop(self._failed)
        self._debugger = Debugger(options, self._loop, self._emit)
        self._thread = threading.Thread(target=self._run, name="pydelve engine", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._loop.close()
            self._close_descriptors()
            raise

    # -- on the engine's thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run()
        finally:  # whatever ended it: nobody may wait for ever
            with self._lock:
                left, self._answers = self._answers, set()
            for answer in left:
                answer.error = _closed_error()
                answer.ready.set()

    def _failed(self, error: Exception) -> None:
        self._debugger.failed(error)

    def _emit(self, event: Event) -> None:
        with self._lock:  # the pipe holds a byte exactly while the queue holds an event
            if self._closed:
                return
            if not self._events:
                os.write(self._signal, b"!")
            self._events.append(event)

    # -- on clients' threads -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the target.

        Raises:
            TargetError: it can't be started.
        """
        self._do(self._debugger.start, urgent=False)

    def call(self, request: Request[R]) -> R:
        """See ``pydelve.client.Transport.call``.

        Raises:
            TargetGoneError: the session is closed, or was while this waited.
        """
        result: R = self._do(lambda: self._debugger.serve(request), urgent=request.URGENT)
        return result

    def _do(self, function: Callable[[], Any], urgent: bool) -> Any:
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
                with self._lock:
                    self._answers.discard(answer)
                answer.ready.set()

        with self._lock:
            self._refuse_if_closed()
            self._answers.add(answer)
        if not self._loop.post(job, urgent):
            with self._lock:
                self._answers.discard(answer)
            raise _closed_error()
        answer.ready.wait()
        if answer.error is not None:
            raise answer.error
        return answer.result

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See ``pydelve.client.Transport.next_event``. Waits on the descriptor, so that a signal handler can run
        meanwhile.

        Raises:
            TargetGoneError: the session is closed, or was while this waited.
        """
        with self._lock:
            self._refuse_if_closed()
            self._readers += 1
        try:
            ready = select.select([self._readable], [], [], timeout_s)[0]
        finally:
            self._reader_leaves()
        with self._lock:
            self._refuse_if_closed()
            if not ready or not self._events:
                return None
            event = self._events.popleft()
            if not self._events:
                os.read(self._readable, 1)
        if isinstance(event, Logged):
            self._loop.post(lambda: self._debugger.has_read(event), urgent=True)
        return event

    def event_fd(self) -> int:
        """See ``pydelve.client.Transport.event_fd``."""
        return self._readable

    def close(self) -> None:
        """See ``pydelve.client.Transport.close``. What was launched is killed."""
        with self._lock:
            first, self._closed = not self._closed, True
            if first:
                if self._readers and not self._events:
                    os.write(self._signal, b"!")  # whoever waits for an event waits no longer, and closes the pipe
                if not self._readers:
                    self._close_descriptors()

        def job() -> None:
            try:
                self._debugger.leave()
            finally:
                self._loop.end()

        if first:
            self._loop.post(job, urgent=True)
        self._thread.join()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise _closed_error()

    def _reader_leaves(self) -> None:
        """The last one that waited when the session was closed closes the pipe: nobody waits for a closed number."""
        with self._lock:
            self._readers -= 1
            if self._closed and not self._readers:
                self._close_descriptors()

    def _close_descriptors(self) -> None:
        os.close(self._readable)
        os.close(self._signal)


def _closed_error() -> TargetGoneError:
    return TargetGoneError("the session is closed")


def open_session(options: SessionOptions) -> PipeTransport:
    """Start a debugging session in this process, and its program or attach to one; events tell what it does.

    Raises:
        TargetError: the program can't be started or attached to; the session is closed then.
    """
    transport = PipeTransport(options)
    try:
        transport.start()
    except BaseException:
        transport.close()
        raise
    return transport
