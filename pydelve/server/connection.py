"""One client's connection: bytes in and out, who it is, which protocol it speaks, JSON-RPC.

On the server's thread (``listening``), except where it says so. What a client does wrong ends its own connection and
nothing else.
"""

from __future__ import annotations

import hmac
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from pydelve import __version__
from pydelve.api.events import Event
from pydelve.api.requests import Request
from pydelve.debugger.views import View
from pydelve.errors import ProtocolError, PydelveError
from pydelve.rpc import methods
from pydelve.rpc.codec import Mismatch, dumps, loads, to_json
from pydelve.rpc.framing import Deframer
from pydelve.server import jsonrpc
from pydelve.server.host import Deliver, Host
from pydelve.server.outbox import Limits, Outbox

_READ_BYTES = 65536
_URGENT_TOO = 4
_log = logging.getLogger(__name__)


class Dialect(Protocol):
    """What a connection speaks once that is known."""

    def is_urgent(self, message: Any) -> bool:
        """Need it not wait for those before it?"""
        ...

    def received(self, message: Any) -> None:
        """One message, parsed."""
        ...

    def closed(self) -> None:
        """The client is gone."""
        ...


class Server(Protocol):
    """What a connection needs of the one it belongs to (``listening.Server``)."""

    host: Host
    limits: Limits
    stays: bool
    editors: Editors | None

    def wake(self) -> None:
        """Look at all connections again, from any thread."""
        ...


Editors = Callable[["Connection"], Dialect]
"""Makes the dialect of an editor: the Debug Adapter Protocol (``cli.editors``)."""


class Connection:
    """From accepting to closing."""

    def __init__(self, sock: socket.socket, server: Server, name: str, token: str) -> None:
        """``name`` is for the log; ``token`` is what the first message must bring, "" where it need not."""
        self.sock = sock
        self.name = name
        self.outbox = Outbox(sock, server.limits)
        self.joined = False
        """It is a client of the session."""
        self.closed = False
        self.cut_why = ""
        self._server = server
        self._token = token
        self._deframer = Deframer(server.limits.first_message_bytes)
        self._dialect: Dialect | None = None
        self._in_flight = 0
        self._counting = threading.Lock()
        self._ahead: deque[tuple[Any, int]] = deque()
        self._ahead_bytes = 0
        self._deadline = time.monotonic() + server.limits.authenticate_s

    # -- what the server asks ------------------------------------------------------------------------------------------

    @property
    def wants_to_read(self) -> bool:
        """Is its next request welcome?"""
        limits = self._server.limits
        return (
            not self._sealed
            and self._in_flight < _URGENT_TOO * limits.requests
            and self._ahead_bytes < limits.ahead_bytes
        )

    def due(self) -> float | None:
        """When :meth:`look` must be called again at the latest, in monotonic time."""
        if not self.joined or self._sealed:
            return self._deadline
        return self.outbox.stalled_at() if self.outbox.behind else None

    def look(self) -> None:
        """Cut it off where it is due, close it where it is done with."""
        now = time.monotonic()
        if self.outbox.behind and not self._sealed and now >= self.outbox.stalled_at():
            self.cut("it takes nothing of what it is told")
        if self.outbox.broken or (self._sealed and not self.outbox.waiting) or (self._is_due_by(now)):
            self.close()
        while self._ahead and self._dialect is not None and not self._is_full and not (self._sealed or self.closed):
            message, size = self._ahead.popleft()
            self._ahead_bytes -= size
            self._dialect.received(message)

    @property
    def _is_full(self) -> bool:
        return self._in_flight >= self._server.limits.requests

    def read(self) -> None:
        """Take what came."""
        try:
            data = self.sock.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        try:
            for body in self._deframer.feed(data):
                self._take(body)
                if self._sealed or self.closed:
                    return
        except ProtocolError as error:
            _log.info("%s: %s", self.name, error)
            self.close()

    # -- ending --------------------------------------------------------------------------------------------------------

    _sealed = False

    def cut(self, why: str) -> None:
        """Tell it nothing more but that; from any thread."""
        if self._sealed:
            return
        self.cut_why = why
        notice = {"jsonrpc": "2.0", "method": methods.CUT_OFF, "params": {"why": why}}
        self.finish(dumps(notice))

    def finish(self, last: bytes | None = None) -> None:
        """Close once it has read what waits for it, or had its time; from any thread."""
        self.outbox.seal(last)
        self._deadline = time.monotonic() + self._server.limits.last_words_s
        self._sealed = True
        self._server.wake()

    def close(self) -> None:
        """Close now."""
        if self.closed:
            return
        self.closed = True
        self.outbox.broken = True
        self.sock.close()
        if self._dialect is not None:
            self._dialect.closed()

    def _is_due_by(self, now: float) -> bool:
        return (self._sealed or not self.joined) and now >= self._deadline

    # -- what it says --------------------------------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        """Send it a message, from any thread."""
        if not self.outbox.put(dumps(message)):
            self.cut("too much waits for it")
        elif self.outbox.behind or self.outbox.waiting:
            self._server.wake()

    def _take(self, body: bytes) -> None:
        try:
            message = loads(body)
        except Mismatch:
            if self._dialect is None:
                raise ProtocolError("the first message is no JSON") from None
            self.send(jsonrpc.parse_error())
            return
        if self._dialect is None:
            self._take_first(message)
        elif (self._ahead or self._is_full) and not self._dialect.is_urgent(message):
            self._ahead.append((message, len(body)))
            self._ahead_bytes += len(body)
        else:
            self._dialect.received(message)

    def _take_first(self, message: Any) -> None:
        """Find out who it is and what it speaks."""
        if self._server.editors is not None and isinstance(message, dict) and message.get("type") == "request":
            if not self._token:
                self._join()
            self._dialect = self._server.editors(self)
            self._dialect.received(message)
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise ProtocolError("the first message is none of JSON-RPC")
        wants_in, target = message.get("method") == methods.AUTHENTICATE, 0
        if wants_in or self._token:
            try:
                target = self._let_in(message.get("params") if wants_in else None)
            except PydelveError as error:
                _log.warning("%s: refused: %s", self.name, error)
                self.send(_refusal(message.get("id"), error))
                self.finish()
                return
            welcome = {"pydelve": __version__, "stays": self._server.stays}
            self.send({"jsonrpc": "2.0", "id": message.get("id"), "result": welcome})
        self._join()
        self._dialect = JsonRpc(self, self._server.host, target)
        if not wants_in:
            self._dialect.received(message)

    def _let_in(self, params: Any) -> int:
        """Which target it is about, by the parameters of ``authenticate``.

        Raises:
            ProtocolError, TargetStateError: it may not come in.
        """
        given = params if isinstance(params, dict) else {}
        if self._token and not same_token(given.get("token", ""), self._token):
            raise ProtocolError(
                "the first message must be authenticate, with the token",
                why="the token is wrong, or there is none",
                hint="pydelve connect ADDRESS, with the token in PYDELVE_TOKEN",
            )
        target = given.get("target", 0)
        if type(target) is not int:
            raise ProtocolError("authenticate is malformed", why="target is no number")
        self._server.host.check_target(target)
        return target

    def admit(self, token: str) -> bool:
        """An editor brings its token with launch or attach; from any thread."""
        if self._token and not same_token(token, self._token):
            _log.warning("%s: refused, for its token", self.name)
            return False
        self._join()
        return True

    def _join(self) -> None:
        self.joined = True
        self._deframer.max_message_bytes = self._server.limits.message_bytes

    # -- requests under way --------------------------------------------------------------------------------------------

    def begun(self) -> None:
        """A request waits for the engine."""
        with self._counting:
            self._in_flight += 1

    def served(self) -> None:
        """One has been taken up, or answered; from any thread."""
        with self._counting:
            self._in_flight -= 1
            left, most = self._in_flight + 1, self._server.limits.requests
        if left in {most, _URGENT_TOO * most}:
            self._server.wake()


