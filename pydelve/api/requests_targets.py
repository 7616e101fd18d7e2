"""The requests about the processes of a session, as such. Part of ``requests``."""

from __future__ import annotations

from typing import ClassVar

from pydelve.api.request import Request
from pydelve.api.target import State, TargetList
from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class GetTargets(Request[TargetList]):
    """The processes of the session, and what they have started that is not debugged."""

    coming: bool = False
    """Count those, too, that are about to be targets (``TargetList.coming``)."""
    URGENT: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class SelectTarget(Request[State]):
    """What all requests are about from now on. A target that stands keeps standing, and has its turn again later.

    Raises:
        TargetStateError: there is no such target, or it has ended.
    """

    id: int


@dataclass(frozen=True, slots=True)
class FollowChildren(Request[None]):
    """Children of the targets that are Python are debugged too, with all breakpoints, or are left alone.

    Raises:
        UsageError: the pattern is no regular expression.
        UnsupportedError: the target is only looked at.
    """

    follow: bool
    pattern: str = ""
    """Only those in whose command line this regular expression is found."""


@dataclass(frozen=True, slots=True)
class AttachChildren(Request[None]):
    """The Python processes that the program has started, and theirs, become targets too, as they run: those that were
    there before children were followed, or were left alone. Notices tell of those that can't be attached to.

    Raises:
        TargetStateError: there are none.
        UnsupportedError: the target is only looked at.
    """


@dataclass(frozen=True, slots=True)
class SetStopTogether(Request[None]):
    """Does a stop in one target stop all others too, so that they go on with it? They run on, from the start. With it,
    Halt is about all of them.
    """

    together: bool
