"""Clients of a session as the engine sees them: which target each is about, and which breakpoints it has a part in.

Most clients look at whatever target is the current one. A view that is bound is about one target for good: its requests
go there, and it hears of that target only, at once, whoever's turn it is. So an editor can show each process in a
session of its own. On the engine's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import ChildLeftAlone, Event, Output, TargetAdded, TargetExited, TargetWaits
from pydelve.api.requests import ClearBreakpoint, Request

FIRST = 1
"""The number of the target that the session began with."""
_OF_THE_SESSION = (Output, TargetAdded, TargetExited, ChildLeftAlone)
"""What is told besides to views that are bound to the first target."""


class Breakpoints(Protocol):
    """``breakpoints.Breakpoints``."""

    def known(self, number: int) -> bool:
        """Is there one of that number?"""
        ...

    def get(self, number: int) -> Breakpoint:
        """One of them."""
        ...


class View:
    """One client."""

    def __init__(
        self, tell: Callable[[Event], None], target: int = 0, *, looks: bool = True, reads: bool = False
    ) -> None:
        """Nobody is told of it yet (:meth:`Views.add`).

        Args:
            tell: Takes an event; must not block.
            target: ``Target.id`` of the only one that it is about; 0: the current one.
            looks: Somebody is there who can let a target go on.
            reads: It says by itself when it has read log messages and traced calls.
        """
        self.tell = tell
        self.target = target
        self.looks = looks
        self.reads = reads
        self.parts: set[int] = set()
        """Breakpoints that it has a part in."""

    @property
    def is_about_the_session(self) -> bool:
        """Does leaving mean the program, and not one of its children?"""
        return self.target in (0, FIRST)


class Views:
    """All that listen, in the order in which they came."""

    def __init__(self) -> None:
        """There are none."""
        self._all: list[View] = []
        self._shared: dict[Request[Any], int] = {}

    def __iter__(self) -> Iterator[View]:
        return iter(tuple(self._all))

    def add(self, view: View) -> None:
        """It hears of all from now on."""
        self._all.append(view)

    def remove(self, view: View) -> None:
        """It hears no more. What it had a part in stays, as what others have set."""
        if view in self._all:
            self._all.remove(view)

    # -- telling -------------------------------------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Tell what is not one target's: of the session, or of whichever is the current one."""
        to_first = isinstance(event, _OF_THE_SESSION)
        for view in self:
            if view.target == 0 or (to_first and view.target == FIRST):
                view.tell(event)

    def tell_all(self, event: Event) -> None:
        """Tell every view."""
        for view in self:
            view.tell(event)

    def tell_bound(self, target: int, event: Event) -> None:
        """Tell the views that are bound to a target."""
        if not isinstance(event, (*_OF_THE_SESSION, TargetWaits)):
            for view in self:
                if view.target == target:
                    view.tell(event)

    def read_by_one(self, target: int) -> bool:
        """Does a view that hears of this target say by itself what it has read?"""
        return any(view.reads and view.target in (0, target) for view in self)

    def heard(self, target: int) -> bool:
        """Is there a client who hears of this target?"""
        return any(view.looks and view.target in (0, target) for view in self)

    def unseen(self, target: int) -> bool:
        """Are there clients, and none who could let this child go on?"""
        looking = [view.target for view in self if view.looks]
        return target != FIRST and bool(looking) and not {0, target}.intersection(looking)

    # -- breakpoints that several have set alike -----------------------------------------------------------------------

    def shared(self, request: Request[Any], view: View, points: Breakpoints) -> Breakpoint | None:
        """The breakpoint that a request is about, where others have a part in it that leaves nothing to be done."""
        if not getattr(request, "shared", False):
            return None
        if isinstance(request, ClearBreakpoint):
            point = points.get(request.id)
            view.parts.discard(request.id)
            return point if any(request.id in other.parts for other in self) else None
        number = self._shared.get(request, 0)
        if not points.known(number):
            return None
        view.parts.add(number)
        return points.get(number)

    def served(self, request: Request[Any], view: View, result: Any) -> None:
        """A request was served, as nobody else had a part in it."""
        if getattr(request, "shared", False) and not isinstance(request, ClearBreakpoint):
            self._shared[request] = result.id
            view.parts.add(result.id)
