"""A stand-in for pydelve, started on the user's terminal: a console, a keeper, a program, and no debugger's event ever.

Usage: ``python console_host.py run|detach PROGRAM_CODE [fd to pass to the program ...]``. Prints the pids of the
keeper and the program first.
"""

from __future__ import annotations

import os
import sys
from typing import TypeVar

from pydelve.api.events import Event
from pydelve.api.requests import Request
from pydelve.client import Client
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.keeper import Keeper
from tests.unit.terminal.user_terminal import start_child

R = TypeVar("R")


class SilentTransport:
    def __init__(self) -> None:
        self._fd, self._write_fd = os.pipe()

    def call(self, request: Request[R]) -> R:
        raise NotImplementedError(request)

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        return None

    def event_fd(self) -> int:
        return self._fd

    def close(self) -> None:
        pass


def main(how: str, code: str, *fds: str) -> None:
    console = ProgramConsole()
    slave_fd = console.open()
    keeper = Keeper.start(console.master_fd, 1)
    program_fds = tuple(map(int, fds))
    program = start_child(code, slave_fd, pass_fds=program_fds)
    for fd in program_fds:
        os.close(fd)
    os.write(1, f"{keeper.pid} {program.pid}\n".encode())
    if how == "run":
        console.run(Client(SilentTransport()))
    else:
        ended = console.run_until_program_ends(os.pidfd_open(program.pid))
        console.close()
        keeper.close()
        os.write(1, f"ended: {ended}, status: {program.wait()}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
