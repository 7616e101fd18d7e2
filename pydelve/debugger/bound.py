"""Requests and greetings of clients that are about one target only (``views.View.target``). On the engine's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pydelve.api import requests
from pydelve.api.events import BreakpointChanged, Detached, Event, Exited, Started, Stopped, TargetAdded
from pydelve.api.target import State
from pydelve.debugger.roster import Roster
from pydelve.debugger.unseen import Unseen
from pydelve.debugger.views import FIRST, View
from pydelve.errors import UnsupportedError

R = TypeVar("R")
_OF_THE_SESSION = (requests.GetTargets, requests.FollowChildren, requests.AttachChildren, requests.SetStopTogether)
_OF_THE_FIRST = (requests.Restart, requests.Detach)


class ServeOne(Protocol):
    """``targets.Targets``' way to have one target serve a request."""

    def __call__(self, number: int, request: requests.Request[Any], view: View, /) -> Any:
        """What it answers."""
        ...


class Bound:
    """Nothing here depends on which target is the current one."""

    def __init__(
        self,
        roster: Roster,
        unseen: Unseen,
        handlers: dict[type[Any], Callable[[Any], Any]],
        serve_one: ServeOne,
        let_go: Callable[..., None],
    ) -> None:
        """Parts of ``targets.Targets``: ``handlers`` serves what is the session's, ``let_go`` leaves one child."""
        self._roster = roster
        self._unseen = unseen
        self._handlers = handlers
        self._serve_one = serve_one
        self._let_go = let_go

    def serve(self, request: requests.Request[R], view: View) -> R:
        """The answer to one request; raises as that says."""
        answer: R = self._serve(request, view)
        return answer

    def _serve(self, request: requests.Request[Any], view: View) -> Any:
        number = view.target
        if isinstance(request, _OF_THE_SESSION) or (number == FIRST and isinstance(request, _OF_THE_FIRST)):
            return self._handlers[type(request)](request)
        member = self._roster.members.get(number)
        if isinstance(request, requests.SelectTarget):
            raise UnsupportedError(
                f"this is about target {number} only", why="each target is shown by itself here",
                hint=f"go to where target {request.id} is shown",
            )  # fmt: skip
        if member is None:
            gone = self._roster.gone(number)
            if gone is not None and isinstance(request, requests.GetState):
                return State(gone.status, gone.info, exit=gone.exit)
            raise self._roster.none(number)
        if isinstance(request, requests.Detach):
            return self._let_go(member, kill=request.kill)
        return self._serve_one(number, request, view)

    def greeting(self, number: int) -> list[Event]:
        """How things are, for somebody who comes now."""
        member = self._roster.members.get(number)
        if member is None:
            gone = self._roster.gone(number)
            if gone is None or gone.exit is None:
                return [Detached()]
            return [Started(gone.info), Exited(gone.exit)]
        self._unseen.seen(member)
        state = member.state
        told: list[Event] = [Started(state.target)] if state.target is not None else []
        if number == FIRST:
            live = [target for target in self._roster.list(0).targets if target.exit is None]
            told += [TargetAdded(target) for target in live if target.id != FIRST]
        told += [BreakpointChanged(point) for point in member.engine.breakpoints.all()]
        if state.stop is not None and member.told:
            told.append(Stopped(state.stop, number))
        return told if state.exit is None else [*told, Exited(state.exit)]
