"""The full-screen view on a terminal: prompt-toolkit's application around the panes. On the main thread.

It owns the terminal while it runs, and gives it back as it was: at the end, when something fails, and on SIGTERM and
SIGHUP, which end pydelve as they would without it. Where pydelve is killed, the keeper does so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.input.base import Input
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

from pydelve.api.requests import FindLocations, Halt
from pydelve.errors import UsageError
from pydelve.log import record_internal_error
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.messages import internal_error_lines
from pydelve.terminal.model import CommandTable
from pydelve.terminal.prompt import terminal_output
from pydelve.terminal.session import Session
from pydelve.terminal.tui import styles
from pydelve.terminal.tui.actions import Actions
from pydelve.terminal.tui.bindings import key_bindings
from pydelve.terminal.tui.bottom_line import BottomLine
from pydelve.terminal.tui.composing import compose, regions
from pydelve.terminal.tui.gathering import Gatherer
from pydelve.terminal.tui.message_screen import MessageScreen
from pydelve.terminal.tui.model import Asking, Overlay, Snapshot, View
from pydelve.terminal.tui.program_screen import ProgramScreen
from pydelve.terminal.tui.program_side import ProgramSide
from pydelve.terminal.tui.worker import STEP_S, Worker

_log = logging.getLogger(__name__)
_ENDING = (signal.SIGTERM, signal.SIGHUP)
_REDRAWS_S = 0.02
_ESCAPE_S = 0.1
_KEPT_BYTES = 65536
_LONG = 10
"""What a command says goes over the panes where it is longer, and than its own pane."""


class FullScreen:
    """The view of one session, until it is left for the prompt or the session ends.

    Args:
        console: The program's terminal.
        note_full_screen: Told when the terminal's screen is taken, and when it is given back.
        stdin, stdout: Of prompt-toolkit; None means the process's own terminal.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        session: Session,
        table: CommandTable,
        console: ProgramConsole,
        *,
        note_full_screen: Callable[[bool], None] = lambda on: None,
        stdin: Input | None = None,
        stdout: Output | None = None,
    ) -> None:
        output = stdout or terminal_output()
        if output is None:
            raise UsageError(
                "the full-screen view needs a terminal that can move its cursor",
                why="TERM says that this one can't",
                hint="TERM=xterm pydelve debug --tui ..., or go on at the prompt",
            )
        color = session.screen.theme.color
        self.view = View(color=color, keys_wait=True)
        self._interpreter = interpreter
        self.session = session
        self._console = console
        self._note_full_screen = note_full_screen
        self._gatherer = Gatherer(session)
        self.worker = Worker(self._on_worker_done)
        self._program = ProgramSide(console, self._on_output)
        self._actions = Actions(self.view, table, self)
        self._bottom = BottomLine(self.view, session, table, self._submit)
        self.message_columns = 80
        """Columns of the pane of what commands say, as it was drawn last."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._said = 0  # lines said since the last command
        self._written = bytearray()  # by the program, since then
        self.size = (0, 0)
        """Columns and rows of the panes together, as they were drawn last."""
        self._typed = False
        self._typed_ahead: list[KeyPress] = []
        self._signal = 0
        self._ending: dict[int, Any] = {}
        self._posts = 0
        self._first: Callable[[], None] = lambda: None
        self._program_screen = ProgramScreen(self, console, self._program)
        self.application: Application[None] = Application(
            self._bottom.layout(_Panes(self)),
            style=Style.from_dict(styles.COLORED if color else styles.PLAIN),
            key_bindings=key_bindings(self.view, self._actions, self._program.type, self._typed_ahead.extend),
            full_screen=True,
            editing_mode=EditingMode.VI if session.settings.keys == "vi" else EditingMode.EMACS,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            min_redraw_interval=_REDRAWS_S,
            input=stdin,
            output=output,
        )
        self.application.ttimeoutlen = _ESCAPE_S
        self.application.timeoutlen = _ESCAPE_S

    def run(self, first: Callable[[], None] | None = None) -> None:
        """Show it until the session is done, or the prompt is wanted.

        Args:
            first: Done before any command, beside the screen: starts the program, runs the init file.
        """
        session = self.session
        self.worker.start()
        self._note_full_screen(True)
        failed: BaseException | None = None
        screen = MessageScreen(
            session.screen, self._say_soon, lambda: self.message_columns, self._program_screen.handed_over
        )
        try:
            with session.shown_on(screen, self.worker.wait, lambda: None):
                self._first = first or self._first
                try:
                    self.application.run(pre_run=self._started, set_exception_handler=False)
                except Exception as error:  # noqa: BLE001  our own bug must not end the session: told, at the prompt
                    failed = error
                finally:
                    self._loop = None
                    self.worker.stop()
        finally:
            self._note_full_screen(False)
            self._program_screen.close()
        self._handle_ending_as_before()
        if self._signal:
            signal.signal(self._signal, signal.SIG_DFL)
            os.kill(os.getpid(), self._signal)
        if failed is not None:
            session.full_screen = False
            path = record_internal_error("drawing the full-screen view", failed)
            lines = internal_error_lines("drawing the full-screen view", failed, path, hint="go on at the prompt; ")
            session.screen.lines(lines)
        elif session.done and self._said:
            session.screen.lines(list(self.view.messages)[-self._said :])
        if session.status == "detached" and not session.killed:
            self._console.queue_output(bytes(self._written))  # it runs on, with the terminal as its own

    # The loop's own: what comes from the debugger, the program, and the system.

    def _started(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_failure)
        handlers = {signum: signal.getsignal(signum) for signum in _ENDING}
        self._ending = {
            signum: each for signum, each in handlers.items() if each not in (signal.SIG_IGN, None)
        }  # as nohup says
        self._catch_ending(loop)
        loop.add_signal_handler(signal.SIGCONT, self._on_continued)
        self._program.watch(loop)
        self._post("starting", self._first)

    def _catch_ending(self, loop: asyncio.AbstractEventLoop) -> None:
        for signum in self._ending:
            loop.add_signal_handler(signum, self._end_by, signum)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """For what holds up the loop: its handlers would not run, so that the system's own must end us."""
        loop = asyncio.get_running_loop()
        for signum in self._ending:
            loop.remove_signal_handler(signum)
        self._handle_ending_as_before()
        try:
            yield
        finally:
            self._catch_ending(loop)

    def _handle_ending_as_before(self) -> None:
        """The loop has put the system's own handlers in place of what was there."""
        for signum, handler in self._ending.items():
            signal.signal(signum, handler)

    def _end_by(self, signum: int) -> None:
        self._signal = signum
        if signum == signal.SIGHUP:
            self._console.hang_up()
        future = self.application.future
        if future is not None and not future.done():  # the end of the input may have come first
            self.application.exit()

    def _on_continued(self) -> None:
        """The shell that had stopped us has set modes of its own."""
        with contextlib.suppress(OSError):
            self.application.input.raw_mode().__enter__()  # stays until the application restores what it found
        self.redraw()

    def _on_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        _log.error("in the full-screen view: %s", context.get("message"), exc_info=error)
        future = self.application.future
        if future is not None and not future.done():
            self.application.exit(exception=error or RuntimeError(str(context.get("message"))))

    def soon(self, action: Callable[..., None], *arguments: object) -> None:
        """Have it done on the main thread, from any; not at all once the view is left."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(action, *arguments)

    def _watch_events(self) -> None:
        if self._loop is not None:
            self._loop.add_reader(self.session.client.event_fd(), self._on_event)

    def _on_event(self) -> None:
        """An event came, and perhaps no command waits for it."""
        assert self._loop is not None
        self._loop.remove_reader(self.session.client.event_fd())
        if self.worker.idle:
            self._post("", lambda: self._interpreter.guard("showing what happened", lambda: None))

    def _on_output(self, data: bytes) -> None:
        was = self.view.output.full_screen
        self.view.output.feed(data)
        self._written += data
        del self._written[:-_KEPT_BYTES]
        self.application.invalidate()
        if self.view.output.full_screen and not was:
            self._program_screen.show()

    # Commands, beside the screen.

    def _post(self, label: str, job: Callable[[], None]) -> None:
        self.view.busy = label
        self._posts += 1
        if self._loop is not None:
            self._loop.remove_reader(self.session.client.event_fd())
            self._loop.call_later(STEP_S, self._show_running, self._posts)
        self.worker.post(job)
        self.application.invalidate()

    def _show_running(self, post: int) -> None:
        """What the panes show is not so any more if the program still runs now; told sooner, they would flicker."""
        if post == self._posts and not self.worker.idle and self.session.status in {"starting", "running"}:
            before = self.view.snapshot
            self.view.take(Snapshot("running", "running", before.program, before.cwd, breakpoints=before.breakpoints))
            self.application.invalidate()
            if self.session.status == "running":
                self._serve_keys()
            elif self._loop is not None:
                self._loop.call_later(STEP_S, self._show_running, post)

    def _serve_keys(self) -> None:
        """There is a screen: what was typed before is about that."""
        if self.view.keys_wait:
            self.view.keys_wait = False
            self.application.key_processor.feed_multiple(self._typed_ahead)
            self.application.key_processor.process_keys()

    def _on_worker_done(self, count: int) -> None:
        """On the worker's thread: everything posted is done, so many jobs."""
        try:
            snapshot = self._gatherer.gather()
        except Exception as error:  # noqa: BLE001  our own bug must not end the thread: told, the session goes on
            path = record_internal_error("looking for the full-screen view", error)
            self._say_soon("\n".join(internal_error_lines("looking for the full-screen view", error, path)) + "\n")
            snapshot = Snapshot(self.session.status, self.session.status)
        self.soon(self._take, snapshot, count)
        self._program_screen.note_quiet()

    def _take(self, snapshot: Snapshot, count: int) -> None:
        # Another command came meanwhile. It may be done already: its own snapshot, and what it says, come later.
        if count != self._posts:
            return
        view = self.view
        self._program.read_all()
        moved = snapshot.stop_number != view.snapshot.stop_number
        view.busy = ""
        view.take(snapshot)
        if self._typed and not moved and self._said > max(self._message_rows(), _LONG) and view.overlay is None:
            view.overlay = Overlay("Commands", list(view.messages)[-self._said :])
        self._typed = False
        self._watch_events()
        if self.session.done or not self.session.full_screen:
            self.application.exit()
        else:
            self._serve_keys()
        self.application.invalidate()

    def _message_rows(self) -> int:
        columns, rows = self.size
        return next((region.rows - 1 for region in regions(self.view, columns, rows) if region.pane == "messages"), 0)

    def _say_soon(self, text: str) -> None:
        """Show what a command says; from any thread."""
        self.soon(self._say, text)

    def _say(self, text: str) -> None:
        self._said += text.count("\n")
        self.view.say(text)
        self.application.invalidate()

    def _submit(self, what: Asking, text: str) -> None:
        """A line was typed at the bottom."""
        if what == "search":
            self.view.search = text or self.view.search
            self._actions.search_on("forwards")
        elif what == "place" and text:
            self._open_place(text)
        elif what == "command":
            self._typed = True
            if text.strip():
                self.execute(text)
            else:
                self._post("again", self._interpreter.repeat)

    def _open_place(self, text: str) -> None:
        if text.isdecimal() and self.view.source is not None:
            self.show_file(self.view.source.path, int(text))
            return

        def find() -> None:
            file, line = self.session.place_for_location()
            found = self.session.ask(FindLocations(text, file, line))[0]
            self._show_source(found.file, found.unit.line)

        self._post("", lambda: self._interpreter.guard(f"looking for {text}", find))

    # What the keys need: actions.Host.

    def execute(self, line: str) -> None:
        """See ``actions.Host``."""
        theme = self.session.screen.theme
        self.view.say(theme.strong("(pydelve) ") + line)
        self._said = 0
        self._written.clear()
        resumes_full_screen = self.view.output.full_screen
        self._post(line.strip(), lambda: self._interpreter.execute(line))
        if resumes_full_screen:
            self._program_screen.show(only_running=True)

    def open_row(self, path: tuple[str, ...]) -> None:
        """See ``actions.Host``."""
        self._post("", lambda: self._gatherer.toggle(path))

    def ask(self, what: Asking, text: str = "", *, stay: bool = False) -> None:
        """See ``actions.Host``."""
        self._bottom.ask(what, text, stay=stay)

    def interrupt(self) -> None:
        """See ``actions.Host``."""
        if not self.session.interrupt() and self.session.status in {"running", "starting"}:
            # no command waits for the program
            self._post("halt", lambda: self._interpreter.guard("halting", self._halt))

    def _halt(self) -> None:
        self.session.ask(Halt())

    def show_file(self, path: str, line: int) -> None:
        """See ``actions.Host``."""
        self._post("", lambda: self._interpreter.guard(f"reading {path}", lambda: self._show_source(path, line)))

    def _show_source(self, path: str, line: int) -> None:
        """On the worker's thread."""
        source = self.session.sources.read(path)

        def show() -> None:
            self.view.source, self.view.focus = source, "source"
            self.view.cursor = max(1, min(line, len(source.lines)))

        self.soon(show)

    def redraw(self) -> None:
        """See ``actions.Host``."""
        self.application.renderer.reset(leave_alternate_screen=False)
        self.application.renderer.clear()
        self.application.invalidate()

    def show_program(self) -> None:
        """See ``actions.Host``."""
        self._program_screen.show()

    def draw(self, columns: int, rows: int) -> UIContent:
        """The panes for prompt-toolkit; the program's terminal follows the size of ours."""
        if (columns, rows) != self.size:
            self.size = (columns, rows)
            if self._console.master_fd >= 0:
                self._console.copy_window_size()
        view = self.view
        for region in regions(view, columns, rows):
            if region.pane == view.focus:
                self._actions.page_rows = region.rows - 1
            if region.pane == "messages":
                self.message_columns = region.columns
        if view.overlay is not None:
            self._actions.page_rows = rows - 2
        lines = compose(view, columns, rows)
        return UIContent(lambda number: [*lines[number]], line_count=len(lines), show_cursor=False)


class _Panes(UIControl):
    """Bridges ``composing`` to prompt-toolkit."""

    def __init__(self, full_screen: FullScreen) -> None:
        self._full_screen = full_screen

    def create_content(self, width: int, height: int) -> UIContent:
        return self._full_screen.draw(width, height)

    def is_focusable(self) -> bool:
        return True
