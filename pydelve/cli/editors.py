"""Editors that connect to a session's own socket: the Debug Adapter Protocol beside JSON-RPC."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any

from pydelve.api.attach import AttachOptions, CoreOptions
from pydelve.api.launch import LaunchOptions
from pydelve.cli.dap import adapter_module
from pydelve.client import Client
from pydelve.errors import ProtocolError, UnsupportedError
from pydelve.server.connection import Connection
from pydelve.server.host import Host
from pydelve.server.pipe import SharedPipe

if TYPE_CHECKING:
    from pydelve.cli.lending import Offer


class EditorDialect:
    """One editor. Its messages are taken by a thread of its own: the server's must not wait for the debugger."""

    def __init__(self, connection: Connection, host: Host) -> None:
        """The adapter is made for it."""
        self._connection = connection
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._backend = _ThisSession(connection, host)
        module = adapter_module()
        self._at_once: frozenset[str] = module.AT_ONCE
        self._adapter = module.Adapter(self._send, self._backend, connection.finish)
        threading.Thread(target=self._run, name="dap reader", daemon=True).start()

    def is_urgent(self, message: Any) -> bool:
        """See ``server.connection.Dialect``."""
        return not isinstance(message, dict) or message.get("command") in self._at_once

    def received(self, message: Any) -> None:
        """See ``server.connection.Dialect``."""
        if isinstance(message, dict) and message.get("type") == "request":
            self._connection.begun()
        self._messages.put(message)

    def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "response":  # each request gets one
            self._connection.served()
        self._connection.send(message)

    def closed(self) -> None:
        """See ``server.connection.Dialect``."""
        self._messages.put(None)

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            try:
                self._adapter.receive(message)
            except ProtocolError:
                self._connection.finish()
        self._adapter.close()
        self._backend.close()


class _ThisSession:
    """Implements ``pydelve_dap.adapter.Backend``."""

    def __init__(self, connection: Connection, host: Host) -> None:
        self._connection = connection
        self._host = host
        self._session: Client | None = None

    has_session = True

    def session(self, target: int) -> Client:
        """Hears events from its first use on: who may not attach, or does not, collects none."""
        if self._session is None:
            self._session = Client(SharedPipe(self._host, target))
        return self._session

    def share(self) -> str:
        return ""

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def launch(self, options: LaunchOptions, target: int) -> Client:
        raise _has_its_program()

    def terminal(self) -> Offer:
        raise _has_its_program()

    def attach(self, options: AttachOptions | CoreOptions, target: int) -> Client:
        return self.session(target)

    def connect(self, address: str, token: str, target: int) -> Client:
        return self.session(target)

    def find(self, pattern: str) -> int:
        return 0

    def admit(self, token: str) -> bool:
        return self._connection.admit(token)


def _has_its_program() -> UnsupportedError:
    return UnsupportedError(
        "this session has its program", why="it was started with --headless", hint='"request": "attach"'
    )
