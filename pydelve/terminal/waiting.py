"""Who waits for whom, as text, and the circles in it: deadlocks. Pure."""

from __future__ import annotations

from pydelve.api.target import LockWait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOUNS = {"Lock": "a Lock", "RLock": "an RLock", "thread": "the end of"}


def wait_text(wait: LockWait, own: int, names: Mapping[int, str]) -> str:
    """``waits for a Lock that thread 3 (Worker) holds``; ``names`` are those of the threads, by what owners go by."""
    if wait.kind == "thread":
        return f"waits for the end of {_who(wait.owner, names)}" if wait.owner else "waits for the end of a thread"
    noun = _NOUNS[wait.kind]
    if not wait.owner:
        return f"waits for {noun} at {wait.address:#x}"
    return f"waits for {noun} that {'it holds itself' if wait.owner == own else f'{_who(wait.owner, names)} holds'}"


def _who(number: int, names: Mapping[int, str]) -> str:
    return f"thread {number} ({names[number]})" if names.get(number) else f"thread {number}"


def deadlock_lines(waits: Mapping[int, LockWait | None], names: Mapping[int, str]) -> list[str]:
    """One line for each circle of threads that wait for one another."""
    return [
        "deadlock: " + ", ".join(f"{_who(number, names)} {_waits_short(waits[number], number)}" for number in circle)
        for circle in circles({number: wait.owner for number, wait in waits.items() if wait is not None})
    ]


def _waits_short(wait: LockWait | None, own: int) -> str:
    """``waits for thread 3``."""
    if wait is None or wait.owner == own:
        return "waits for itself"
    return f"waits for thread {wait.owner}"


def circles(owners: Mapping[int, int]) -> Sequence[tuple[int, ...]]:
    """The circles in who waits for whom, each once, from its least number on."""
    found: list[tuple[int, ...]] = []
    done: set[int] = set()
    for start in sorted(owners):
        path: list[int] = []
        at = start
        while at in owners and at not in done:
            done.add(at)
            path.append(at)
            at = owners[at]
        if at in path:
            circle = path[path.index(at) :]
            least = circle.index(min(circle))
            found.append((*circle[least:], *circle[:least]))
    return found
