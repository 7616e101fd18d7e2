"""Which target of a session the prompt looks at, and what is told of the others. On the main thread, as ``session``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pydelve.api.events import ChildLeftAlone, Stopped, TargetAdded, TargetExited, TargetWaits
from pydelve.api.requests import SelectTarget
from pydelve.api.target import ExitStatus, State, Target, TargetInfo
from pydelve.errors import TargetStateError
from pydelve.terminal.messages import part_lines
from pydelve.terminal.places import end_line
from pydelve.terminal.target_lines import added_line, exited_line, left_line, run_on_line, selected_line, waits_line

if TYPE_CHECKING:
    from pydelve.terminal.session import Session

TargetEvent = TargetAdded | TargetWaits | TargetExited | ChildLeftAlone
_FIRST = 1


class TargetView:
    """Changes of ``session`` between one target and another."""

    def __init__(self, session: Session) -> None:
        """There is the program only."""
        self._session = session
        self._current = self._shown = _FIRST
        """Shown: the one that was named last; where nothing stands, the change to another one is not worth a line."""
        self._first: TargetInfo | None = None
        """The program, while a child of it is looked at."""
        self._children: dict[int, TargetInfo] = {}

    def handle(self, event: TargetEvent) -> None:
        """Take note of what a child does, and show it."""
        session = self._session
        match event:
            case ChildLeftAlone(left, isolated):
                if isolated:
                    session.screen.lines([left_line(left), *part_lines(left.why, "")])
            case TargetAdded(target):
                self._children[target.id] = target.info
                session.screen.line(added_line(target))
            case TargetWaits(target):
                session.screen.line(waits_line(target, session.cwd))
                if session.screen.interactive:
                    hint = f"target {target.id}; or continue: it has its turn then"
                    session.screen.lines(part_lines("", hint))
            case TargetExited(target, current):
                session.screen.line(exited_line(target))
                self._children.pop(target.id, None)
                if self._current == target.id and current.stop is None:
                    self._change(current.id)
                    self._take_over(current.status, current.exit)

    def choose(self, number: int) -> None:
        """This target is the current one from now on, and is shown."""
        self._change(number)
        if number != self._shown and self._session.target is not None:
            self._shown = number
            self._session.screen.line(selected_line(number, self._session.target))

    def _change(self, number: int) -> None:
        session = self._session
        if number == self._current:
            return
        if self._current == _FIRST:
            self._first = session.target
        info = self._first if number == _FIRST else self._children.get(number)
        if info is not None:
            self._current, session.target = number, info
            session.forget_place()

    def look_at(self, target: Target, state: State) -> None:
        """A target was chosen; if it stands, an event tells of it."""
        if state.stop is None:
            self.choose(target.id)
            self._take_over(state.status, state.exit)
            self._session.screen.line(f"it is {self._session.status}")

    @contextmanager
    def for_one_command(self, number: int) -> Iterator[None]:
        """Look at another target for the time of a ``with`` block, unless something moved in it; nothing is shown."""
        session, before = self._session, self._current
        place = session.thread, session.frame_index, session.list_next
        self._look_quietly(number)
        stop = session.stop
        try:
            yield
        finally:
            if session.stop is stop and self._current == number and not session.done:
                with suppress(TargetStateError):  # that one has ended meanwhile
                    self._look_quietly(before)
                    session.thread, session.frame_index, session.list_next = place

    def _look_quietly(self, number: int) -> None:
        session = self._session
        if number == self._current:
            return
        state = session.ask(SelectTarget(number))
        self._change(number)
        self._take_over(state.status, state.exit)
        if state.stop is not None:
            session.status, session.stop, session.frame_index = "stopped", state.stop, state.stop.frame
        while (event := session.client.next_event(0)) is not None:  # those of the request are there before its answer
            if not isinstance(event, Stopped) or event.target != number:
                session.handle(event)

    def _take_over(self, status: str, ended: ExitStatus | None) -> None:
        session = self._session
        session.stop, session.exit = None, ended
        session.status = "ended" if status == "ended" else "detached" if status == "detached" else "running"

    def program_ended(self, status: ExitStatus) -> bool:
        """The program has ended; True where a child of it is looked at, and goes on being looked at."""
        if self._current == _FIRST:
            return False
        self._session.screen.line(f"target {_FIRST}: {end_line(status, self._first)}")
        return True

    def show_children(self) -> None:
        """Those that outlive the program."""
        if self._children:
            self._session.screen.line(run_on_line(list(self._children)))

    @property
    def program(self) -> TargetInfo | None:
        """What the session began with, whatever is looked at."""
        return self._session.target if self._current == _FIRST else self._first

    @property
    def pid(self) -> int:
        """Of the program; 0 where there is none."""
        return self.program.pid if self.program is not None else 0

    @property
    def may_wait(self) -> bool:
        """May another target stand, and wait for its turn?"""
        return self._current != _FIRST or bool(self._children)

    def restarted(self) -> None:
        """The program was started again, without children."""
        self._current = self._shown = _FIRST
        self._children.clear()
