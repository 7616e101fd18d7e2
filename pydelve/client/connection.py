"""A connection to a session in another process: JSON-RPC over a socket. Implements :class:`pydelve.client.Transport`.

A thread of its own, ``pydelve connection``, reads; calls may come from any thread. A lost connection ends every wait.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from typing import Any, Literal, TypeVar

from pydelve.api.events import Event, Notice
from pydelve.api.requests import Request
from pydelve.errors import ProtocolError, PydelveError, TargetError, TargetGoneError
from pydelve.rpc import methods
from pydelve.rpc.addresses import Address
from pydelve.rpc.codec import Mismatch, dumps, from_json, loads, to_json
from pydelve.rpc.framing import Deframer, frame
from pydelve.rpc.mailbox import Mailbox, closed_error

R = TypeVar("R")
_READ_BYTES = 1 << 16
_CONNECT_LIMIT_S = 10.0


class _Answer:
    """A place for one response."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.result: Any = None
        self.error: PydelveError | None = None


class SocketTransport:
    """One client's end."""

    def __init__(self, address: Address, token: str, target: int = 0) -> None:
        """Connects and authenticates; ``target`` as in ``pydelve.client.connect``.

        Raises:
            TargetError: nobody listens there, or answers.
            TargetStateError: there never was such a target.
            ProtocolError: the token is wrong, or what listens there is no session of ours.
        """
        self._socket = _connected(address)
        self._mailbox = Mailbox()
        self._sending = threading.Lock()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._answers: dict[int, _Answer] = {}
        self._closed = False
        self._lost: PydelveError | None = None
        self._thread = threading.Thread(target=self._read, name="pydelve connection", daemon=True)
        self._thread.start()
        try:
            params = {"token": token, "target": target} if target else {"token": token}
            welcome = self._ask(methods.AUTHENTICATE, params, _CONNECT_LIMIT_S)
        except TargetGoneError as error:
            self.close()
            raise ProtocolError(
                f"{address} closed the connection", why="what listens there may be no session of pydelve",
                hint="pydelve debug --headless ...",
            ) from error  # fmt: skip
        except BaseException:
            self.close()
            raise
        stays = isinstance(welcome, dict) and bool(welcome.get("stays"))
        self.remote: Literal["ends", "stays"] = "stays" if stays else "ends"
        """What the session does when its last client has left."""

    def call(self, request: Request[R]) -> R:
        """See ``pydelve.client.Transport.call``.

        Raises:
            TargetGoneError: the connection is closed, or was while this waited.
        """
        cls: Any = type(request)
        name = methods.name_of(cls)
        result = self._ask(name, to_json(request))
        try:
            made: R = from_json(methods.result_type(cls), result, name, strict=False)
        except Mismatch as error:
            raise ProtocolError(f"the answer to {name} is malformed", why=str(error)) from error
        return made

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See ``pydelve.client.Transport.next_event``.

        Raises:
            TargetGoneError: the connection is closed, or was while this waited.
        """
        return self._mailbox.take(timeout_s)

    def event_fd(self) -> int:
        """See ``pydelve.client.Transport.event_fd``."""
        return self._mailbox.fileno()

    def close(self) -> None:
        """See ``pydelve.client.Transport.close``: where this was the last client, the session ends unless it stays."""
        with self._lock:
            first, self._closed = not self._closed, True
        if first:
            with contextlib.suppress(OSError):  # it is gone already
                self._socket.shutdown(socket.SHUT_RDWR)
            self._mailbox.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()
            self._socket.close()

    # -- sending -------------------------------------------------------------------------------------------------------

    def _ask(self, name: str, params: Any, limit_s: float | None = None) -> Any:
        answer = _Answer()
        with self._lock:
            if self._closed:
                raise closed_error()
            if self._lost is not None:
                raise self._lost
            number = next(self._numbers)
            self._answers[number] = answer
        data = frame(dumps({"jsonrpc": "2.0", "id": number, "method": name, "params": params}))
        with self._sending, contextlib.suppress(OSError):  # the reader finds out, and ends the wait
            self._socket.sendall(data)
        if not answer.ready.wait(limit_s):
            raise TargetError(
                "nobody answers there", why=f"the connection was made, and nothing came within {limit_s:g} s",
                hint="pydelve debug --headless ...",
            )  # fmt: skip
        if answer.error is not None:
            raise answer.error
        return answer.result

    # -- on the reader's thread ----------------------------------------------------------------------------------------

    def _read(self) -> None:
        deframer = Deframer()
        error: PydelveError = TargetGoneError("the connection is lost", why="the session has ended, or cut us off")
        try:
            while data := self._socket.recv(_READ_BYTES):
                for body in deframer.feed(data):
                    self._take(loads(body))
        except OSError:
            pass  # as if it had been closed at the other end
        except (ProtocolError, Mismatch) as wrong:
            error = ProtocolError("the session sends what is no message", why=str(wrong))
        with self._lock:
            self._lost = closed_error() if self._closed else error
            left, self._answers = self._answers, {}
        for answer in left.values():
            answer.error = self._lost
            answer.ready.set()
        self._mailbox.end(self._lost)

    def _take(self, message: Any) -> None:
        if not isinstance(message, dict):
            raise ProtocolError("a message is no object")
        if "method" in message:
            self._take_event(str(message["method"]), message.get("params"))
            return
        with self._lock:
            answer = self._answers.pop(message.get("id", 0), None)
        if answer is None:
            return
        if "error" in message:
            answer.error = methods.error_from_json(message["error"])
        answer.result = message.get("result")
        answer.ready.set()

    def _take_event(self, method: str, params: Any) -> None:
        if method == methods.CUT_OFF:
            why = str(params.get("why", "")) if isinstance(params, dict) else ""
            self._mailbox.put(Notice("the session has cut us off", why))
        elif (event := methods.event_from_json(method, params)) is not None:
            self._mailbox.put(event)


def _connected(address: Address) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX if address.path else socket.AF_INET6 if ":" in address.host else socket.AF_INET)
    sock.settimeout(_CONNECT_LIMIT_S)
    try:
        if address.path:
            sock.connect(address.path)
        else:
            sock.connect((address.host, address.port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        sock.close()
        raise TargetError(
            f"can't connect to {address}", why=error.strerror or str(error), hint="pydelve debug --headless ..."
        ) from error
    sock.settimeout(None)
    return sock
