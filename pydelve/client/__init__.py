"""The typed, synchronous client: what the prompt and scripts use.

A :class:`Client` sits on a :class:`Transport`: the in-memory pipe to a debugger in this process
(``pydelve.server.pipe.PipeTransport``), or a JSON-RPC connection (``client.connection.SocketTransport``), which
:func:`connect` makes. All calls may come from any thread; ``next_event`` from one.
"""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from pydelve.api.events import Event
from pydelve.api.requests import Request
from pydelve.deferred import Deferred
from pydelve.rpc.addresses import TOKEN_VARIABLE, parse_address

if TYPE_CHECKING:
    from pydelve.client import connection
else:
    connection = Deferred("pydelve.client.connection")  # the local prompt does without

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(address: str, token: str | None = None, target: int = 0) -> Client:
    """Connect to a session that listens (``pydelve debug --headless``); its state comes as the first events.

    Args:
        address: What the listening line says: ``unix:PATH`` or ``HOST:PORT``.
        token: What it says, for ``HOST:PORT``; None means the environment's ``PYDELVE_TOKEN``, if it has one.
        target: The only target (``Target.id``) that requests and events are about; 0: whichever is looked at.

    Raises:
        UsageError: that is no address.
        TargetStateError: there never was such a target.
        TargetError: nobody listens there.
        ProtocolError: the token is wrong, or what listens there is no session of ours.
    """
    return Client(
        connection.SocketTransport(
            parse_address(address), os.environ.get(TOKEN_VARIABLE, "") if token is None else token, target
        )
    )
