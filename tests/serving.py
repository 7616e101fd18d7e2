"""A session that listens, inside the test's process, on a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from types import TracebackType
from typing import Self

from pydelve.api.attach import AttachOptions
from pydelve.api.launch import LaunchOptions
from pydelve.client.connection import SocketTransport
from pydelve.rpc.addresses import Address
from pydelve.server.host import Host
from pydelve.server.listening import Server
from pydelve.server.outbox import Limits
from pydelve.server.output import CapturedOutput

LIMIT_S = 20.0
TOKEN = "a token of the tests"


class Serving:
    """A session, its server on a thread of its own, and where to connect. A context manager.

    Args:
        tcp: Listen on a port, with ``TOKEN``.
        stays: As ``--accept-multiclient``.
    """

    def __init__(
        self,
        options: LaunchOptions | AttachOptions,
        *,
        tcp: bool = False,
        stays: bool = False,
        output: CapturedOutput | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._folder = tempfile.mkdtemp(prefix="pydelve-test-")
        listener = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
        self.why = ""
        """Why it was over."""
        try:
            self.address = _listen(listener, self._folder, tcp=tcp)
            self.host = Host(options, output)
        except BaseException:
            listener.close()
            shutil.rmtree(self._folder)
            raise
        self._output = output
        self._server = Server(self.host, listener, token=TOKEN if tcp else "", stays=stays, limits=limits)
        self._thread = threading.Thread(target=self._run, name="test server")
        self._thread.start()
        try:
            self.host.start()
        except BaseException:
            self.close()
            raise

    def _run(self) -> None:
        self.why = self._server.run()

    def connect(self, token: str = TOKEN) -> SocketTransport:
        """A new client."""
        return SocketTransport(self.address, token)

    def socket(self) -> socket.socket:
        """A bare connection."""
        made = socket.socket(socket.AF_UNIX if self.address.path else socket.AF_INET)
        made.settimeout(LIMIT_S)
        made.connect(self.address.path or (self.address.host, self.address.port))
        return made

    def wait_over(self) -> str:
        """Wait until the session is over; why it is."""
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()
        return self.why

    def close(self) -> None:
        """End it. May be called twice."""
        self._server.end("the test is over")
        self._thread.join()
        if self._output is not None:
            self._output.close()
            self._output = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ServedTransport(SocketTransport):
    """The only client of a session, which ends with it."""

    def __init__(self, serving: Serving) -> None:
        super().__init__(serving.address, TOKEN)
        self._serving = serving

    def close(self) -> None:
        super().close()
        self._serving.wait_over()
        self._serving.close()


def serve_and_connect(options: LaunchOptions) -> ServedTransport:
    """A session that was just started, over a socket."""
    return ServedTransport(Serving(options))


def _listen(listener: socket.socket, folder: str, *, tcp: bool) -> Address:
    if tcp:
        listener.bind(("127.0.0.1", 0))
        address = Address(host="127.0.0.1", port=listener.getsockname()[1])
    else:
        address = Address(path=os.path.join(folder, "socket"))
        listener.bind(address.path)
    listener.listen(128)
    return address
