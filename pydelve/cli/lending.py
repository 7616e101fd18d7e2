"""A terminal of the editor's for the program: a helper that the editor starts there lends us its descriptors.

The program is started by us, as always, with the terminal's descriptors for its streams. It is not the terminal's own
job, so the helper passes Ctrl-C on.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pydelve.cli import lending_helper
from pydelve.cli.lending_helper import INTERRUPT
from pydelve.errors import TargetError
from pydelve.rpc.addresses import socket_folder

_LIMIT_S = 30.0
_HELPER = str(Path(lending_helper.__file__).resolve())


class Offer:
    """Waits for one helper. Any thread, one at a time."""

    def __init__(self) -> None:
        """Listens where only we can connect."""
        self._path = os.path.join(socket_folder(), f"terminal-{os.getpid()}-{os.urandom(4).hex()}.sock")
        self._listener = socket.socket(socket.AF_UNIX)
        os.fchmod(self._listener.fileno(), 0o600)
        self._listener.bind(self._path)
        self._listener.listen(1)
        self._listener.settimeout(_LIMIT_S)
        self._helper: socket.socket | None = None
        self._refused = ""
        self.fds: tuple[int, ...] = ()

    def command(self) -> list[str]:
        """What the editor is to run in its terminal."""
        return [sys.executable, "-I", _HELPER, self._path]

    def wait(self) -> tuple[int, ...]:
        """The terminal's descriptors, for standard input, output and errors; ours to close with :meth:`close`.

        Raises:
            TargetError: no helper came in time, or the editor has none for us.
        """
        try:
            self._helper, _ = self._listener.accept()
            _, fds, _, _ = socket.recv_fds(self._helper, 1, 3)
            if len(fds) != 3:
                raise ConnectionAbortedError
        except OSError as error:
            raise TargetError(
                "there is no terminal for the program", why=self._refused or f"none came in {_LIMIT_S:.0f} s",
                hint='"console": "internalConsole"',
            ) from error  # fmt: skip
        finally:
            self._listener.close()
            os.unlink(self._path)
        self.fds = tuple(fds)
        return self.fds

    def refuse(self, why: str) -> None:
        """The editor has none: whoever waits need not."""
        self._refused = why or "the editor refused"
        with socket.socket(socket.AF_UNIX) as wakes, contextlib.suppress(OSError):  # nobody waits any more
            wakes.connect(self._path)

    def watch(self, interrupt: Callable[[], None]) -> None:
        """Call this at each Ctrl-C there, from now on, on a thread of its own."""
        threading.Thread(target=self._watch, args=(interrupt,), name="dap terminal", daemon=True).start()

    def _watch(self, interrupt: Callable[[], None]) -> None:
        helper = self._helper
        try:
            while helper is not None and helper.recv(1) == INTERRUPT:
                interrupt()
        except OSError:
            return

    def close(self) -> None:
        """The helper ends."""
        for fd in self.fds:
            os.close(fd)
        self.fds = ()
        if self._helper is not None:
            self._helper.close()
