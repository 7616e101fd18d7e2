"""Command files and Python scripts: what ``source`` runs. On the main thread.

A Python script runs in pydelve's own process, against the same typed client as the prompt; ``docs/guide/scripts.md``
shows how. Nothing of it gets into the program but by the requests that it sends.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TypeVar

from pydelve.api.requests import Request
from pydelve.api.target import Stop
from pydelve.client import Client
from pydelve.errors import PydelveError, UsageError
from pydelve.terminal.command_files import read_commands
from pydelve.terminal.file_names import file_words
from pydelve.terminal.model import Call
from pydelve.terminal.session import Session

R = TypeVar("R")
_MOST_NESTED = 10


class Debugger:
    """What a script sees as ``debugger``.

    Args:
        arguments: The words after the script's name.
    """

    def __init__(self, session: Session, perform: Callable[[str], None], arguments: tuple[str, ...]) -> None:
        self._session = session
        self._perform = perform
        self.arguments = arguments

    @property
    def client(self) -> Client:
        """The client, for what is not here; events that a script takes from it, the prompt does not see."""
        return self._session.client

    @property
    def stop(self) -> Stop | None:
        """Why and where the program stands; None while it runs or has ended."""
        return self._session.stop if self._session.status == "stopped" else None

    def run(self, line: str, *, quiet: bool = False) -> str:
        """Run a command as it is typed, to its end; gives what it says, which is shown, too, unless ``quiet``.

        Raises:
            PydelveError: the command was refused.
        """
        with self._session.screen.capturing() as said:
            self._perform(line)
        if not quiet:
            self._session.screen.lines(said)
        return "".join(f"{text}\n" for text in said)

    def call(self, request: Request[R]) -> R:
        """Send one typed request (``pydelve.api.requests``) and wait for its result; Ctrl-C interrupts it.

        Raises:
            PydelveError: as the request's class says.
        """
        return self._session.ask(request)


def source(call: Call) -> None:
    """``source``: run a file of commands, or a Python script."""
    if not call.text:
        raise UsageError("source needs a file", hint="source setup.pydelve, or source look.py")
    path, *arguments = file_words(call.text, "source")
    session = call.session
    if session.sourcing >= _MOST_NESTED:
        raise UsageError(
            f"{path} is not run", why=f"{_MOST_NESTED} files source one another already", hint="source FILE"
        )
    try:
        text = read_commands(os.path.expanduser(path))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"can't read {path}", why=why, hint="source FILE") from error
    session.sourcing += 1
    try:
        if path.endswith(".py"):
            _run_script(call, path, text, tuple(arguments))
        elif arguments:
            raise UsageError(
                "a file of commands takes no arguments", why=f"{arguments[0]!r} follows it", hint=f"source {path}"
            )
        else:
            _run_commands(call, path, text)
    finally:
        session.sourcing -= 1


def _run_commands(call: Call, path: str, text: str) -> None:
    """Each line in turn; what is refused is told with its line, and the next one runs."""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            call.perform(line)
        except PydelveError as error:
            call.session.screen.error(error, prefix=f"{path}:{number}: ")
        if call.session.done:
            return


def _run_script(call: Call, path: str, text: str, arguments: tuple[str, ...]) -> None:
    scope = {"__name__": "__main__", "__file__": path, "debugger": Debugger(call.session, call.perform, arguments)}
    try:
        exec(compile(text, path, "exec", dont_inherit=True), scope)
    except SystemExit as error:
        if error.code not in (None, 0):
            call.session.screen.line(f"{path} ended with {error.code}")
    except PydelveError as error:
        raise _told(error, path) from error
    except Exception as error:  # the user's script may raise anything; it is told as theirs, and the session goes on
        lines = traceback.format_exception_only(error)
        raise UsageError(
            f"{_place(error, path)}{lines[-1].strip()}", why="the script failed", hint="help scripts"
        ) from error


def _told(error: PydelveError, path: str) -> PydelveError:
    """An error that a command or a request raised, with the script's line."""
    error.message = _place(error, path) + error.message
    return error


def _place(error: BaseException, path: str) -> str:
    """``look.py:3: ``, the innermost line of the script."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{path}:{error.lineno}: "
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return f"{path}:{lines[-1]}: " if lines else f"{path}: "
