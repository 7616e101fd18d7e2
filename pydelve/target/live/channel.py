"""The debugger's ends of the two sockets to an agent: framing, and the settling of a stop. See ``agent.protocol``, ``agent.gil``."""

from __future__ import annotations

import array
import fcntl
import socket
import termios
import time
from collections.abc import Iterator
from typing import Any

from pydelve.agent import protocol
from pydelve.errors import ProtocolError, TargetGoneError
from pydelve.target.live import wire

_LONG_INTERVAL_US = 1_000_000_000
_SLACK_S = 0.001  # a waiting thread's timed wait ends a little after its interval
_CONSUME_LIMIT_S = 5.0
_RECEIVE_BYTES = 1 << 18


class Channel:
    """One socket: whole messages in, whole messages out. Blocking writes, reads only when the engine's loop says so."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = bytearray()
        self.closed = False

    def fileno(self) -> int:
        """For the loop."""
        return self.socket.fileno()

    def send(self, message: tuple[int, str, dict[str, Any]]) -> None:
        """Send one message.

        Raises:
            TargetGoneError: the other end is closed.
        """
        self._write(protocol.pack(message))

    def _write(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise TargetGoneError("the target's agent is gone", why=str(error), hint="restart") from error

    def receive(self) -> Iterator[Any]:
        """The messages that are here now; sets ``closed`` at the end of the stream.

        Raises:
            ProtocolError: a message is too large or malformed.
        """
        while not self.closed:
            try:
                data = self.socket.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.closed = True
            self._buffer += data
            yield from self._messages()

    def _messages(self) -> Iterator[Any]:
        while len(self._buffer) >= protocol.HEADER_BYTES:
            size = int.from_bytes(self._buffer[: protocol.HEADER_BYTES], "little")
            if size > protocol.MAX_MESSAGE_BYTES:
                raise ProtocolError("a message of the agent is too large", why=f"it announces {size} bytes")
            end = protocol.HEADER_BYTES + size
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[protocol.HEADER_BYTES : end])
            del self._buffer[:end]
            yield wire.decode(body)

    def close(self) -> None:
        """Close the socket."""
        self.closed = True
        self.socket.close()


class HoldChannel(Channel):
    """The socket of the thread that is stopped: each message carries the zeros that keep the GIL held."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.flag_size = 0
        self._quiet_at = 0.0

    def settle(self, interval_us: int, others: bool) -> None:
        """Make a stop exact: returns once the stopped thread is inside the one call that holds the GIL.

        It sends the long switch interval, waits until the kernel has handed it over (then nothing else of Python runs), and
        notes from when on a request may be sent: threads that began to wait before can ask for the GIL until then.
        """
        self._write(_LONG_INTERVAL_US.to_bytes(8, "little"))
        deadline = time.monotonic() + _CONSUME_LIMIT_S
        pause = 0.00002
        while self._unread() and time.monotonic() < deadline:  # usually none: a few microseconds of the other side
            time.sleep(pause)
            pause = min(pause * 2, 0.001)
        self._quiet_at = time.monotonic() + (interval_us / 1e6 * 1.2 + _SLACK_S if others else 0)

    def _unread(self) -> int:
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, waiting)
        except OSError:
            return 0
        return waiting[0]

    def send(self, message: tuple[int, str, dict[str, Any]]) -> None:
        """Send one message to the stopped thread, not before the stop has settled."""
        delay = self._quiet_at - time.monotonic()
        if delay > 0 and message[1] != protocol.RUN:  # to run on, the world need not stand still
            time.sleep(delay)
        data = protocol.pack(message)
        zeros = bytes(self.flag_size)
        self._write(data[: protocol.HEADER_BYTES] + zeros + data[protocol.HEADER_BYTES :] + zeros)
