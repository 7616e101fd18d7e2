"""Children that stand where no client sees them: they run on. On the engine's thread."""

from __future__ import annotations

from collections.abc import Callable

from pydelve.api.events import Notice
from pydelve.debugger.loop import Loop
from pydelve.debugger.member import Member
from pydelve.debugger.views import FIRST, Views

PATIENCE_S = 10.0
"""For an editor to show a child in a session of its own; it starts a process of its own for that."""


class Unseen:
    """Every client is about another target: whoever is to show this child has not come yet, or is gone."""

    def __init__(self, views: Views, loop: Loop, run_on: Callable[[Member], None], is_held: Callable[[], bool]) -> None:
        """What it needs of the session.

        Args:
            views: Its clients.
            loop: Where it waits.
            run_on: Lets a target go on that may stand.
            is_held: Do all stand, as one does that is seen?
        """
        self._views = views
        self._loop = loop
        self._run_on = run_on
        self._is_held = is_held

    def look(self, member: Member) -> None:
        """It has stopped, or a client has left."""
        if member.stands and self._views.unseen(member.number):
            self._wait(member, 0 if member.runs_on else PATIENCE_S)

    def seen(self, member: Member) -> None:
        """A client has come that shows it."""
        member.runs_on = False

    def _wait(self, member: Member, limit_s: float) -> None:
        stops = member.stops
        self._loop.after(limit_s, lambda: self._overdue(member, stops))

    def _overdue(self, member: Member, stops: int) -> None:
        if not member.stands or member.stops != stops or not self._views.unseen(member.number):
            return
        if self._is_held() or member.state.status == "evaluating":
            self._wait(member, PATIENCE_S)
            return
        if not member.runs_on:
            member.runs_on = True
            notice = Notice(
                f"target {member.number} stopped, and runs on", "nobody has come to look at it",
                f"attach to process {member.pid}",
            )  # fmt: skip
            for view in self._views:
                if view.target == FIRST:
                    view.tell(notice)
        self._run_on(member)
