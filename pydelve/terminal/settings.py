"""Settings that are the debugger's, too: what it is told when they change. Pure; called by the session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydelve.api.requests import (
    FollowChildren,
    Request,
    SetStopOne,
    SetStopTogether,
    SetStopUncaught,
    SubstitutePaths,
)
from pydelve.config import Settings


def requests_for(before: Settings, after: Settings) -> Iterator[Request[Any]]:
    """What to ask for, one setting after the other: each holds though a later one is refused."""
    if after.substitute_path != before.substitute_path:
        yield SubstitutePaths(after.substitute_path)
    if after.stop != before.stop:
        yield SetStopOne(after.stop == "one")
    if after.stop_targets != before.stop_targets:
        yield SetStopTogether(after.stop_targets == "all")
    if after.stop_uncaught != before.stop_uncaught:
        yield SetStopUncaught(after.stop_uncaught)
    if after.follow_children != before.follow_children:
        yield FollowChildren(after.follow_children)
