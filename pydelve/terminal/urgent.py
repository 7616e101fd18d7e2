"""Requests that can't wait for their turn: Halt and Interrupt on Ctrl-C, sent by a thread of their own.

A handler of SIGINT runs in the main thread in the middle of whatever that does, a call of the same client included: it
must not call it again. It puts the request here; one daemon thread sends it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from pydelve.api.requests import Request
from pydelve.client import Client
from pydelve.errors import PydelveError

_AGAIN_S = 0.25
_log = logging.getLogger(__name__)


class UrgentSender:
    """Sends requests in order, from its thread ``pydelve-urgent``, which starts with the first."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: SimpleQueue[tuple[Request[Any], Callable[[], bool]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pause = threading.Event()  # never set

    def send(self, request: Request[Any], again_while: Callable[[], bool] = lambda: False) -> None:
        """Send soon; returns at once. Safe in a signal handler (``SimpleQueue.put`` is reentrant).

        Args:
            request: What to send.
            again_while: Sent every quarter of a second while this is true: what it is to interrupt may not have begun
                when it came first.
        """
        self._queue.put((request, again_while))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pydelve-urgent", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            request, again_while = self._queue.get()
            self._call(request)
            while again_while():
                self._pause.wait(_AGAIN_S)
                if again_while():
                    self._call(request)

    def _call(self, request: Request[Any]) -> None:
        try:
            self._client.call(request)
        except PydelveError as error:
            # Nothing to halt or to interrupt any more: what the user wanted has happened by itself.
            _log.info("%s was refused: %s", type(request).__name__, error)
