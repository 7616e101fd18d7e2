"""The typed, synchronous client: what the prompt and scripts use.

A :class:`Client` sits on a :class:`Transport`: the in-memory pipe to a debugger in this process
(``pydelve.server.pipe.PipeTransport``), later a JSON-RPC connection. All calls may come from any thread; ``next_event``
from one.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydelve.api.events import Event
from pydelve.api.requests import Request

R = TypeVar("R")


class Transport(Protocol):
    """Carries requests one way and events the other."""

    def call(self, request: Request[R]) -> R:
        """Send one request and wait for its result.

        Raises:
            PydelveError: as the request's class says; EvaluationInterrupted and the like included.
        """
        ...

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """The next event in order; None after ``timeout_s``."""
        ...

    def event_fd(self) -> int:
        """A file descriptor that is readable while events wait: for select loops."""
        ...

    def close(self) -> None:
        """End the connection; whether the target lives on is the server's rule. May be called twice."""
        ...


class Client:
    """A front end's hold on one debugging session."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def call(self, request: Request[R]) -> R:
        """Send a request (``pydelve.api.requests``) and wait for its result. See :meth:`Transport.call`."""
        return self._transport.call(request)

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See :meth:`Transport.next_event`."""
        return self._transport.next_event(timeout_s)

    def event_fd(self) -> int:
        """See :meth:`Transport.event_fd`."""
        return self._transport.event_fd()

    def close(self) -> None:
        """See :meth:`Transport.close`."""
        self._transport.close()
