"""A process as an object of the kernel's: ending it, and how it ended. Our own child, or anybody's. Engine's thread."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import time
from typing import Protocol

from pydelve.api.target import ExitStatus
from pydelve.target.live.channel import Channel, HoldChannel
from pydelve.target.live.ptrace import Tracer

_left: list[subprocess.Popen[bytes]] = []  # children that run on without us: ours to reap all the same
_GET_INFO = 0xC0000000 | 72 << 16 | 0xFF << 8 | 11  # _IOWR(0xFF, 11, struct pidfd_info): linux/pidfd.h
_END_LIMIT_S = 5.0
_ATTEND_EVERY_S = 0.01
_INFO_BYTES, _INFO_EXIT, _EXIT_CODE_AT = 72, 8, 60


class Handle(Protocol):
    """A process that runs or has ended."""

    pid: int
    pidfd: int
    """Readable once it has ended."""

    def kill(self) -> None:
        """Kill it; :func:`end` waits until it is gone."""
        ...

    def wait(self, timeout_s: float | None) -> bool:
        """Has it ended within the time?"""
        ...

    def status(self) -> int | None:
        """Its exit status once it has ended; less than 0: killed by that signal; None where it can't be known."""
        ...

    def leave(self) -> None:
        """It runs on without us, if it does."""
        ...


class Child:
    """A process that we started."""

    def __init__(self, popen: subprocess.Popen[bytes], pidfd: int) -> None:
        self.pid, self.pidfd = popen.pid, pidfd
        self._popen = popen

    def kill(self) -> None:
        """See ``Handle``."""
        with contextlib.suppress(ProcessLookupError):  # not by Popen, which looks first: see wait()
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def wait(self, timeout_s: float | None) -> bool:
        """See ``Handle``."""
        # not by Popen's own limit: it would take the stop of a thread that we hold for the end
        if self._popen.returncode is None and not _readable(self.pidfd, timeout_s):
            return False
        self._popen.wait()
        return True

    def status(self) -> int | None:
        """See ``Handle``."""
        return self._popen.returncode

    def leave(self) -> None:
        """See ``Handle``; it is reaped when another one is started, or by our parent."""
        if self._popen.poll() is None:
            _left.append(self._popen)


def reap_left() -> None:
    """Take note of the children that have ended since they were left."""
    _left[:] = [popen for popen in _left if popen.poll() is None]


class Stranger:
    """A process that somebody else started."""

    def __init__(self, pid: int, pidfd: int) -> None:
        self.pid, self.pidfd = pid, pidfd
        self._status: int | None = None
        self._ended = False

    def kill(self) -> None:
        """See ``Handle``."""
        self.send(signal.SIGKILL)

    def send(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def wait(self, timeout_s: float | None) -> bool:
        """See ``Handle``."""
        if not self._ended and _readable(self.pidfd, timeout_s):
            self._ended, self._status = True, self._ask()
        return self._ended

    def status(self) -> int | None:
        """See ``Handle``; known from Linux 6.15 on, and before as long as nobody has reaped it."""
        return self._status

    def _ask(self) -> int | None:
        code = _exit_code(self.pidfd)
        if code is None:  # nobody has reaped it yet, or somebody is just doing that
            code = _zombie_code(self.pid)
        if code is None:
            code = _exit_code(self.pidfd)
        return None if code is None else os.waitstatus_to_exitcode(code)

    def leave(self) -> None:
        """See ``Handle``."""


class Reached:
    """A process with an agent in it: our ends of its sockets."""

    def __init__(
        self, handle: Handle, argv: tuple[str, ...], link: Channel, hold: HoldChannel, *, launched: bool, cwd: str = "",
        tracer: Tracer | None = None,
    ) -> None:  # fmt: skip
        self.handle = handle
        self.tracer = tracer or Tracer(handle.pid)
        """Has let go of all threads, but may still wait for some (``Tracer.attend``)."""
        self.argv = argv
        self.link = link
        self.hold = hold
        self.launched = launched
        self.cwd = cwd
        """Its folder; "" for the launcher's own."""

    def close(self) -> None:
        """Have nothing to do with it: its agent leaves."""
        self.link.close()
        self.hold.close()
        os.close(self.handle.pidfd)


def to_status(code: int | None, clean: bool, told: bool = False) -> ExitStatus:
    """How a process ended, by ``Handle.status``; ``clean``: Python got to its own clean-up; else ``told``: the agent to
    the end of what it had to tell. Python itself ends by SIGINT, after its clean-up, where KeyboardInterrupt ends it.
    """
    if code is None:
        return ExitStatus("gone", 0, clean, told=told)
    if code < 0:
        return ExitStatus("killed", -code, False, told=told or clean)
    return ExitStatus("exited", code, clean, told=told)


def end(handle: Handle, tracer: Tracer) -> tuple[str, str, str] | None:
    """Kill a process, and wait until it is gone; where that takes too long, gives a notice's words.

    ``tracer`` holds its threads, or did: until it takes note of their ends, nobody hears of the process's.
    """
    handle.kill()
    tracer.release()
    deadline = time.monotonic() + _END_LIMIT_S
    while not handle.wait(_ATTEND_EVERY_S):
        tracer.attend()
        if time.monotonic() > deadline:
            return (
                f"process {handle.pid} was killed, and has not ended within {_END_LIMIT_S:g} s",
                "a thread of it is inside the kernel, where nothing interrupts it: it ends when that call does",
                f"cat /proc/{handle.pid}/task/*/wchan",
            )
    return None


def _readable(pidfd: int, timeout_s: float | None) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))


def _exit_code(pidfd: int) -> int | None:
    info = bytearray(_INFO_BYTES)
    struct.pack_into("<Q", info, 0, _INFO_EXIT)
    try:
        fcntl.ioctl(pidfd, _GET_INFO, info)
    except OSError:
        return None
    mask, code = struct.unpack_from("<Q", info, 0)[0], struct.unpack_from("<i", info, _EXIT_CODE_AT)[0]
    return code if mask & _INFO_EXIT else None


def _zombie_code(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b") ")[2].split()
    except OSError:
        return None
    return int(words[49]) if words and words[0] in (b"Z", b"X") else None
