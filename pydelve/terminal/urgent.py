"""Requests that can't wait for their turn: Halt and Interrupt on Ctrl-C, sent by a thread of their own.

A handler of SIGINT runs in the main thread in the middle of whatever that does, a call of the same client included: it
must not call it again. It puts the request here; one daemon thread sends it.
"""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue
from typing import Any

from pydelve.api.requests import Request
from pydelve.client import Client
from pydelve.errors import PydelveError

_log = logging.getLogger(__name__)


class UrgentSender:
    """Sends requests in order, from its thread ``pydelve-urgent``, which starts with the first."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: SimpleQueue[Request[Any]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def send(self, request: Request[Any]) -> None:
        """Send soon; returns at once. Safe in a signal handler (``SimpleQueue.put`` is reentrant)."""
        self._queue.put(request)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pydelve-urgent", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            request = self._queue.get()
            try:
                self._client.call(request)
            except PydelveError as error:
                # Nothing to halt or to interrupt any more: what the user wanted has happened by itself.
                _log.info("%s was refused: %s", type(request).__name__, error)
