"""A session at the prompt of a terminal. Imported after the target was started, with prompt-toolkit and pygments."""

from __future__ import annotations

import os
import sys

from pydelve.cli.launching import Opening
from pydelve.cli.settings import begin_with
from pydelve.cli.streams import Streams
from pydelve.client import Client
from pydelve.terminal.commands import TABLE
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.highlight import highlight_lines
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.prompt import Prompt, show_output, wait_in_terminal
from pydelve.terminal.screen import Screen
from pydelve.terminal.script import begin, interrupts_to, wait_for_event
from pydelve.terminal.session import Session
from pydelve.terminal.theme import Theme, wants_color


def run(client: Client, console: ProgramConsole, streams: Streams, opening: Opening) -> Session:
    """Run the session to its end; gives it back."""
    color = wants_color(os.environ, terminal=True)
    screen = Screen(
        sys.stdout,
        theme=Theme(color),
        highlight=highlight_lines,
        interactive=True,
    )

    def before_restart() -> None:
        streams.rewind()
        console.reset()

    session = Session(
        client,
        screen,
        wait=wait_in_terminal(console) if console.master_fd >= 0 else wait_for_event,
        cwd=os.path.realpath(os.curdir),
        before_restart=before_restart,
        show_output=lambda: show_output(console),
    )
    begin_with(session)
    interpreter = Interpreter(session, TABLE)
    prompt = Prompt(interpreter, session, TABLE, console)
    with interrupts_to(session.on_interrupt):
        begin(interpreter, session, init=opening.init, continue_=opening.continue_)
        prompt.run()
    if session.left_running and streams.terminal:
        screen.line("  it keeps this terminal until it ends; Ctrl-C interrupts it from now on")
    return session
