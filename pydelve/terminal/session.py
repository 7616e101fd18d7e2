"""The user's place in the program: what runs or stands where, which thread and frame is looked at; events as they come.

Knows no command and reads no line. On the main thread; :meth:`Session.on_interrupt` is for the handler of SIGINT.
"""

from __future__ import annotations

import logging
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import (
    BreakpointChanged,
    Continued,
    Detached,
    Event,
    Exited,
    HaltPending,
    Logged,
    Notice,
    Output,
    Progress,
    Started,
    Stopped,
    Traced,
)
from pydelve.api.requests import Detach, GetStack, Halt, Interrupt, Request
from pydelve.api.target import ExitStatus, Frame, Stop, TargetInfo
from pydelve.client import Client
from pydelve.config import Settings
from pydelve.errors import PydelveError, TargetGoneError, TargetStateError, UsageError
from pydelve.terminal.displays import Display
from pydelve.terminal.failures import failure_lines
from pydelve.terminal.messages import part_lines
from pydelve.terminal.names import counted
from pydelve.terminal.own_printers import OwnPrinters, own_file
from pydelve.terminal.places import (
    began_line,
    breakpoint_head,
    end_line,
    is_suspended,
    log_lines,
    pending_lines,
    progress_text,
    stop_head,
    stop_tail,
)
from pydelve.terminal.screen import Screen
from pydelve.terminal.settings import requests_for
from pydelve.terminal.source_view import SourceView
from pydelve.terminal.target_view import TargetEvent, TargetView
from pydelve.terminal.traces import traces_of
from pydelve.terminal.urgent import UrgentSender
from pydelve.terminal.values import render_value

if TYPE_CHECKING:
    from pydelve.terminal.trace_points import TracePoints

R = TypeVar("R")
_LOOK_AGAIN_S = 0.05
_END_COMES_S = 2.0
_log = logging.getLogger(__name__)
Remote = Literal["no", "ends", "stays"]
"""Whether the session is in another process, and what it does when its last client has left."""
Status = Literal["starting", "running", "stopped", "ended", "detached"]


