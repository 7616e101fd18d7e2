"""The targets of a session, those that were, and what was left alone. Kept by ``targets``, on the engine's thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from pydelve.api.events import Event, Exited, Started, Stopped, TargetAdded, TargetWaits
from pydelve.api.target import LeftAlone, Target, TargetList
from pydelve.debugger.member import Member
from pydelve.debugger.views import FIRST
from pydelve.errors import PydelveError, TargetStateError

_KEPT = 100


def no_target(number: int) -> PydelveError:
    """There is none of that number."""
    return TargetStateError(f"there is no target {number}", why="no child of that number was followed", hint="targets")


class Roster:
    """Who is there, by number, who was, and what was left alone."""

    def __init__(self, first: Member) -> None:
        """The one that the session began with."""
        self.members = {first.number: first}
        self.ended: deque[Target] = deque(maxlen=_KEPT)
        self._left_alone: dict[tuple[tuple[str, ...], str], int] = {}

    def others(self, number: int) -> list[Member]:
        """All but one."""
        return [member for member in list(self.members.values()) if member.number != number]

    def stands(self, number: int) -> bool:
        """Is it there, and stopped?"""
        return number in self.members and self.members[number].stands

    def target(self, member: Member, current: int) -> Target:
        """One as clients are told of it."""
        state = member.state
        assert state.target is not None
        return Target(
            member.number, state.target, state.status, member.how, member.parent, member.number == current,
            state.stop, state.exit,
        )  # fmt: skip

    def list(self, current: int) -> TargetList:
        """All of them."""
        live = [self.target(member, current) for member in self.members.values() if member.state.target is not None]
        left = tuple(LeftAlone(words, why, count) for (words, why), count in self._left_alone.items())
        return TargetList(tuple(sorted([*live, *self.ended], key=lambda target: target.id)), left)

    def greeting(self, current: int, turns: Sequence[int]) -> tuple[Sequence[Event], Sequence[Event]]:
        """See ``targets.Targets.greeting``; ``turns``: those that stand and wait to be looked at."""
        there: list[Event] = []
        stands: list[Event] = []
        for target in self.list(current).targets:
            if target.id == FIRST:
                there.append(Started(target.info))
                stands += [] if target.exit is None else [Exited(target.exit)]
            elif target.exit is None:
                there.append(TargetAdded(target))
            if target.stop is not None and (target.current or target.id in turns):
                stands.append(Stopped(target.stop, target.id) if target.current else TargetWaits(target))
        return there, sorted(stands, key=lambda event: isinstance(event, Stopped))  # last: it is what is looked at

    def leaves(self, member: Member) -> Target | None:
        """It is a member no more; how it was at last. None where nobody was told of it."""
        self.members.pop(member.number, None)
        if member.state.target is None:
            return None
        gone = self.target(member, 0)
        self.ended.append(gone)
        return gone

    def gone(self, number: int) -> Target | None:
        """One that was there."""
        return next((target for target in self.ended if target.id == number), None)

    def none(self, number: int) -> PydelveError:
        """There is none of that number, or no more."""
        if self.gone(number) is None:
            return no_target(number)
        return TargetStateError(
            f"target {number} has ended", why="there is nothing to look at any more", hint="targets"
        )

    def count_left(self, left: LeftAlone) -> None:
        """A program was started that is not debugged."""
        key = left.words, left.why
        self._left_alone[key] = self._left_alone.pop(key, 0) + 1  # at the end: it was the last one
        if len(self._left_alone) > _KEPT:
            del self._left_alone[next(iter(self._left_alone))]
