"""A session at the prompt of a terminal. Imported after the target was started, with prompt-toolkit and pygments."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pydelve.cli.launching import Opening
from pydelve.cli.settings import begin_with
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import import_late
from pydelve.client import Client
from pydelve.errors import UsageError
from pydelve.terminal.asking import confirm
from pydelve.terminal.commands import TABLE
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.highlight import highlight_lines
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.keeper import Keeper
from pydelve.terminal.prompt import Prompt, show_output, wait_in_terminal
from pydelve.terminal.screen import Screen
from pydelve.terminal.script import begin, interrupts_to, wait_for_event
from pydelve.terminal.session import Remote, Session
from pydelve.terminal.signals import hang_ups_to
from pydelve.terminal.theme import Theme, wants_color

if TYPE_CHECKING:
    from pydelve.terminal.tui.application import FullScreen


def run(
    client: Client,
    console: ProgramConsole,
    streams: Streams,
    opening: Opening,
    keeper: Keeper | None = None,
    remote: Remote = "no",
) -> Session:
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
    session.confirm = confirm
    session.remote = remote
    begin_with(session)
    interpreter = Interpreter(session, TABLE)
    session.full_screen = opening.full_screen
    console.stops_at_entry = bool(opening.init) or not opening.continue_  # see LaunchOptions.stop_at_entry
    # a program that we started goes with the terminal, as it would without us, also from where it stands
    with interrupts_to(session.on_interrupt), hang_ups_to(console.hang_up):
        _run_faces(interpreter, session, console, keeper, opening)
    if session.left_running and streams.terminal:
        screen.line("  it keeps this terminal until it ends; Ctrl-C interrupts it from now on")
    return session


def _run_faces(
    interpreter: Interpreter, session: Session, console: ProgramConsole, keeper: Keeper | None, opening: Opening
) -> None:
    """The prompt and the full-screen view, whichever is wanted, until the session is done."""

    def first() -> None:
        begin(interpreter, session, init=opening.init, continue_=opening.continue_)

    started, prompt = False, None
    while not session.done:
        if session.full_screen and (view := _full_screen(interpreter, session, console, keeper)):
            view.run(None if started else first)
        elif not started:
            console.expect_entry()
            first()
        else:
            prompt = prompt or Prompt(interpreter, session, TABLE, console)
            prompt.run()
        started = True


def _full_screen(
    interpreter: Interpreter, session: Session, console: ProgramConsole, keeper: Keeper | None
) -> FullScreen | None:
    """The full-screen view; None, with the reason told, where this terminal can't show it."""
    tui = import_late("pydelve.terminal.tui.application")
    try:
        view: FullScreen = tui.FullScreen(
            interpreter,
            session,
            TABLE,
            console,
            note_full_screen=keeper.note_full_screen if keeper is not None else lambda on: None,
        )
    except UsageError as error:
        session.full_screen = False
        session.screen.error(error)
        return None
    return view
