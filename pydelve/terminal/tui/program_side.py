"""The program's pseudo-terminal as the full-screen view has it: what is written there, what is typed for it.

``console`` owns the descriptors, and is the terminal in between where the program has the person's own. On the main
thread, in prompt-toolkit's loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from pydelve.terminal.console import ProgramConsole

_READ_BYTES = 16384
_AT_ONCE_BYTES = 1 << 20


class ProgramSide:
    """Reads and writes the program's terminal while a loop runs.

    Args:
        on_output: Takes what the program wrote.
    """

    def __init__(self, console: ProgramConsole, on_output: Callable[[bytes], None]) -> None:
        self._console = console
        self._on_output = on_output
        self._typed = bytearray()
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have what is written taken as it comes."""
        self._loop = loop
        if self._console.master_fd >= 0:
            loop.add_reader(self._console.master_fd, self._read)
            self._write()

    def pause(self) -> None:
        """Leave the terminal alone until it is watched again."""
        if self._loop is not None and self._console.master_fd >= 0:
            self._loop.remove_reader(self._console.master_fd)
            self._loop.remove_writer(self._console.master_fd)

    def read_all(self) -> None:
        """Take what was written so far; bounded, for children that write on."""
        left = _AT_ONCE_BYTES
        while left > 0 and (count := self._read()):
            left -= count

    def type(self, data: bytes) -> None:
        """Type for the program."""
        self._typed += data
        self._write()

    def _read(self) -> int:
        try:
            data = os.read(self._console.master_fd, _READ_BYTES) if self._console.master_fd >= 0 else b""
        except BlockingIOError:
            return 0
        except OSError:  # EIO: no one has the program's side open
            self.pause()
            return 0
        if data:
            self._on_output(data)
        return len(data)

    def _write(self) -> None:
        fd = self._console.master_fd
        if fd < 0 or self._loop is None:
            return
        try:
            while self._typed:
                del self._typed[: os.write(fd, self._typed[:_READ_BYTES])]
        except BlockingIOError:  # the program reads slowly
            self._loop.add_writer(fd, self._write)
            return
        except OSError:  # EIO: see _read
            self._typed.clear()
        self._loop.remove_writer(fd)
