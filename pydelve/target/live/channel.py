"""The debugger's ends of the two sockets to an agent: framing, and the settling of a stop. See ``agent.protocol``,
``agent.gil``.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import termios
import time
from collections.abc import Iterator
from typing import Any

from pydelve.agent import protocol
from pydelve.errors import ProtocolError, TargetGoneError
from pydelve.target.live import wire
from pydelve.target.live.kernel import thread_states

_SLACK_S = 0.001  # a waiting thread's timed wait ends a little after its interval
_CONSUME_LIMIT_S = 5.0
_LATE_LIMIT_S = 1.0
_ASKED_AFTER_NS = 1_000_000  # of running: whoever waited for the GIL has asked for it long before
_QUIET_LIMIT_S = 1.0  # however long the program's own switch interval is: a request has a limit
_OURS_AND_MAIN = 2  # threads that a program without threads of its own has
_RECEIVE_BYTES = 1 << 18


class Channel:
    """One socket: whole messages in, whole messages out.

    Neither waits, as nobody reads while C code keeps the interpreter: what is not taken at once ``waits`` for
    :meth:`flush`, and reads come only when the engine's loop says so.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = bytearray()
        self._unsent = bytearray()
        self.closed = False

    def fileno(self) -> int:
        """For the loop."""
        return self.socket.fileno()

    def send(self, message: tuple[int, str, dict[str, Any]]) -> None:
        """Send one message, now or as soon as what is before it was taken.

        Raises:
            TargetGoneError: the other end is closed.
        """
        self._unsent += protocol.pack(message)
        self.flush()

    @property
    def waits(self) -> bool:
        """Is there something that was not taken yet?"""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what waits, as far as it is taken now.

        Raises:
            TargetGoneError: the other end is closed.
        """
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(self._unsent, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            return
        except OSError as error:
            self._unsent.clear()
            raise _gone(error) from error

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
    """The socket of the thread that is stopped: each message says which switch interval counts from there on.

    Writes wait: that thread does nothing but read, and what was not read is what :meth:`settle` waits for.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.pid = 0
        """The target's, once known: its threads are looked at in ``/proc``."""
        self._interval_us = 0
        self._quiet_at = 0.0
        self._late: dict[int, int] = {}
        self._others = False
        self.free_threaded = False
        """There is no GIL that anybody could ask for."""
        self.loose = False
        """Others run on while nothing is asked: each message begins with what makes them stand."""

    def settle(self, interval_us: int, others: bool) -> None:
        """Make a stop exact: returns once the stopped thread is inside the one call that holds the GIL.

        It sends the long switch interval, waits until the kernel has handed it over (then nothing else of Python runs),
        and notes from when on a request may be sent: threads that began to wait before can ask for the GIL until then.

        Args:
            interval_us: The program's own switch interval.
            others: False where the program is known to have no other thread.
        """
        self._interval_us, self._others = interval_us, others
        if not self.loose:
            self._settle(others)

    def _settle(self, others: bool) -> None:
        self._write(_interval(protocol.LONG_INTERVAL_US))
        if self.free_threaded:
            return
        deadline = time.monotonic() + _CONSUME_LIMIT_S
        pause = 0.00002
        while self._unread() and time.monotonic() < deadline:  # usually none: a few microseconds of the other side
            time.sleep(pause)
            pause = min(pause * 2, 0.001)
        states = thread_states(self.pid)
        others = others or len(states) > _OURS_AND_MAIN
        self._late = _run_times(self.pid, states) if others else {}
        self._quiet_at = time.monotonic() + self._patience_s() if others else 0.0

    def _patience_s(self) -> float:
        """How long a thread waits for the GIL with the program's own interval before it asks for it."""
        return min(self._interval_us / 1e6 * 1.2 + _SLACK_S, _QUIET_LIMIT_S)

    def _unread(self) -> int:
        waiting = array.array("i", [0])
        try:
            fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, waiting)
        except OSError:
            return 0
        return waiting[0]

    def send(self, message: tuple[int, str, dict[str, Any]]) -> None:
        """Send one message to the stopped thread, not before the stop has settled."""
        moving = message[1] in protocol.MOVING and not message[2].get("freezes")
        if self.loose and moving:
            self._write(_interval(self._interval_us))
        elif self.loose:
            self._settle(self._others)
        if self._quiet_at and not moving:  # where all of the program is to run, the world need not stand still
            self._wait_until_quiet()
        data = protocol.pack(message)
        # Where this was not waited for, a thread may still ask for the GIL between header and body. The stopped one
        # must get it back then: the program's own interval counts from the header on.
        then = _interval(self._interval_us if moving else protocol.LONG_INTERVAL_US)
        self._write(data[: protocol.HEADER_BYTES] + then + data[protocol.HEADER_BYTES :] + then)

    def _write(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise _gone(error) from error

    def _wait_until_quiet(self) -> None:
        """Until every thread that began to wait with the program's own interval has asked for the GIL, and waits anew.

        On a busy machine such a thread may be late at either end of its wait: it is runnable then, and does not run.
        """
        if self._late:  # with the interval read, but its wait not begun, when the stop began
            self._wait_for_late(self._late)
            self._quiet_at = time.monotonic() + self._patience_s()
        time.sleep(max(0.0, self._quiet_at - time.monotonic()))
        self._wait_for_late(_run_times(self.pid, thread_states(self.pid)))  # with its wait over, but not having asked
        self._quiet_at = 0.0

    def _wait_for_late(self, ran: dict[int, int]) -> None:
        """Until these threads have got as far as their next wait, or have run, so are in C code without the GIL."""
        deadline = time.monotonic() + _LATE_LIMIT_S
        while ran and time.monotonic() < deadline:
            runnable = _run_times(self.pid, thread_states(self.pid))
            ran = {
                thread: before
                for thread, before in ran.items()
                if thread in runnable and runnable[thread] - before < _ASKED_AFTER_NS
            }
            time.sleep(0.0002 if ran else 0)


def _gone(error: OSError) -> TargetGoneError:
    return TargetGoneError("the target's agent is gone", why=str(error), hint="restart")


def _interval(microseconds: int) -> bytes:
    return microseconds.to_bytes(protocol.INTERVAL_BYTES, "little")


def _run_times(pid: int, states: dict[int, str]) -> dict[int, int]:
    """Nanoseconds that each runnable thread has run for; more at each call where the kernel does not say."""
    found = {}
    for thread, state in states.items():
        if state == "R":
            found[thread] = time.monotonic_ns()
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                    found[thread] = int(file.read().split()[0])
    return found