class Session:
    """One program under the debugger, as the prompt sees it.

    Args:
        client: The debugger.
        screen: Where text goes.
        wait: Waits for the next event while the program runs (in a terminal: passes the program's terminal through).
        cwd: Paths below it are shown relative to it; a real path.
        settings: See ``config``.
        before_restart: Makes the program's standard streams as new.
        show_output: Shows what the program wrote so far, where that goes through our hands.
    """

    def __init__(
        self,
        client: Client,
        screen: Screen,
        *,
        wait: Callable[[Client], Event],
        cwd: str,
        settings: Settings | None = None,
        before_restart: Callable[[], None] = lambda: None,
        show_output: Callable[[], None] = lambda: None,
    ) -> None:
        self.client = client
        self.screen = screen
        self.cwd = cwd
        self.settings = settings or Settings()
        if settings is not None:
            screen.configure(settings)
        self.status: Status = "starting"
        self.target: TargetInfo | None = None
        self.stop: Stop | None = None
        self.exit: ExitStatus | None = None
        self.targets = TargetView(self)
        self.sources = SourceView(self)
        self.breakpoints: dict[int, Breakpoint] = {}
        self.thread = 0
        """``Thread.id`` of the thread looked at; 0 is the one that stopped."""
        self.alone = False
        """The command is about that thread only: others stand still while it goes on."""
        self.frame_index = 0
        self.hit_commands: list[str] = []
        """What ``on`` said to run at the stop that came last, and has not run yet."""
        self.list_next: tuple[str, int] | None = None
        """File and line where ``list`` goes on."""
        self.displays: list[Display] = []
        self.traces: TracePoints | None = None
        self.after_stop: Callable[[], None] = lambda: None
        """Shows what belongs to a stop besides itself."""
        self.full_screen: bool | None = None
        """The full-screen view is wanted, or the prompt; None where there is no terminal that could show it."""
        self.command_runs_on = 0
        """Ident of the thread where a command can be ended by KeyboardInterrupt now, 0 where none can."""
        self.sourcing = 0
        """Files that ``source`` runs now, one from within another."""
        self.confirm: Callable[[str], bool] = lambda question: True
        """Asks the person who sits there, if one does."""
        self.done = self.lost = False  # lost: the connection, while the session elsewhere was under way
        self.remote: Remote = "no"
        self.killed = False
        """Leaving killed the program."""
        self.before_restart = before_restart
        self.show_output = show_output
        self._wait = wait
        self._urgent = UrgentSender(client)
        self._own_printers = OwnPrinters(own_file(), lambda error: self.screen.error(error))  # noqa: PLW0108  the screen may change
        self._waiting = False
        self._asking = 0
        self._asked = 0  # requests so far
        self._restarting = False

    def configure(self, settings: Settings) -> None:
        """Go on with other settings."""
        before, self.settings = self.settings, settings
        self.screen.configure(settings)
        for request in requests_for(before, settings):
            self.ask(request)

    @property
    def left_running(self) -> int:
        """The pid of the program that was let go of and runs on; 0 where there is none."""
        return self.targets.pid if self.status == "detached" and not self.killed else 0

    # Requests ---------------------------------------------------------------------------------------------------------

    def ask(self, request: Request[R]) -> R:
        """Send a request and wait for its answer; Ctrl-C meanwhile interrupts an evaluation."""
        self._asking += 1
        self._asked += 1
        try:
            answer = self.client.call(request)
        finally:
            self._asking -= 1
        return self._own_printers.dress(answer)

    def ask_showing_progress(self, request: Request[R]) -> R:
        """The same for one that takes long, from a thread of its own: how far it is, is shown meanwhile."""
        answers: list[R] = []
        errors: list[PydelveError] = []

        def run() -> None:
            try:
                answers.append(self.ask(request))
            except PydelveError as error:
                errors.append(error)

        thread = threading.Thread(target=run, name="pydelve-asking", daemon=True)
        thread.start()
        while thread.is_alive():
            if (event := self.client.next_event(_LOOK_AGAIN_S)) is not None:
                self.handle(event)
        if errors:
            raise errors[0]
        return answers[0]

    def on_interrupt(self) -> None:
        """SIGINT: halt what runs, interrupt what evaluates, else end the command that runs.

        Raises:
            KeyboardInterrupt: to end it, once; also between commands where nobody sits there, to end the session.
        """
        if self.interrupt():
            return
        if self.command_runs_on == threading.get_ident():
            self.command_runs_on = 0
        elif self.screen.interactive:  # at the prompt, or on the way there: it could only do harm
            return
        raise KeyboardInterrupt

    def interrupt(self) -> bool:
        """Halt what runs, interrupt what evaluates; False where there is neither."""
        if self._waiting:  # the terminal is not raw for a moment between two events
            self.screen.note_interrupt()
            self._urgent.send(Halt())
            return True
        if self._asking:
            self.screen.note_interrupt()
            asked = self._asked
            self._urgent.send(Interrupt(), lambda: bool(self._asking) and self._asked == asked)
            return True
        return False

    @contextmanager
    def shown_on(
        self, screen: Screen, wait: Callable[[Client], Event], show_output: Callable[[], None]
    ) -> Iterator[None]:
        """Another screen, with its own ways to wait and to show the program's output, for the time of a ``with``."""
        before = self.screen, self._wait, self.show_output
        self.screen, self._wait, self.show_output = screen, wait, show_output
        try:
            yield
        finally:
            self.screen, self._wait, self.show_output = before

    def leave(self, *, kill: bool) -> None:
        """Let go of the program, killed or running on, and end the session, whatever the debugger says to it."""
        self.done = True
        if self.status not in {"ended", "detached"}:
            self.ask(Detach(kill=kill))
            self.status, self.killed = "detached", kill

    # Events -----------------------------------------------------------------------------------------------------------

    def wait_for_stop(self, *, restarting: bool = False) -> None:
        """Let the program run until it stops or ends, and show what happens.

        Where a person sits there, a halt that does not come in time returns too, with the program still running: the
        prompt must stay in reach. The stop is then shown above it.
        """
        self._restarting = restarting
        self.screen.new_page()
        if self.status in {"stopped", "ended"}:
            self.status = "running"
        while self.status in {"starting", "running"}:
            self._waiting = True
            try:
                event = self._wait(self.client)
            except TargetGoneError as error:
                self._on_lost(error)
                return
            finally:
                self._waiting = False
            self.handle(event)
            if isinstance(event, HaltPending) and self.screen.interactive:
                return

    def pump(self) -> None:
        """Show the events that came by themselves; never waits."""
        try:
            while (event := self.client.next_event(0)) is not None:
                self.handle(event)
        except TargetGoneError as error:
            self._on_lost(error)

    def wait_for_end(self) -> None:
        """A request was told that the program is gone: the event that says how comes any moment."""
        try:
            while self.status in {"running", "stopped"} and (event := self.client.next_event(_END_COMES_S)) is not None:
                self.handle(event)
        except TargetGoneError as error:
            _log.info("the session has ended, too: %s", error)
            if self.remote != "no":
                self._on_lost(error, told=True)

    def _on_lost(self, error: TargetGoneError, *, told: bool = False) -> None:
        """The session elsewhere has ended; ``told``: the user knows.

        Raises:
            TargetGoneError: this one is no such session.
        """
        if self.remote == "no":
            raise error
        if not (told or self.done):
            self.screen.error(error)
        self.lost |= not self.done and self.status not in {"ended", "detached"}
        self.done, self.status = True, "detached"

    def handle(self, event: Event) -> None:
        """Take note of an event and show it."""
        match event:
            case Started(target):
                self._on_started(target)
            case Stopped(stop, number):
                self.targets.choose(number)
                self.status, self.stop = "stopped", stop
                self.forget_place()
                self.frame_index = stop.frame
                if self.traces and self.target:
                    self.traces.renew(self.target.pid, self.ask)
                self._show_stop(stop)
                points = [self.breakpoints[number] for number in stop.breakpoints if number in self.breakpoints]
                self.hit_commands = [command for point in points for command in point.commands]
            case Continued():
                if self.status == "stopped":
                    self.status = "running"
            case Exited(status):
                self._on_exited(status)
            case BreakpointChanged(point, landed, cleared):
                before = self.breakpoints.get(point.id)
                self.note_breakpoint(point, cleared=cleared)
                if landed and (before is None or is_suspended(before)):
                    self.screen.line(f"landed: {breakpoint_head(point, self.cwd)}")
            case Output(_, text):
                self.screen.output(text)
            case Detached():
                self.status, self.stop = "detached", None
            case HaltPending():
                self.screen.lines(pending_lines(event, self.cwd, interactive=self.screen.interactive))
            case Logged(entries, lost, _, target):
                self.screen.lines(log_lines(entries, lost, self.cwd, target))
            case Traced():
                self.screen.lines(traces_of(self).lines(event))
            case _ if isinstance(event, TargetEvent):
                self.targets.handle(event)
            case Progress(over=False):
                self.screen.progress(progress_text(event))
            case Notice(message, why, hint):
                self.screen.lines([message, *part_lines(why, hint)])

    def note_breakpoint(self, point: Breakpoint, *, cleared: bool = False) -> None:
        """Remember a breakpoint for the marks in listings."""
        if cleared:
            self.breakpoints.pop(point.id, None)
        else:
            self.breakpoints[point.id] = point

    def _on_started(self, target: TargetInfo) -> None:
        self.targets.restarted()
        self.target, self.stop, self.exit = target, None, None
        self.status, self._restarting = "running", False
        self.forget_place()
        words = shlex.join(target.argv)
        self.screen.line(f"{began_line(target)}: {words} (CPython {target.python})")

    def _on_exited(self, status: ExitStatus) -> None:
        if self._restarting:
            return  # the old process of a restart: its end is no news
        if self.targets.program_ended(status):
            return
        self.status, self.stop, self.exit = "ended", None, status
        self.forget_place()
        self.screen.line(end_line(status, self.target))
        self.targets.show_children()
        if self.screen.interactive:
            launched = self.target is None or self.target.launched
            self.screen.lines(part_lines("", "restart, or exit" if launched else "exit"))

    def forget_place(self) -> None:
        """Look at no thread or frame in particular."""
        self.thread, self.frame_index, self.list_next = 0, 0, None

    def _show_stop(self, stop: Stop) -> None:
        names = {number: point.name for number, point in self.breakpoints.items() if point.name}
        self.screen.line(self.screen.theme.strong(stop_head(stop, self.cwd, names)), anew=stop.test is not None)
        if stop.returned is not None:
            value = render_value(stop.returned.value, width=self.screen.width, used=len("returned: "))
            self.screen.line(f"returned: {value}")
        if stop.frames:
            self.sources.show_around(stop.frames[stop.frame])
        self.screen.lines(stop_tail(stop))
        if stop.test is not None:
            self.screen.lines(failure_lines(stop.test, self.screen.width))
        self.after_stop()

    # Place ------------------------------------------------------------------------------------------------------------

    @contextmanager
    def looking_at(self, *, thread: int | None = None, frame: int = 0, alone: bool | None = None) -> Iterator[None]:
        """Another place for the time of a ``with`` block, unless the program moved in it."""
        was_alone, self.alone = self.alone, self.alone if alone is None else alone
        before, stop = (self.thread, self.frame_index, self.list_next), self.stop
        self.thread = self.thread if thread is None else thread
        self.frame_index, self.list_next = frame, None
        try:
            yield
        finally:
            self.alone = was_alone
            if self.stop is stop:
                self.thread, self.frame_index, self.list_next = before

    def select(self, *, thread: int | None = None, frame: int = 0) -> None:
        """Look at another thread or frame from now on."""
        self.thread = self.thread if thread is None else thread
        self.frame_index, self.list_next = frame, None

    def current_thread(self) -> int:
        """``Thread.id`` of the thread looked at."""
        return self.thread or (self.stop.thread if self.stop else 0)

    def frame_at(self, index: int) -> Frame:
        """A frame of the thread looked at.

        Raises:
            UsageError: the stack is not that deep.
        """
        stop = self.stop
        if stop is not None and self.thread in {0, stop.thread} and index < len(stop.frames):
            return stop.frames[index]
        stack = self.ask(GetStack(self.thread, index, 1))
        if not stack.frames:
            raise UsageError(
                f"there is no frame {index}", why=f"the stack has {counted(stack.total, 'frame')}", hint="stack"
            )
        return stack.frames[0]

    def current_frame(self) -> Frame:
        """The frame looked at."""
        return self.frame_at(self.frame_index)

    def place_for_location(self) -> tuple[str, int]:
        """File and line that ``+2`` and ``14`` refer to; ("", 0) where nothing stands."""
        if self.status != "stopped":
            return "", 0
        frame = self.current_frame()
        return frame.file, frame.line

    def require_alive(self, doing: str) -> None:
        """Refuse what needs a program, running or not.

        Raises:
            TargetStateError: there is none.
        """
        if self.status not in {"running", "stopped"}:
            self.require_stopped(doing)

    def require_stopped(self, doing: str) -> None:
        """Refuse what needs a stopped program.

        Raises:
            TargetStateError: it is not stopped.
        """
        if self.status == "stopped":
            return
        if self.status == "ended" and self.exit is not None:
            raise TargetStateError(
                f"{doing} needs a stopped program", why=end_line(self.exit, self.target), hint="restart"
            )
        raise TargetStateError(
            f"{doing} needs a stopped program", why=f"it is {self.status}", hint="continue waits for it, exit ends it"
        )
