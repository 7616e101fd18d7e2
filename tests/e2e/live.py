"""A debugging session inside the test's process: the client on its in-memory pipe, one event at a time.

The same path as the local prompt's, without the prompt. For the real program with its output, see ``session.py``.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TypeVar

from pydelve.api.events import Event, Exited, Stopped
from pydelve.api.requests import Detach, Request, Resume
from pydelve.api.target import ExitStatus, Stop
from pydelve.client import Client
from pydelve.debugger.engine import SessionOptions
from pydelve.errors import PydelveError
from pydelve.server.pipe import open_session

E = TypeVar("E", bound=Event)
R = TypeVar("R")


class LiveSession:
    """A target under the debugger, and every event it sent.

    A context manager: leaving it kills the target.

    Args:
        options: What to start, or to attach to.
        timeout_s: How long each wait lasts at most.
    """

    def __init__(self, options: SessionOptions, timeout_s: float = 20.0) -> None:
        self.client = Client(open_session(options))
        self.events: list[Event] = []
        """Everything taken from the queue so far, in order."""
        self._timeout_s = timeout_s

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.client.call(Detach(kill=True))
        except PydelveError:
            # It has ended already, or is out of reach: closing is what is left to do.
            return
        finally:
            self.client.close()

    def call(self, request: Request[R]) -> R:
        """Send one request and wait for its result. Raises as the request says."""
        return self.client.call(request)

    def wait_for(self, kind: type[E]) -> E:
        """The next event of this type; those before it are kept in ``events``.

        Raises:
            AssertionError: none came in time, or the target ended instead; the message lists what came.
        """
        deadline = time.monotonic() + self._timeout_s
        seen: list[Event] = []
        while True:
            event = self.client.next_event(max(0.0, deadline - time.monotonic()))
            if event is None:
                raise AssertionError(f"no {kind.__name__} within {self._timeout_s:g} s; came: {seen}")
            self.events.append(event)
            seen.append(event)
            if isinstance(event, kind):
                return event
            if isinstance(event, Exited):
                raise AssertionError(f"the target ended before a {kind.__name__}; came: {seen}")

    def wait_stop(self) -> Stop:
        """The next stop."""
        return self.wait_for(Stopped).stop

    def wait_exit(self) -> ExitStatus:
        """How the target ended."""
        return self.wait_for(Exited).status

    def resume(self, request: Resume | None = None) -> Stop:
        """Let the target run (``continue``, unless told otherwise) until the next stop."""
        self.call(request or Resume("continue"))
        return self.wait_stop()
