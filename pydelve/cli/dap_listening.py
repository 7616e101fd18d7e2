"""``pydelve dap --listen``: serves editors that connect. Each has an adapter, and a program, of its own.

The main thread accepts; each editor has a thread that reads. What an editor does wrong ends its own connection only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import sys
import threading
from contextlib import ExitStack
from typing import Any

from pydelve.cli.dap import OwnSessions, adapter_module
from pydelve.cli.headless import listening, say_where, signals_to, token_for
from pydelve.cli.headless_options import Headless
from pydelve.errors import ProtocolError
from pydelve.rpc.codec import Mismatch, dumps, loads
from pydelve.rpc.framing import Deframer, frame
from pydelve.server.connection import same_token
from pydelve.server.listening import ACCEPT_AGAIN_S, NO_DESCRIPTORS, may_connect
from pydelve.server.outbox import Limits

_READ_BYTES = 65536
_log = logging.getLogger(__name__)


def run(headless: Headless) -> int:
    """Serve until the last editor has left, or a signal ends it; gives back pydelve's exit status.

    Raises:
        UsageError: the address can't be listened on.
    """
    with ExitStack() as cleanup:
        listener, address = listening(headless, cleanup)
        token = token_for(headless, address)
        server = EditorServer(listener, token, stays=headless.stays)
        with signals_to(server):
            say_where(headless, address, token)
            why = server.run()
    print(f"pydelve: {why}", file=sys.stderr, flush=True)
    return 0


class EditorServer:
    """A listening socket, and the editors that have connected."""

    def __init__(self, listener: socket.socket, token: str, *, stays: bool, limits: Limits | None = None) -> None:
        """``stays``: it goes on without editors. The socket stays its owner's."""
        self.limits = limits or Limits()
        self._listener = listener
        listener.setblocking(False)
        self._token = token
        self._stays = stays
        self._lock = threading.Lock()
        self._editors: set[_Editor] = set()
        self._why_end = ""
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    @property
    def wake_fd(self) -> int:
        """See ``headless.Ends``."""
        return self._wake_write

    def end(self, why: str) -> None:
        """See ``headless.Ends``."""
        self._why_end = self._why_end or why
        with contextlib.suppress(OSError):  # full of wakes already, or over
            os.write(self._wake_write, b"!")

    def run(self) -> str:
        """Accept until it is over; why it is."""
        try:
            while not self._why_end:
                ready, _, _ = select.select([self._listener.fileno(), self._wake_read], [], [])
                if self._listener.fileno() in ready:
                    self._accept()
        finally:
            with self._lock:
                left = list(self._editors)
            for editor in left:
                editor.hang_up()
            for editor in left:
                editor.thread.join()
            os.close(self._wake_read)
            wake, self._wake_write = self._wake_write, -1
            os.close(wake)
        return self._why_end

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError as error:  # it is gone already, or we have no descriptors left: whoever is there waits then
            if error.errno in NO_DESCRIPTORS:
                select.select([self._wake_read], [], [], ACCEPT_AGAIN_S)
            return
        with self._lock:
            if len(self._editors) >= self.limits.connections or not may_connect(sock):
                sock.close()
                return
            editor = _Editor(self, sock, "" if sock.family == socket.AF_UNIX else self._token)
            self._editors.add(editor)
        editor.thread.start()

    def left(self, editor: _Editor) -> None:
        """On the editor's thread, at its end."""
        with self._lock:
            self._editors.discard(editor)
            last = editor.joined and not any(each.joined for each in self._editors)
        if last and not self._stays:
            self.end("the last editor left")


class _Editor(OwnSessions):
    """One connection, and what its editor starts. Implements ``pydelve_dap.adapter.Backend``."""

    def __init__(self, server: EditorServer, sock: socket.socket, token: str) -> None:
        super().__init__()
        self.joined = False
        self.thread = threading.Thread(target=self._run, name="dap reader", daemon=True)
        self._server = server
        self._sock = sock
        self._token = token
        self._sending = threading.Lock()
        self._deframer = Deframer(server.limits.first_message_bytes)
        self._patience = threading.Timer(server.limits.authenticate_s, self._lose_patience)
        self._patience.daemon = True
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def admit(self, token: str) -> bool:
        """See ``Backend``: it comes with launch or attach."""
        if self._token and not same_token(token, self._token):
            _log.warning("an editor was refused, for its token")
            return False
        self.joined = True
        self._patience.cancel()
        self._deframer.max_message_bytes = self._server.limits.message_bytes
        return True

    def hang_up(self) -> None:
        """End the connection; from any thread."""
        with contextlib.suppress(OSError):  # it is gone already
            self._sock.shutdown(socket.SHUT_RDWR)

    def _lose_patience(self) -> None:
        if not self.joined:
            self.hang_up()

    def _run(self) -> None:
        adapter = adapter_module().Adapter(self._send, self, self.hang_up)
        self._patience.start()
        try:
            while data := self._sock.recv(_READ_BYTES):
                for body in self._deframer.feed(data):
                    adapter.receive(loads(body))
                    if not (self._token or self.joined):
                        self.admit("")
        except (ProtocolError, Mismatch, OSError) as error:
            _log.info("an editor's connection ended: %s", error)
        self._patience.cancel()
        adapter.close()
        adapter.join()
        self.close()
        with self._sending:
            self._sock.close()
        self._server.left(self)

    def _send(self, message: dict[str, Any]) -> None:
        data = frame(dumps(message))
        with self._sending, contextlib.suppress(OSError):  # it is gone: reading finds out, and ends the session
            self._sock.sendall(data)
