"""The processes that a process has started, and theirs, as the kernel lists them."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pydelve.errors import PydelveError
from pydelve.target.live.memory import find_runtime
from pydelve.target.live.ptrace import thread_ids

_BEGAN_AT = 19  # of the words after the command in /proc/PID/stat
_MOST = 10_000
_PATIENCE_S = 1.0
_HELPER = b"from multiprocessing.resource_tracker import "


def children_of(pid: int) -> list[int]:
    """Their pids: each one's before its own children's, in the order in which they were started."""
    found: list[int] = []
    todo = _direct(pid)
    while todo and len(found) < _MOST:
        child = todo.pop(0)
        if child not in found:
            found.append(child)
            todo = _direct(child) + todo
    return found


def python_children_of(pid: int) -> list[int]:
    """Those among them that are CPython, as far as we may look into them; without multiprocessing's own helper."""
    found = []
    for child in children_of(pid):
        if _HELPER not in _read(child, "cmdline"):
            with suppress(PydelveError):
                find_runtime(child, None)
                found.append(child)
    return found


class Uncalled:
    """What a process has started that is to call a door and has not yet: forked ones, and Pythons given its name."""

    def __init__(self, pid: int, door: str, called: set[int]) -> None:
        """``called``: pids of those that are known. What there is now counts, not what is started later."""
        self._fds: list[int] = []
        mark = b"\0PYDELVE_LAUNCH=@" + door.encode("ascii") + b","
        told = {pid: _read(pid, "cmdline")}
        for child in children_of(pid):
            told[child] = words = _read(child, "cmdline")
            if child in called or (mark not in b"\0" + _read(child, "environ") and told.get(_parent(child)) != words):
                continue
            with suppress(OSError):  # it has ended
                self._fds.append(os.pidfd_open(child))

    def kill(self) -> None:
        """Once; waits for a moment until they have ended."""
        for fd in self._fds:
            with suppress(OSError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE_S
        for fd in self._fds:
            ends = select.poll()
            ends.register(fd, select.POLLIN)
            ends.poll(max(0.0, deadline - time.monotonic()) * 1000)
            os.close(fd)
        self._fds.clear()


def about_to_call(door: str, called: Mapping[int, Sequence[str]]) -> int:
    """How many processes are there, whosever children they are by now, that are to call a door and have not yet:
    Pythons given its name, and what looks as if it had just been forked from one of those that have called.

    Args:
        door: Its name.
        called: Arguments of those that have, by their pids.
    """
    mark = b"\0PYDELVE_LAUNCH=@" + door.encode("ascii") + b","
    since = _began(os.getpid())
    words = {tuple(map(os.fsencode, each)) for each in called.values()}
    count = 0
    for entry in os.listdir("/proc"):
        pid = int(entry) if entry.isdecimal() else 0
        if not pid or pid in called or not (line := _read(pid, "cmdline")):
            continue
        command = line.removesuffix(b"\0").split(b"\0")
        if mark in b"\0" + _read(pid, "environ"):
            count += (b"python" in command[0] or command[0].endswith(b"sh")) and _HELPER not in line
        else:
            count += tuple(command[1:]) in words and _began(pid) > since and pid != os.getpid()
    return count


def _began(pid: int) -> int:
    """When a process did, in the kernel's ticks."""
    words = _read(pid, "stat").rpartition(b") ")[2].split()
    return int(words[_BEGAN_AT]) if len(words) > _BEGAN_AT else 0


def _read(pid: int, name: str) -> bytes:
    with suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()
    return b""


def _parent(pid: int) -> int:
    words = _read(pid, "stat").rpartition(b") ")[2].split()
    return int(words[1]) if len(words) > 1 else 0


def _direct(pid: int) -> list[int]:
    pids: set[int] = set()
    for native_id in thread_ids(pid):
        with suppress(OSError), open(f"/proc/{pid}/task/{native_id}/children", "rb") as file:
            pids.update(map(int, file.read().split()))
    return sorted(pids)
