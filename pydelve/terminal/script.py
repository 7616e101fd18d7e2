"""Script mode: commands from a file or pipe, one a line, no prompt, no colour; end of input leaves as ``exit`` does.

An empty line does nothing here, a line that starts with ``#`` is a comment, and commands are not echoed. Also what both
modes share: the first stop, ``--init`` and ``--continue``. On the main thread.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pydelve.api.events import Event
from pydelve.api.requests import GetState
from pydelve.client import Client
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.session import Session


def wait_for_event(client: Client) -> Event:
    """The next event, however long it takes; Ctrl-C is the signal handler's."""
    while True:
        event = client.next_event(None)
        if event is not None:
            return event


def begin(interpreter: Interpreter, session: Session, *, init: Iterable[str], continue_: bool) -> None:
    """The first stop, then the commands of ``--init``, then ``--continue`` where they left the program at its entry."""
    interpreter.guard("starting the program", session.wait_for_stop)
    run_lines(interpreter, session, init)
    if continue_ and not session.done and session.stop is not None and session.stop.reason in {"entry", "attach"}:
        interpreter.execute("continue")


def begin_late(interpreter: Interpreter, session: Session, lines: Iterable[str]) -> Iterator[str]:
    """The lines, and before the first that does more than leave, or nothing: the first stop.

    For a session elsewhere, whose program may run for as long as it likes: leaving it can't wait for a stop.
    """
    interpreter.guard("starting the program", lambda: _meet(session))
    lines = iter(lines)
    for line in lines:
        if session.status in {"starting", "running"} and not interpreter.needs_no_stop(line):
            begin(interpreter, session, init=(), continue_=False)
            if session.done:
                return
            yield line
            break
        yield line
    yield from lines


def _meet(session: Session) -> None:
    """Learn what program it is; where it does not run, how it stands, too."""
    while session.status == "starting":
        session.handle(wait_for_event(session.client))
    if session.ask(GetState()).status != "running":
        session.wait_for_stop()


def run_lines(interpreter: Interpreter, session: Session, lines: Iterable[str]) -> None:
    """Run each line, until one of them ends the session."""
    for line in lines:
        interpreter.execute(line)
        if session.done:
            return


def run_script(interpreter: Interpreter, session: Session, lines: Iterable[str]) -> None:
    """Run the lines of standard input to their end, and leave."""
    if not session.done:
        run_lines(interpreter, session, lines)
    if not session.done:
        interpreter.execute("exit")


@contextmanager
def interrupts_to(handler: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls ``handler`` (on the main thread) for the time of a ``with`` block."""
    before = signal.signal(signal.SIGINT, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