class JsonRpc:
    """The session's methods for one client."""

    def __init__(self, connection: Connection, host: Host, target: int) -> None:
        """It hears events from now on, those that say how things are first; ``target`` as in ``View``."""
        self._connection = connection
        self._host = host
        self._view = View(self._tell, target)
        self._post(lambda: host.listen(self._view, greet=True), urgent=True)

    def is_urgent(self, message: Any) -> bool:
        """See ``Dialect``."""
        return jsonrpc.is_urgent(message)

    def received(self, message: Any) -> None:
        """See ``Dialect``."""
        self._connection.begun()

        def job() -> None:
            self._connection.served()
            jsonrpc.Dispatch(message, self._serve, self._connection.send)

        self._post(job, urgent=jsonrpc.is_urgent(message))

    def closed(self) -> None:
        """See ``Dialect``."""
        self._host.post(lambda: self._host.leave(self._view), urgent=True)

    def _serve(self, request: Request[Any], deliver: Deliver) -> None:
        self._host.serve(request, deliver, self._view)

    def _post(self, job: Callable[[], None], *, urgent: bool) -> None:
        if not self._host.post(job, urgent=urgent):
            self._connection.finish()

    def _tell(self, event: Event) -> None:
        self._connection.send(methods.event_to_json(event))


def same_token(given: Any, token: str) -> bool:
    """Is it the token? Takes the same time whatever was given."""
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _refusal(number: Any, error: PydelveError) -> dict[str, Any]:
    number = number if isinstance(number, int | str) else None
    return {"jsonrpc": "2.0", "id": number, "error": to_json(methods.error_to_json(error))}
