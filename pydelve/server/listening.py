"""Serves one session to clients that connect: listens, reads, writes, cuts off who is too slow, ends when the last
one left.

One thread, the caller's of :meth:`Server.run`, waits for all sockets; requests run on the engine's thread (``host``).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import selectors
import socket
import struct
import time

from pydelve.api.events import Notice
from pydelve.server.connection import Connection, Editors
from pydelve.server.host import Host
from pydelve.server.outbox import Limits

_log = logging.getLogger(__name__)
NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
ACCEPT_AGAIN_S = 0.5
_UCRED = struct.Struct("3i")  # struct ucred, linux/socket.h


class Server:
    """One session's listening socket and its connections."""

    def __init__(
        self,
        host: Host,
        listener: socket.socket,
        *,
        token: str,
        stays: bool,
        editors: Editors | None = None,
        limits: Limits | None = None,
        owns: bool = True,
    ) -> None:
        """Owns the socket from now on, and, if it ``owns``, the host, which ends with it.

        Args:
            token: What the first message of a TCP connection must bring.
            stays: The session outlives its clients.
            editors: Serves who speaks the Debug Adapter Protocol.
        """
        self.host = host
        self.limits = limits or Limits()
        self.editors = editors
        self.stays = stays
        self._listener = listener
        self._token = token
        self._held = False
        self._accepts_from = 0.0
        """When to accept again; 0: now."""
        self._connections: list[Connection] = []
        self._had_clients = False
        self._why_end = ""
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        self._owns = owns
        if owns:
            host.on_left = self._stay_no_longer

    @property
    def wake_fd(self) -> int:
        """A byte written here wakes the server's thread; does not block."""
        return self._wake_write

    # -- from any thread -----------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """See ``connection.Server``."""
        try:
            os.write(self._wake_write, b"!")
        except OSError:  # full of wakes already, or over
            pass

    def end(self, why: str) -> None:
        """Make :meth:`run` return soon. Safe in a signal handler."""
        self._why_end = self._why_end or why
        self.wake()

    def _stay_no_longer(self) -> None:
        """The program was killed or let go of on purpose: the session goes with its clients."""
        self.stays = False
        self.wake()

    # -- on the server's thread ----------------------------------------------------------------------------------------

    def run(self) -> str:
        """Serve until the session is over, and end it: what was launched is killed, what was attached to let go.

        Returns:
            Why it is over.
        """
        try:
            while not self._why_end:
                self._turn()
            self._say_goodbye()
        finally:
            for connection in self._connections:
                connection.close()
            self._listener.close()
            if self._owns:
                self.host.close()
            self._selector.close()
            os.close(self._wake_read)
            wake, self._wake_write = self._wake_write, -1
            os.close(wake)
        return self._why_end

    def _turn(self) -> None:
        self._select()
        for connection in self._connections:
            connection.look()
            if connection.cut_why:
                self._tell_of(connection)
        self._forget_closed()
        self._hold_back()

    def _select(self) -> None:
        for connection in self._connections:
            events = (selectors.EVENT_READ if connection.wants_to_read else 0) | (
                selectors.EVENT_WRITE if connection.outbox.waiting else 0
            )
            self._register(connection, events)
        dues = [due for connection in self._connections if (due := connection.due()) is not None]
        if self._accepts_from:
            if time.monotonic() >= self._accepts_from:
                self._accepts_from = 0.0
                self._selector.register(self._listener, selectors.EVENT_READ)
            else:
                dues.append(self._accepts_from)
        timeout_s = max(0.0, min(dues) - time.monotonic()) if dues else None
        for key, events in self._selector.select(timeout_s):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.data, Connection):
                if events & selectors.EVENT_WRITE:
                    key.data.outbox.send()
                if events & selectors.EVENT_READ and not key.data.closed:
                    key.data.read()
            else:
                self._drain_wakes()

    def _register(self, connection: Connection, events: int) -> None:
        known = self._selector.get_map().get(connection.sock)
        if known is None:
            if events:
                self._selector.register(connection.sock, events, connection)
        elif not events:
            self._selector.unregister(connection.sock)
        elif known.events != events:
            self._selector.modify(connection.sock, events, connection)

    def _accept(self) -> None:
        try:
            sock, address = self._listener.accept()
        except OSError as error:  # it is gone already, or we have no descriptors left: whoever is there waits then
            if error.errno in NO_DESCRIPTORS:
                self._selector.unregister(self._listener)
                self._accepts_from = time.monotonic() + ACCEPT_AGAIN_S
            return
        if len(self._connections) >= self.limits.connections or not may_connect(sock):
            sock.close()
            return
        sock.setblocking(False)
        local = sock.family == socket.AF_UNIX
        if not local:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = "a client" if local else f"{address[0]}:{address[1]}"
        self._connections.append(Connection(sock, self, name, "" if local else self._token))

    def _forget_closed(self) -> None:
        closed = [connection for connection in self._connections if connection.closed]
        for connection in closed:
            self._connections.remove(connection)
            with contextlib.suppress(KeyError, ValueError):  # it is not watched
                self._selector.unregister(connection.sock)
        clients = sum(connection.joined for connection in self._connections)
        self._had_clients = self._had_clients or clients > 0 or any(connection.joined for connection in closed)
        if self._had_clients and not clients and not self.stays:
            self.end("the last client left")

    def _tell_of(self, connection: Connection) -> None:
        """The others hear that one was cut off."""
        why, connection.cut_why = connection.cut_why, ""
        _log.warning("%s was cut off: %s", connection.name, why)
        self.host.post(lambda: self.host.tell(Notice("a client was cut off", why)), urgent=True)

    def _hold_back(self) -> None:
        """The program's output and its log messages are not read while a client is behind."""
        behind = any(connection.outbox.behind for connection in self._connections if not connection.closed)
        if behind != self._held:
            self._held = behind
            self.host.post(lambda: self.host.hold(behind), urgent=True)

    def _say_goodbye(self) -> None:
        """Let everybody read what they are still told."""
        if not self._accepts_from:
            self._selector.unregister(self._listener)
        self._accepts_from = 0.0
        done: list[bool] = []

        def last_words() -> None:
            self.host.tell(Notice("the session ends", self._why_end))
            done.append(True)
            self.wake()

        if not self.host.post(last_words, urgent=True):
            return
        deadline = time.monotonic() + self.limits.last_words_s
        while self._connections and time.monotonic() < deadline:
            if done:
                for connection in self._connections:
                    connection.finish()
            self._turn()

    def _drain_wakes(self) -> None:
        while True:
            try:
                if len(os.read(self._wake_read, 4096)) < 4096:
                    return
            except BlockingIOError:
                return


def may_connect(sock: socket.socket) -> bool:
    """On a unix socket: is it us, or root?"""
    if sock.family != socket.AF_UNIX:
        return True
    _, uid, _ = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    if uid in (0, os.geteuid()):
        return True
    _log.warning("a client of user %d was refused", uid)
    return False
