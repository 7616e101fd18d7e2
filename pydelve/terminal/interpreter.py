"""Runs one typed line: finds the command, checks what it needs, calls it, and turns every error into text.

Called by ``script`` and ``prompt``, on the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import get_ident

from pydelve.errors import EvaluationError, PydelveError, TargetGoneError, UnsupportedError, UsageError
from pydelve.log import record_internal_error
from pydelve.terminal.coming_from import theirs_of
from pydelve.terminal.handlers_display import show_all
from pydelve.terminal.handlers_looking import explain_name_error, run_python
from pydelve.terminal.messages import internal_error_lines
from pydelve.terminal.model import Call, Command, CommandTable
from pydelve.terminal.parsing import Typed, python_kind, split_line, take_options
from pydelve.terminal.session import Session

_log = logging.getLogger(__name__)
_LEAVE = frozenset({"exit", "detach"})


class Interpreter:
    """Commands of one session; remembers what an empty line repeats."""

    def __init__(self, session: Session, table: CommandTable) -> None:
        self._session = session
        self._table = table
        self._last = ""
        session.after_stop = lambda: show_all(session)

    def execute(self, line: str) -> None:
        """Run a line; an error is shown, never raised."""
        self._session.screen.note_typed(line)
        self.guard(f"running the command {line.strip()!r}", lambda: self._run(line, repeated=False))

    def repeat(self) -> None:
        """What an empty line does: the last command again, where repeating it makes sense."""
        if line := self._last:
            self.guard(f"running the command {line!r}", lambda: self._run(line, repeated=True))

    def needs_no_stop(self, line: str) -> bool:
        """Whether a line ends the session or leaves it, whatever the program does; or does nothing."""
        typed = split_line(line)
        if not typed.word:
            return not line.strip() or line.lstrip().startswith("#")
        command = self._table.find(self._own_name(typed).word)
        return command is not None and command.name in _LEAVE

    def guard(self, doing: str, action: Callable[[], None]) -> None:
        """Do something, and show what goes wrong as text; then show the events that came."""
        if self._guarded(doing, action):
            self._run_hit_commands()

    def _run_hit_commands(self) -> None:
        """What ``on`` said, at each stop that comes; a command that runs on leaves out the rest of its stop's."""
        session, last = self._session, self._last
        while session.hit_commands and not session.done:
            line = session.hit_commands.pop(0)
            if not self._guarded(f"running the command {line!r}", lambda line=line: self._run_inner(line)):  # type: ignore[misc]
                session.hit_commands = []
        self._last = last

    def _guarded(self, doing: str, action: Callable[[], None]) -> bool:
        """See :meth:`guard`; False where Ctrl-C ended it."""
        session = self._session
        outer = session.command_runs_on
        try:
            # Within this `try` only, so that it is caught here, wherever it comes.
            session.command_runs_on = get_ident()
            self._tell_errors(doing, action)
            session.command_runs_on = outer
        except KeyboardInterrupt:
            session.screen.line("interrupted")
            session.command_runs_on = outer
            return False
        return True

    def _tell_errors(self, doing: str, action: Callable[[], None]) -> None:
        session = self._session
        try:
            try:
                action()
            except TargetGoneError as error:
                session.screen.error(error)
                session.wait_for_end()
            except PydelveError as error:
                session.screen.error(error)
            if not session.done:
                session.pump()
        except PydelveError as error:
            session.screen.error(error)
        except Exception as error:  # noqa: BLE001  # our own bug must not end the user's session: logged, and said
            path = record_internal_error(doing, error)
            session.screen.lines(internal_error_lines(doing, error, path, hint="go on, the session is kept; "))

    def _run(self, line: str, *, repeated: bool) -> None:
        typed = split_line(line)
        self._last = ""
        if typed.python:
            self._run_python(typed.python, forced=line.lstrip().startswith("!"))
            return
        if not typed.word:
            if line.strip() == "!":
                raise UsageError("! needs Python behind it", hint="!total = 0")
            return
        typed = self._own_name(typed)
        command = self._table.find(typed.word)
        if command is None:
            # several lines were meant as Python: what is wrong with them is said as Python says it
            self._run_python(line.strip(), forced="\n" in line.strip())
            return
        self._call(command, typed.rest, repeated=repeated)
        if command.repeats:
            self._last = line.strip()

    def _own_name(self, typed: Typed) -> Typed:
        """What the user's own name for a command stands for."""
        own = dict(self._session.settings.aliases).get(typed.word)
        if own and typed.word not in {command.name for command in self._table}:
            # what it stands for is taken as it is: an alias of an alias would have no end
            return split_line(f"{own} {typed.rest}")
        return typed

    def _call(self, command: Command, text: str, *, repeated: bool) -> None:
        options = [(option.name, option.value) for option in command.options]
        if command.takes in {"nothing", "words"}:
            text = text.partition(" #")[0].rstrip() if not text.startswith("#") else ""
        free = command.takes in {"python", "command"}
        taken, rest = (
            ({}, text) if command.takes == "raw" else take_options(command.name, options, text, free_text=free)
        )
        if rest and command.takes == "nothing":
            python = f"{command.name} {text}"
            raise UsageError(
                f"{command.name} takes no arguments",
                why=f"{rest!r} follows it",
                hint=f"{command.name}, or !{python} for Python" if python_kind(python) else command.name,
            )
        self._check_needs(command)
        _log.debug("command %s %s", command.name, text)
        command.handler(
            Call(self._session, self._table, self._run_inner, self._perform, command, rest, taken, repeated)
        )

    def _perform(self, line: str) -> None:
        """A line of a command file."""
        self._run(line, repeated=False)
        if not self._session.done:
            self._session.pump()
        self._run_hit_commands()

    def _run_inner(self, line: str) -> None:
        """The command behind a prefix (``frame 2 locals``)."""
        self._run(line, repeated=False)

    def _check_needs(self, command: Command) -> None:
        target = self._session.target
        if command.uses and target is not None and command.uses not in target.capabilities:
            what = "a program that runs" if command.uses == "run" else "control of the program"
            raise UnsupportedError(f"{command.name} needs {what}", why=target.limited, hint="help without-control")
        if command.needs == "stopped":
            self._session.require_stopped(command.name)

    def _run_python(self, text: str, *, forced: bool) -> None:
        """A line that is no command.

        Raises:
            UsageError: it is no Python either.
        """
        word = text.split(maxsplit=1)[0]
        kind, theirs = python_kind(text), theirs_of(word, self._table)
        if theirs is not None:
            why, near = theirs.says(word, self._table), theirs.here if theirs.works(self._table) else "help"
        else:
            why, near = "", self._table.nearest(word) if word.isidentifier() else ""
        stopped = self._session.status == "stopped"
        if not forced and not kind and not word.isidentifier() and theirs is None:
            raise UsageError(f"{text!r} is neither a command nor Python", hint="help")
        hyphened = theirs is not None and not word.isidentifier()
        if not forced and (not kind or hyphened or (not stopped and word == text)):
            raise UsageError(
                f"there is no command {word}",
                why=why or ("and it is no Python either" if not kind else ""),
                hint=near or "help",
            )
        self._session.require_stopped("running Python in a frame")
        try:
            run_python(self._session, text, statements=kind != "expression")
        except EvaluationError as error:
            raise explain_name_error(error, text, why, near) from error
