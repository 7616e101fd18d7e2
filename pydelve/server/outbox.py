"""What is on its way to one client: bounded, sent as fast as the client reads, and never waited for. May be used by
any thread.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque

from pydelve.records import dataclass
from pydelve.rpc.framing import frame


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost."""

    authenticate_s: float = 10.0
    first_message_bytes: int = 64 * 1024
    message_bytes: int = 16 * 1024 * 1024
    behind_bytes: int = 4 * 1024 * 1024
    """More than this waiting for it makes it a client that is behind: the program's output is not read meanwhile."""
    behind_s: float = 5.0
    """How long it may be behind and take nothing."""
    waiting_bytes: int = 64 * 1024 * 1024
    last_words_s: float = 2.0
    """How long a client that is cut off, or a session that ends, has to read what it is still told."""
    requests: int = 64
    """Read but not served yet; with those that may be served at once, four times as many."""
    ahead_bytes: int = 1024 * 1024
    """Read beyond that, while it is looked for what may be served at once: an interruption, above all."""
    connections: int = 256


class Outbox:
    """Messages for one socket, which does not block."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        """The socket stays its owner's."""
        self._sock = sock
        self._limits = limits
        self._lock = threading.Lock()
        self._frames: deque[bytes] = deque()
        self._offset = 0
        """Bytes of the first one that were sent."""
        self._size = 0
        self._progress_s = time.monotonic()
        self._sealed = False
        self.broken = False
        """The client is gone."""

    @property
    def waiting(self) -> bool:
        """Is there something to send?"""
        return bool(self._frames) and not self.broken

    @property
    def behind(self) -> bool:
        """Is there too much to send?"""
        return self._size > self._limits.behind_bytes and not self.broken

    def put(self, body: bytes) -> bool:
        """Add a message and send what goes; False where the client has too much waiting for it."""
        with self._lock:
            if not (self._sealed or self.broken):
                self._add(frame(body))
            return self._size <= self._limits.waiting_bytes

    def seal(self, last: bytes | None = None) -> None:
        """Take no more; with ``last`` leave out what was not begun, and send that instead."""
        with self._lock:
            if self._sealed:
                return
            if last is not None:
                begun = self._frames[0] if self._frames and self._offset else None
                self._frames.clear()
                self._size = 0
                if begun is not None:
                    self._frames.append(begun)
                    self._size = len(begun) - self._offset
                self._add(frame(last))
            self._sealed = True

    def send(self) -> None:
        """Send what goes."""
        with self._lock:
            self._send()

    def stalled_at(self) -> float:
        """When it will have been behind for too long, in monotonic time."""
        return self._progress_s + self._limits.behind_s

    def _add(self, data: bytes) -> None:
        if not self._frames:
            self._progress_s = time.monotonic()
        self._frames.append(data)
        self._size += len(data)
        if len(self._frames) == 1:
            self._send()

    def _send(self) -> None:
        while self._frames and not self.broken:
            try:
                sent = self._sock.send(memoryview(self._frames[0])[self._offset :])
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.broken = True
                return
            self._progress_s = time.monotonic()
            self._offset += sent
            self._size -= sent
            if self._offset == len(self._frames[0]):
                self._frames.popleft()
                self._offset = 0
