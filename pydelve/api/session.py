"""The session as such: what holds for all of its clients, what can be done in it, memory of its target."""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass

MOST_MEMORY_BYTES = 1 << 20
"""So much of memory is given in one answer."""
FeatureName = Literal["run", "control", "restart", "dump", "memory", "exceptions at the raise"]
"""run: resume, halt; control: breakpoints, steps, calls, assignments, tasks, traces; the others are for their
requests."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that can be done with some targets only."""

    name: FeatureName
    why: str = ""
    """Why it can't be done with this one; "" where it can."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What there is."""

    pydelve: str
    """Its version."""
    features: tuple[Feature, ...]

    def lacks(self, name: FeatureName) -> str:
        """Why that can't be done; "" where it can."""
        return next((feature.why for feature in self.features if feature.name == name), "")


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """Settings that are the session's own; all others are a client's, and come with its requests."""

    substitute_paths: tuple[tuple[str, str], ...]
    """Where sources are: see ``SubstitutePaths``."""
    stop_uncaught: bool
    """Does every uncaught exception stop the target? See ``SetStopUncaught``."""
    arguments: tuple[str, ...]
    """Of the program that was launched, at its next restart."""


@dataclass(frozen=True, slots=True)
class MemoryBlock:
    """Bytes of the target's memory."""

    address: int
    """Of the first one."""
    data: str
    """The bytes, in base64; fewer than were asked for where the memory ends."""
