"""pydelve's own commands in the debug console: the prompt without a terminal, on the adapter's client.

Worker's thread.
"""

from __future__ import annotations

import io
import os
from typing import TypeVar

from pydelve.api.events import BreakpointChanged, Event, Logged, Output, Progress, Started, Stopped, Traced
from pydelve.api.requests import GetState, ListBreakpoints, Request
from pydelve.client import Client
from pydelve.rpc.mailbox import Mailbox
from pydelve.terminal.commands import TABLE
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.screen import Screen
from pydelve.terminal.script import wait_for_event
from pydelve.terminal.session import Session
from pydelve.terminal.theme import Theme

R = TypeVar("R")


class CommandLine:
    """One for a session; hears of events by :meth:`hear`, on the events' thread."""

    def __init__(self, client: Client, *, color: bool) -> None:
        """It is told how things are. ``color``: the console shows ANSI's."""
        self._mailbox = Mailbox()
        self._client = client
        self._stream = io.StringIO()
        self._runs = False
        self._session = Session(
            Client(self), Screen(self._stream, theme=Theme(color)), wait=wait_for_event, cwd=os.path.realpath(os.curdir)
        )
        self._session.remote = "stays"
        self._interpreter = Interpreter(self._session, TABLE)
        state = client.call(GetState())
        if state.target is not None:
            self.hear(Started(state.target))
        for point in client.call(ListBreakpoints()):
            self.hear(BreakpointChanged(point))
        if state.stop is not None:
            self.hear(Stopped(state.stop))

    def hear(self, event: Event) -> None:
        """Something happened. What the adapter tells by itself is of use only to a command that is running."""
        if self._runs or not isinstance(event, Output | Logged | Traced | Progress):
            self._mailbox.put(event)

    def run(self, text: str) -> str:
        """What a command says."""
        self._session.pump()
        self._stream.seek(0)
        self._stream.truncate()
        self._runs = True
        try:
            self._interpreter.execute(text)
        finally:
            self._runs = False
        return self._stream.getvalue().removesuffix("\n")

    # -- client.Transport ----------------------------------------------------------------------------------------------

    def call(self, request: Request[R]) -> R:
        """See ``pydelve.client.Transport``."""
        return self._client.call(request)

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """See ``pydelve.client.Transport``."""
        return self._mailbox.take(timeout_s)

    def event_fd(self) -> int:
        """See ``pydelve.client.Transport``."""
        return self._mailbox.fileno()

    def close(self) -> None:
        """See ``pydelve.client.Transport``."""
        self._mailbox.close()
