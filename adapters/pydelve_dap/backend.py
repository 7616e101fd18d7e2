"""What the adapter needs of the command that it is part of (``pydelve.cli.dap``, ``pydelve.cli.editors``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pydelve.api.attach import AttachOptions, CoreOptions
from pydelve.api.launch import LaunchOptions
from pydelve.client import Client


class Terminal(Protocol):
    """One that the editor is to open (``pydelve.cli.lending``)."""

    def command(self) -> list[str]:
        """What it is to run there."""
        ...

    def wait(self) -> tuple[int, ...]:
        """Its descriptors, for the program's streams."""
        ...

    def refuse(self, why: str) -> None:
        """There will be none."""
        ...

    def watch(self, interrupt: Callable[[], None]) -> None:
        """Call this at each Ctrl-C there."""
        ...


class Backend(Protocol):
    """How sessions come about (``pydelve.cli.dap``)."""

    def launch(self, options: LaunchOptions, target: int) -> Client:
        """Start a program; what it writes comes as events. ``target``: as in ``pydelve.client.connect``."""
        ...

    def terminal(self) -> Terminal:
        """A terminal of the editor's, once the editor has run a command there."""
        ...

    def attach(self, options: AttachOptions | CoreOptions, target: int) -> Client:
        """Attach to a process, or look into a core file."""
        ...

    def connect(self, address: str, token: str, target: int) -> Client:
        """Be one more client of a session that listens."""
        ...

    def find(self, pattern: str) -> int:
        """The one process whose command line matches."""
        ...

    def session(self, target: int) -> Client | None:
        """The session that the editor has connected to; None where it is to start one."""
        ...

    @property
    def has_session(self) -> bool:
        """Has it connected to one?"""
        ...

    def share(self) -> str:
        """Where a child session is to connect; "" where the editor knows how."""
        ...

    def admit(self, token: str) -> bool:
        """May who brings this token connect?"""
        ...
