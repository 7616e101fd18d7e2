"""A session whose commands come from standard input. Imported after the target was started."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from pydelve.cli.launching import Opening
from pydelve.cli.settings import begin_with
from pydelve.cli.streams import Streams
from pydelve.client import Client
from pydelve.terminal.commands import TABLE
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.screen import Screen
from pydelve.terminal.script import begin, begin_late, interrupts_to, run_script, wait_for_event
from pydelve.terminal.session import Remote, Session


def run(client: Client, streams: Streams, opening: Opening, lines: Iterable[str], remote: Remote = "no") -> Session:
    """Run the init file's commands and these lines, to their end or to the end of the session; gives it back."""
    screen = Screen(sys.stdout)
    screen.shared = remote == "no" and streams.stdout_fd < 0
    session = Session(
        client, screen, wait=wait_for_event, cwd=os.path.realpath(os.curdir), before_restart=streams.rewind
    )
    session.remote = remote
    begin_with(session)
    interpreter = Interpreter(session, TABLE)
    with interrupts_to(session.on_interrupt):
        if remote == "no" or opening.init or opening.continue_:
            begin(interpreter, session, init=opening.init, continue_=opening.continue_)
        else:
            lines = begin_late(interpreter, session, lines)
        run_script(interpreter, session, lines)
    return session
