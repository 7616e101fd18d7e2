"""Editors that connect to a session's own socket: the Debug Adapter Protocol beside JSON-RPC."""

from __future__ import annotations

import queue
import threading
from typing import Any

from pydelve.api.attach import AttachOptions, CoreOptions
from pydelve.api.launch import LaunchOptions
from pydelve.cli.dap import adapter_module
from pydelve.cli.lending import Offer
from pydelve.client import Client
from pydelve.errors import ProtocolError, UnsupportedError
from pydelve.server.connection import Connection
from pydelve.server.host import Host
from pydelve.server.pipe import SharedPipe


class EditorDialect:
    """One editor. Its messages are taken by a thread of its own: the server's must not wait for the debugger."""

    def __init__(self, connection: Connection, host: Host) -> None:
        """The adapter is made for it."""
        self._connection = connection
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._backend = _ThisSession(connection, host)
        self._adapter = adapter_module().Adapter(connection.send, self._backend, connection.finish)
        threading.Thread(target=self._run, name="dap reader", daemon=True).start()

    def received(self, message: Any) -> None:
        """See ``server.connection.Dialect``."""
        self._messages.put(message)

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
        self._backend.session.close()


class _ThisSession:
    """Implements ``pydelve_dap.adapter.Backend``."""

    def __init__(self, connection: Connection, host: Host) -> None:
        self._connection = connection
        self.session = Client(SharedPipe(host))

    def launch(self, options: LaunchOptions) -> Client:
        raise UnsupportedError(
            "this session has its program", why="it was started with --headless", hint='"request": "attach"'
        )

    def terminal(self) -> Offer:
        return Offer()

    def attach(self, options: AttachOptions | CoreOptions) -> Client:
        return self.session

    def connect(self, address: str, token: str) -> Client:
        return self.session

    def find(self, pattern: str) -> int:
        return 0

    def admit(self, token: str) -> bool:
        return self._connection.admit(token)
