"""The in-memory pipe: a front end's connection to an engine in this process, of the same typed calls as any other
client's.

``open_session`` starts the engine's thread. Requests wait for their answers on the caller's thread; events come in
one queue.
"""

from __future__ import annotations

from typing import TypeVar

from pydelve.api.events import Event, Logged, Traced
from pydelve.api.requests import Request
from pydelve.debugger.engine import SessionOptions
from pydelve.debugger.views import View
from pydelve.rpc.mailbox import Mailbox
from pydelve.server.host import Host, OutputSource

R = TypeVar("R")


class PipeTransport:
    """One client's end. Implements ``pydelve.client.Transport``."""

    def __init__(self, host: Host, mailbox: Mailbox, view: View) -> None:
        """The view tells the mailbox; closing this ends the session."""
        self._host = host
        self._mailbox = mailbox
        self._view = view

    @property
    def host(self) -> Host:
        """The session, for others to listen to it."""
        return self._host

    def call(self, request: Request[R]) -> R:
        """See ``pydelve.client.Transport.call``.

        Raises:
            TargetGoneError: the session is closed, or was while this waited.
        """
        result: R = self._host.call(request, self._view)
        return result

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See ``pydelve.client.Transport.next_event``. Waits on the descriptor, so that a signal handler can run
        meanwhile.

        Raises:
            TargetGoneError: the session is closed, or was while this waited.
        """
        event = self._mailbox.take(timeout_s)
        if isinstance(event, Logged | Traced):
            self._host.post(lambda: self._host.has_read(event), urgent=True)
        return event

    def event_fd(self) -> int:
        """See ``pydelve.client.Transport.event_fd``."""
        return self._mailbox.fileno()

    def close(self) -> None:
        """See ``pydelve.client.Transport.close``. What was launched is killed."""
        self._mailbox.close()
        self._host.close()


class SharedPipe(PipeTransport):
    """One of several clients of a session in this process: closing it leaves the session to the others."""

    def __init__(self, host: Host, target: int = 0) -> None:
        """It is told how things are, as events; ``target`` as in ``View``."""
        mailbox = Mailbox()
        super().__init__(host, mailbox, view := View(mailbox.put, target, reads=True))
        host.post(lambda: host.listen(view, greet=True), urgent=True)

    def close(self) -> None:
        """See ``pydelve.client.Transport.close``."""
        if self._mailbox.close():
            self._host.post(lambda: self._host.leave(self._view), urgent=True)


def open_session(options: SessionOptions, output: OutputSource | None = None, target: int = 0) -> PipeTransport:
    """Start a debugging session in this process, and its program or attach to one; events tell what it does.

    Args:
        options: What to debug.
        output: What it writes, if that comes to us.
        target: As in ``View``.

    Raises:
        TargetError: the program can't be started or attached to; the session is closed then.
    """
    mailbox = Mailbox()
    try:
        host = Host(options, output, acknowledges=False)
    except RuntimeError:
        mailbox.close()
        raise
    view = View(mailbox.put, target, reads=True)
    transport = PipeTransport(host, mailbox, view)
    try:
        host.post(lambda: host.listen(view, greet=False), urgent=False)
        host.start()
    except BaseException:
        transport.close()
        raise
    return transport
