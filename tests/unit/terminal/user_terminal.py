"""A pseudo-terminal that stands in for the user's terminal, and the person at it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

R = TypeVar("R")

DEADLINE_S = 20.0
HOST = Path(__file__).with_name("console_host.py")
CONTROLLING = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"


def start_child(code: str, terminal_fd: int, *words: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start Python with a terminal as its controlling one, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", CONTROLLING + code, *words],
        stdin=terminal_fd,
        stdout=terminal_fd,
        stderr=terminal_fd,
        start_new_session=True,
        pass_fds=pass_fds,
    )


class UserTerminal:
    """What the person sees and types: ``fd`` is pydelve's side."""

    def __init__(self) -> None:
        self._master_fd, self.fd = pty.openpty()
        self.resize(31, 77)
        self._seen = b""
        self.first_modes = self.modes()

    def resize(self, rows: int, columns: int) -> None:
        termios.tcsetwinsize(self.fd, (rows, columns))

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self.fd)

    def type(self, keys: bytes) -> None:
        while keys:
            keys = keys[os.write(self._master_fd, keys) :]

    def expect(self, text: bytes) -> bytes:
        """Read up to and with ``text``; everything since the last call."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self._seen:
            self._read(deadline, text)
        end = self._seen.index(text) + len(text)
        seen, self._seen = self._seen[:end], self._seen[end:]
        return seen

    def wait_raw(self) -> None:
        """Wait until pydelve proxies: what is typed before is echoed and cooked by this terminal."""
        wait_until(lambda: self.modes() != self.first_modes)

    def rest(self) -> bytes:
        """Everything that is there now."""
        while select.select([self._master_fd], [], [], 0)[0]:
            self._seen += os.read(self._master_fd, 65536)
        seen, self._seen = self._seen, b""
        return seen

    def _read(self, deadline: float, wanted: bytes) -> None:
        if not select.select([self._master_fd], [], [], max(0, deadline - time.monotonic()))[0]:
            raise TimeoutError(f"waited for {wanted!r}, saw {self._seen!r}")
        self._seen += os.read(self._master_fd, 65536)

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._master_fd)
        self._master_fd = -1

    def close(self) -> None:
        if self._master_fd >= 0:
            os.close(self._master_fd)
        os.close(self.fd)


def wait_until(condition: Callable[[], bool]) -> None:
    """For what the kernel announces by no descriptor: a mode, a process's name."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


@contextlib.contextmanager
def user_terminal() -> Iterator[UserTerminal]:
    user = UserTerminal()
    try:
        yield user
    finally:
        user.close()


def start_host(user: UserTerminal, how: str, code: str, *fds: int) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start ``console_host.py`` on the user's terminal, its controlling one; with the pids of keeper and program."""
    root = str(HOST.parents[3])
    start = CONTROLLING + "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    host = subprocess.Popen(
        [sys.executable, "-c", start, str(HOST), how, code, *map(str, fds)],
        stdin=user.fd,
        stdout=user.fd,
        stderr=user.fd,
        start_new_session=True,
        pass_fds=fds,
        env={**os.environ, "PYTHONPATH": root},
    )
    keeper, program = user.expect(b"\n").split()
    return host, int(keeper), int(program)


def with_person(person: Callable[[], object], doing: Callable[[], R], give_up: Callable[[], object]) -> R:
    """Do something while a person acts on another thread; ``give_up`` ends it where the person's part failed."""
    failures: list[BaseException] = []

    def act() -> None:
        try:
            person()
        except BaseException as failure:  # noqa: BLE001 - raised again below, on the test's thread
            failures.append(failure)
            give_up()

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    try:
        result = doing()
    finally:
        thread.join(DEADLINE_S)
    if failures:
        raise failures[0]
    assert not thread.is_alive()
    return result


def read_to_end(fd: int) -> bytes:
    """Everything from a pipe up to its end, within the deadline; closes it."""
    deadline = time.monotonic() + DEADLINE_S
    found = b""
    try:
        while True:
            if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"no end of the pipe; read {found!r}")
            data = os.read(fd, 65536)
            if not data:
                return found
            found += data
    finally:
        os.close(fd)
