"""``config stop-targets all``: what stops one target of a session stops the others with it, and they go on with it.

The others are halted as Ctrl-C would halt them, and stand *along*: nobody is told of their stops. The stop that it is
about is told when they all stand, or after a second: one that is in C code can't be halted before it comes back, and
stands as soon as it does. Whoever begins, or goes on by itself, while the session stands is halted too. Nothing here
waits: if a target ends, or the debugger does, it is as without this. On the engine's thread, for ``targets``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pydelve.api.events import Event, HaltPending, Notice, Stopped
from pydelve.api.requests import Halt, Resume
from pydelve.debugger.loop import Loop
from pydelve.debugger.member import Member
from pydelve.errors import PydelveError
from pydelve.records import replace

_PATIENCE_S = 1.0


class Together:
    """One per session."""

    def __init__(self, members: dict[int, Member], loop: Loop, emit: Callable[[Event], None]) -> None:
        """``members`` is kept by ``targets``; ``emit`` tells all clients."""
        self._members, self._loop, self._emit = members, loop, emit
        self.on = False
        """It is wanted."""
        self.holding = False
        """The session stands, or is about to: whoever runs is to stand."""
        self._along: set[int] = set()
        """Who stands with another one, or has been looked at already: it goes on when the session does."""
        self._asked: set[int] = set()
        """Who is to stand and has not come to it; after the session went on, it goes on as soon as it stands."""
        self._shown: Stopped | None = None
        """A stop that is told when all stand."""
        self._then: list[Event] = []
        self._interrupted = False
        """One that stands along was in the middle of a step."""

    def switch(self, together: bool, current: Member) -> None:
        """Is it wanted, from now on? It is at once as it will be at the next stop."""
        self.on = together
        if not together:
            self._tell()
            self.go_on()
        elif current.stands:
            self._hold(current.number)

    # -- the session stops ---------------------------------------------------------------------------------------------

    def present(self, event: Stopped) -> None:
        """Tell of a stop of the target that is looked at from now on."""
        self._shown = None
        self.looks_at(event.target)
        if not self.on or len(self._members) == 1:
            self._emit(event)
            return
        self._shown = event
        self._hold(event.target)
        self._tell_if_all_stand()
        self._loop.after(_PATIENCE_S, lambda: self._tell(event))

    def tell_after(self, event: Event) -> None:
        """Tell of something that comes after the stop that is not told yet, if there is one."""
        if self._shown is None:
            self._emit(event)
        else:
            self._then.append(event)

    def halt(self) -> None:
        """All are to stand."""
        self._hold(0)

    def looks_at(self, number: int) -> None:
        """This one is looked at from now on."""
        self._along.discard(number)

    def keep(self, number: int) -> None:
        """This one was looked at, and stands along from now on."""
        self._along.add(number)

    def _hold(self, shown: int) -> None:
        self.holding = True
        for member in list(self._members.values()):
            if member.number != shown:
                self._ask(member)

    def _ask(self, member: Member) -> None:
        if member.state.status == "running" and self.holding:
            self._asked.add(member.number)
            with suppress(PydelveError):  # it ends at this moment
                member.engine.serve(Halt())

    def _tell_if_all_stand(self) -> None:
        if all(number not in self._members or self._members[number].stands for number in self._asked):
            self._tell()

    def _tell(self, only: Stopped | None = None) -> None:
        event, then = self._shown, self._then
        if event is None or (only is not None and only is not event):
            return
        self._shown, self._then = None, []
        member = self._members.get(event.target)
        if self._interrupted and member is not None and member.state.stop is event.stop:
            event = replace(event, stop=replace(event.stop, interrupted_step=True))
            member.engine.current.state = replace(member.state, stop=event.stop)
        self._interrupted = False
        for each in (event, *then):
            self._emit(each)

    # -- what the others do --------------------------------------------------------------------------------------------

    def takes(self, member: Member, event: Stopped, current: int) -> bool:
        """A target has stopped: was that for the sake of the session, so that nobody is told?"""
        stop, asked = event.stop, member.number in self._asked
        self._asked.discard(member.number)
        along = asked and stop.reason == "halt" and not stop.breakpoints
        if along and not self.holding:  # for a stop that is over
            self._let_run(member)
            return True
        if not along or member.number == current:
            if self._shown is not None:
                self._loop.post(self._tell_if_all_stand, urgent=False)
            return False
        self._along.add(member.number)
        self._interrupted = self._interrupted or stop.interrupted_step
        self._tell_if_all_stand()
        return True

    def runs(self, member: Member) -> None:
        """It is new, or has gone on by itself."""
        if self.holding:
            self._loop.post(lambda: self._ask(member), urgent=False)

    def overdue(self, member: Member, event: HaltPending) -> None:
        """It was to stand, and does not yet."""
        if self.holding and member.number in self._asked:
            self._emit(Notice(f"target {member.number} runs on", event.why, "targets"))

    def gone(self, number: int) -> None:
        """It has ended, or was let go of."""
        self._asked.discard(number)
        self._along.discard(number)
        if self._shown is not None and self._shown.target == number:
            self._shown, self._then = None, []
        self._tell_if_all_stand()

    # -- the session goes on -------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """The one that was looked at runs, or has ended: the others do too."""
        self.holding, self._interrupted = False, False
        self._shown, self._then = None, []
        along, self._along = self._along, set()
        for number in along:
            if number in self._members:
                self._let_run(self._members[number])

    def _let_run(self, member: Member) -> None:
        if member.state.status == "stopped":
            with suppress(PydelveError):  # it ends at this moment
                member.engine.serve(Resume("continue"))
