"""Where children of targets call: a listening socket that has no file, and two connections for each child.

Who calls is known from the kernel. Engine's thread only; nothing here blocks. See docs/internals/children.md, and
``agent/children/dialing.py`` for the other end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterable

from pydelve.agent import protocol
from pydelve.records import dataclass
from pydelve.target.interface import Waiter
from pydelve.target.live.channel import Channel, HoldChannel
from pydelve.target.live.handle import Reached, Stranger
from pydelve.target.live.surroundings import command_of, folder_of

_BACKLOG = 1024
_PATIENCE_S = 10.0
_CREDENTIALS = struct.Struct("3i")  # struct ucred
_log = logging.getLogger("pydelve.engine")


@dataclass(frozen=True, slots=True)
class Caller:
    """A child that has called."""

    reached: Reached
    ancestors: tuple[int, ...]
    """Pids of its parent, and of that one's parent, and so on, as the kernel tells them now."""


class Door:
    """Open from the start to :meth:`close`."""

    def __init__(self, waiter: Waiter, on_call: Callable[[Caller], None], parents: Callable[[], Iterable[int]]) -> None:
        """``on_call`` takes over each child that calls; it is not to ask the child anything at once. ``parents`` gives
        the pids of those whose children may call: they may run as other users, where we are root.
        """
        self._waiter, self._on_call, self._parents = waiter, on_call, parents
        self.name = f"pydelve-{os.getpid()}-{os.urandom(8).hex()}"
        """In the kernel's abstract namespace."""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"\0{self.name}")
        self._listening.listen(_BACKLOG)
        self._listening.setblocking(False)
        self._waiting: dict[int, tuple[int, socket.socket]] = {}
        """Connections that have not said what they are, by descriptor, with the pid."""
        self._holds: dict[int, socket.socket] = {}
        """By pid: whose other connection is to come."""
        waiter.watch(self._listening.fileno(), self._accept)

    def close(self) -> None:
        """Nobody is heard any more; may be called twice."""
        if self._listening.fileno() >= 0:
            self._waiter.unwatch(self._listening.fileno())
        self._listening.close()
        for _, connection in self._waiting.values():
            self._waiter.unwatch(connection.fileno())
            connection.close()
        for connection in self._holds.values():
            connection.close()
        self._waiting.clear()
        self._holds.clear()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # nobody else is there, or has gone again
                return
            pid, uid, _ = _CREDENTIALS.unpack(
                connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            )
            if uid not in (0, os.geteuid()) and not any(_user_of(parent) == uid for parent in self._parents()):
                _log.warning("process %d of user %d called, which is not ours", pid, uid)
                connection.close()
                continue
            connection.setblocking(False)
            fd = connection.fileno()
            self._waiting[fd] = pid, connection
            self._waiter.watch(fd, lambda fd=fd: self._hear(fd))  # type: ignore[misc]
            self._waiter.after(_PATIENCE_S, lambda fd=fd, late=connection: self._give_up(fd, late))  # type: ignore[misc]

    def _hear(self, fd: int) -> None:
        pid, connection = self._waiting.pop(fd)
        self._waiter.unwatch(fd)
        kind = b""
        with contextlib.suppress(OSError):
            kind = connection.recv(1)
        if kind not in (protocol.AS_LINK, protocol.AS_HOLD):
            connection.close()
            return
        connection.setblocking(True)
        if kind == protocol.AS_HOLD:
            if before := self._holds.pop(pid, None):
                before.close()
            self._holds[pid] = connection
            self._waiter.after(_PATIENCE_S, lambda: self._forget(pid, connection))
            return
        hold = self._holds.pop(pid, None)
        if hold is None:
            connection.close()
            return
        self._take(pid, connection, hold)

    def _take(self, pid: int, link: socket.socket, hold: socket.socket) -> None:
        try:
            handle = Stranger(pid, os.pidfd_open(pid))
        except OSError:
            link.close()
            hold.close()
            return
        reached = Reached(
            handle, command_of(pid), Channel(link), HoldChannel(hold), launched=False, cwd=folder_of(pid)
        )  # fmt: skip
        self._on_call(Caller(reached, ancestors_of(pid)))

    def _give_up(self, fd: int, late: socket.socket) -> None:
        pid, connection = self._waiting.get(fd, (0, None))
        if connection is late:
            _log.warning("process %d called and said nothing", pid)
            del self._waiting[fd]
            self._waiter.unwatch(fd)
            late.close()

    def _forget(self, pid: int, late: socket.socket) -> None:
        if self._holds.get(pid) is late:
            del self._holds[pid]
            late.close()


def _user_of(pid: int) -> int:
    """The effective user of a process; -1 where it is gone."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            if line.startswith(b"Uid:"):
                return int(line.split()[2])
    return -1


def ancestors_of(pid: int) -> tuple[int, ...]:
    """Its parent's pid, and that one's parent's, and so on, as the kernel tells them now."""
    found: list[int] = []
    while (pid := _parent_of(pid)) > 1 and pid not in found:
        found.append(pid)
    return tuple(found)


def _parent_of(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b") ")[2].split()[1])
    return 0
