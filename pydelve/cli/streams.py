"""The program's three standard streams: its pseudo-terminal, files, or pydelve's own. Owns the descriptors it opens."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from pydelve.errors import UsageError

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class Streams:
    """Descriptors for ``LaunchOptions``; -1 is "as pydelve's own".

    Args:
        redirects: File by stream name.
        terminal_fd: The program's side of its pseudo-terminal; -1 where it has none. Its standard input is then empty
            (``/dev/null``): pydelve reads commands from its own.

    Raises:
        UsageError: a file can't be opened.
    """

    def __init__(self, redirects: Mapping[str, str], *, terminal_fd: int = -1) -> None:
        self._opened: list[int] = []
        self._written: dict[tuple[int, int], int] = {}
        try:
            self.stdin_fd = self._open("stdin", redirects, terminal_fd)
            self.stdout_fd = self._open("stdout", redirects, terminal_fd)
            self.stderr_fd = self._open("stderr", redirects, terminal_fd)
        except BaseException:
            self.close()
            raise
        self.terminal = terminal_fd >= 0 and terminal_fd in {self.stdin_fd, self.stdout_fd, self.stderr_fd}

    def rewind(self) -> None:
        """Before a restart: the program reads its input from the start again, and writes over its output."""
        for fd in self._opened:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                os.lseek(fd, 0, os.SEEK_SET)
                if fd != self.stdin_fd:
                    os.ftruncate(fd, 0)

    def close(self) -> None:
        """Close what was opened. May be called twice."""
        while self._opened:
            os.close(self._opened.pop())

    def _open(self, stream: str, redirects: Mapping[str, str], terminal_fd: int) -> int:
        path = redirects.get(stream, "")
        if not path:
            if terminal_fd >= 0:
                return terminal_fd
            if stream != "stdin":
                return -1
            path = os.devnull
        flags = os.O_RDONLY if stream == "stdin" else _WRITE
        try:
            fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOCTTY, 0o666)
        except OSError as error:
            raise UsageError(
                f"{stream} can't be connected to {path}",
                why=os.strerror(error.errno or 0),
                hint=f"--redirect {stream}:FILE",
            ) from error
        if stream != "stdin":
            status = os.fstat(fd)
            key = (status.st_dev, status.st_ino)
            if key in self._written:
                # Both in one file share one position, as the shell's 2>&1 does, or they would overwrite each other.
                os.close(fd)
                return self._written[key]
            self._written[key] = fd
        self._opened.append(fd)
        return fd
