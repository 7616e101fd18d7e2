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
from collections.abc import Callable

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.data_structures import Size
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples
from prompt_toolkit.input.base import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle

from pydelve.api.completion import Signature
from pydelve.api.events import BreakpointChanged, Event, Exited, HaltPending, Logged, Notice, Stopped, Traced
from pydelve.client import Client
from pydelve.terminal.completer import TableCompleter
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.history import open_history
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.model import CommandTable
from pydelve.terminal.pager import Pager, ask_on_terminal
from pydelve.terminal.session import Session
from pydelve.terminal.suspending import Suspension
from pydelve.terminal.target_view import TargetEvent
from pydelve.terminal.tui.cells import rows
from pydelve.terminal.typed_lines import is_unfinished, split_pasted

_log = logging.getLogger(__name__)
_PROMPT = "(pydelve) "
_CONTINUATION = "      ... "


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
        self._table = table
        self._completer = TableCompleter(session, table)
        self._pager = Pager(_terminal_size, ask_on_terminal, rows)
        self._hinting = self._hint_again = False
        color = session.screen.theme.color
        self._editor: PromptSession[str] = PromptSession(
            ANSI(session.screen.theme.strong(_PROMPT)),
            history=open_history(),
            completer=self._completer,
            complete_while_typing=False,
            complete_style=CompleteStyle.COLUMN,
            enable_history_search=True,
            multiline=Condition(lambda: is_unfinished(self._editor.default_buffer.text, table)),
            prompt_continuation=_CONTINUATION,
            key_bindings=_keys(
                Condition(lambda: is_unfinished(self._editor.default_buffer.text, table)), self._suspend
            ),
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            input=stdin,
            output=stdout or terminal_output(),
        )
        self._suspension = Suspension(self._editor.app.input.fileno())
        self._editor.default_buffer.on_text_changed += lambda _: self._want_hint()

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
            if self._session.done:  # it ended meanwhile: the line was not finished
                break
            with session.screen.paging(self._pager):
                self._run_typed(line)

    def _run_typed(self, text: str) -> None:
        """Run a line, or the lines that were pasted, one after the other."""
        if not text.strip():
            self._interpreter.repeat()
        for unit in split_pasted(text, self._table):
            if not self._session.done:
                self._interpreter.execute(unit)

    def _read(self) -> str:
        if typed := self._console.take_typed_ahead():
            keys: list[KeyPress] = []
            parser = Vt100Parser(keys.append)
            parser.feed(typed.decode(errors="replace"))
            parser.flush()
            store_typeahead(self._editor.app.input, keys)
        vi = self._session.settings.keys == "vi"
        self._editor.editing_mode = EditingMode.VI if vi else EditingMode.EMACS
        self._editor.bottom_toolbar = None
        self._suspension.note_modes()
        above = _Above(self._console, self._session, self._editor.app)
        try:
            return self._editor.prompt(pre_run=above.start, handle_sigint=False)
        finally:
            above.stop()

    def _suspend(self) -> None:
        self._suspension.suspend()

    # Signature hints --------------------------------------------------------------------------------------------------

    def _want_hint(self) -> None:
        """The line changed: what is below it may have to."""
        if "(" not in self._editor.default_buffer.document.text_before_cursor:
            self._editor.bottom_toolbar = None
        elif self._hinting:
            self._hint_again = True
        else:
            self._hinting = True
            self._editor.app.create_background_task(self._hint())

    async def _hint(self) -> None:
        try:
            self._hint_again = True
            while self._hint_again:
                self._hint_again = False
                found = await self._completer.signature(self._editor.default_buffer.document.text_before_cursor)
                self._editor.bottom_toolbar = _hint_text(found) if found is not None else None
                self._editor.app.invalidate()
        finally:
            self._hinting = False


def _keys(unfinished: Condition, suspend: Callable[[], None]) -> KeyBindings:
    """Ctrl-Z; Enter in a line that goes on: indented as the one before, and deeper where that begins a block."""
    bindings = KeyBindings()

    @bindings.add("enter", filter=unfinished & has_focus(DEFAULT_BUFFER))
    def _new_line(event: KeyPressEvent) -> None:
        before = event.current_buffer.document.current_line_before_cursor
        margin = before[: len(before) - len(before.lstrip())]
        deeper = "    " if before.rstrip().endswith(":") else ""
        event.current_buffer.insert_text(f"\n{margin}{deeper}")

    @bindings.add("c-z")
    def _ctrl_z(event: KeyPressEvent) -> None:
        run_in_terminal(suspend)

    return bindings


def _hint_text(found: Signature) -> StyleAndTextTuples:
    """``withdraw(amount, *, fee=0)``, with the parameter that is typed standing out."""
    parts: StyleAndTextTuples = [("", f"{found.name}(")]
    for index, parameter in enumerate(found.parameters):
        parts += [("", ", " if index else ""), ("bold underline" if index == found.current else "", parameter)]
    return [*parts, ("", ")")]


class _Above:
    """Shows, above the line being typed, what the program writes and the events that come meanwhile."""

    def __init__(self, console: ProgramConsole, session: Session, app: Application[str]) -> None:
        self._console = console
        self._session = session
        self._app = app
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
        elif self._session.done:  # the session elsewhere ended: no line is waited for
            if not self._app.is_done:
                self._app.exit(result="")
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


_WRITE_LINES = Stopped | Exited | HaltPending | Notice | Logged | Traced | TargetEvent


def wait_in_terminal(console: ProgramConsole) -> Callable[[Client], Event]:
    """How a session waits in a terminal: passing the program's through, all its output before any report."""

    def wait(client: Client) -> Event:
        event = console.run(client)
        landed = isinstance(event, BreakpointChanged) and event.landed
        if landed or isinstance(event, _WRITE_LINES):
            show_output(console)
        return event

    return wait


def terminal_output() -> Output | None:
    """Our terminal, never asked for its cursor's place: the answer might reach the program instead."""
    term = os.environ.get("TERM", "dumb")
    if term in {"", "dumb", "unknown"}:
        return None

    def size() -> Size:
        columns, rows = _terminal_size()
        return Size(rows=rows, columns=columns)

    return _Output(sys.stdout, size, term=term, enable_cpr=False)


class _Output(Vt100_Output):
    """prompt-toolkit shows what is below the line (hints) only once it knows that there is room."""

    def get_rows_below_cursor_position(self) -> int:
        """Ours at least: for more the terminal scrolls."""
        return 1


def _terminal_size() -> tuple[int, int]:
    """Columns and rows."""
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        columns, rows = 0, 0
    return columns or 80, rows or 24
