"""The prompt of a terminal: prompt-toolkit's line editor, with history, completion and the program's output above it.

Imported after the target was started, because prompt-toolkit is slow to import. On the main thread. While the program
runs, ``console`` has the terminal; here is what happens while it stands: its children, or C code of it, may still
write, and that is shown above the line being typed.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
from collections.abc import Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.base import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle

from pydelve.api.events import BreakpointChanged, Event, Exited, HaltPending, Notice, Stopped
from pydelve.client import Client
from pydelve.config import private_file
from pydelve.terminal.completion import complete
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.model import CommandTable
from pydelve.terminal.session import Session

_log = logging.getLogger(__name__)
_PROMPT = "(pydelve) "


class TableCompleter(Completer):
    """Bridges ``completion`` to prompt-toolkit."""

    def __init__(self, session: Session, table: CommandTable) -> None:
        self._session = session
        self._table = table

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What fits at the cursor."""
        start, words = complete(document.text_before_cursor, self._session, self._table)
        return [Completion(word, start_position=-len(start)) for word in words]


class Prompt:
    """Reads lines and has them run until the session is done.

    Args:
        console: The program's terminal; its output is shown while the line is typed.
        stdin, stdout: Of prompt-toolkit; None means the process's own terminal.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        session: Session,
        table: CommandTable,
        console: ProgramConsole,
        *,
        stdin: Input | None = None,
        stdout: Output | None = None,
    ) -> None:
        self._interpreter = interpreter
        self._session = session
        self._console = console
        color = session.screen.theme.color
        self._editor: PromptSession[str] = PromptSession(
            ANSI(session.screen.theme.strong(_PROMPT)),
            history=open_history(),
            completer=TableCompleter(session, table),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_history_search=True,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            input=stdin,
            output=stdout or terminal_output(),
        )

    def run(self) -> None:
        """The loop: a line, what it does, the next; Ctrl-D leaves as ``exit`` does, Ctrl-C drops the line.

        It also ends where the full-screen view is wanted.
        """
        session = self._session
        while not session.done and not session.full_screen:
            try:
                line = self._read()
            except KeyboardInterrupt:
                continue
            except EOFError:
                line = "exit"
            if line.strip():
                self._interpreter.execute(line)
            else:
                self._interpreter.repeat()

    def _read(self) -> str:
        if typed := self._console.take_typed_ahead():
            keys: list[KeyPress] = []
            parser = Vt100Parser(keys.append)
            parser.feed(typed.decode(errors="replace"))
            parser.flush()
            store_typeahead(self._editor.app.input, keys)
        above = _Above(self._console, self._session)
        try:
            return self._editor.prompt(pre_run=above.start, handle_sigint=False)
        finally:
            above.stop()


class _Above:
    """Shows, above the line being typed, what the program writes and the events that come meanwhile."""

    def __init__(self, console: ProgramConsole, session: Session) -> None:
        self._console = console
        self._session = session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched: list[int] = []
        self._tasks: set[asyncio.Future[None]] = set()

    def start(self) -> None:
        """Watch; in prompt-toolkit's loop."""
        self._loop = asyncio.get_running_loop()
        if self._console.master_fd >= 0:
            self._watch(self._console.master_fd, lambda: show_output(self._console, whole_lines=True))
        self._watch(self._session.client.event_fd(), self._session.pump)

    def stop(self) -> None:
        """Forget the watches; the loop may be closed already, and has forgotten them then."""
        if self._loop is not None and not self._loop.is_closed():
            for fd in self._watched:
                self._loop.remove_reader(fd)
        self._watched.clear()

    def _watch(self, fd: int, show: Callable[[], None]) -> None:
        loop = self._loop
        assert loop is not None

        def readable() -> None:
            loop.remove_reader(fd)  # until it was shown: else the loop would spin meanwhile
            task = asyncio.ensure_future(run_in_terminal(show))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._shown(done, fd, readable))

        try:
            loop.add_reader(fd, readable)
        except OSError as error:
            if error.errno not in {errno.EBADF, errno.EPERM}:
                raise
            _log.info("descriptor %d can't be watched: %s", fd, error)  # gone: nothing more will come from it
            return
        self._watched.append(fd)

    def _shown(self, task: asyncio.Future[None], fd: int, readable: Callable[[], None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            _log.error("can't show what came", exc_info=error)
        elif self._loop is not None and fd in self._watched and not self._loop.is_closed():
            self._loop.add_reader(fd, readable)


def show_output(console: ProgramConsole, *, whole_lines: bool = False) -> None:
    """Copy what the program wrote to our terminal, and end its line: ours start at the margin."""
    if whole_lines:
        console.drain_lines()
    else:
        console.drain()
    sys.stdout.write(console.end_line().decode())
    sys.stdout.flush()


def wait_in_terminal(console: ProgramConsole) -> Callable[[Client], Event]:
    """How a session waits in a terminal: passing the program's through, all its output before any report."""

    def wait(client: Client) -> Event:
        event = console.run(client)
        landed = isinstance(event, BreakpointChanged) and event.landed
        if landed or isinstance(event, Stopped | Exited | HaltPending | Notice):  # those that write a line
            show_output(console)
        return event

    return wait


def open_history() -> History:
    """The lines typed in this and in earlier sessions."""
    try:
        return FileHistory(private_file("history"))
    except OSError as error:
        _log.warning("no history: %s", error)  # a home that can't be written is no reason not to debug
        return InMemoryHistory()


def terminal_output() -> Output | None:
    """Our terminal, never asked for its cursor's place: the answer might reach the program instead."""
    term = os.environ.get("TERM", "dumb")
    if term in {"", "dumb", "unknown"}:
        return None

    def size() -> Size:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
        return Size(rows=rows or 24, columns=columns or 80)

    return Vt100_Output(sys.stdout, size, term=term, enable_cpr=False)
