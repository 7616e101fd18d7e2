"""Numbers that records have in place of what is told once: functions and tasks. Any thread of the program."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Hashable
    from typing import Any

MANY_TASKS = 4_096


class Numbers:
    """Of one kind."""

    def __init__(self, new: list[list[Any]], most: int = 1 << 31) -> None:
        """``new``: what is to be told; ``most``: so many are known, then all are forgotten, and get others."""
        self._new, self._most = new, most
        self._known: dict[Hashable, int] = {}
        self._next = iter(range(1, 1 << 31))

    def __len__(self) -> int:
        """How many are known."""
        return len(self._known)

    def of(self, key: Hashable, *told: Any) -> int:
        """The number of what has this key; ``told``: what else there is to know. Two threads may give it two."""
        number = self._known.get(key)
        if number is None:
            if len(self._known) >= self._most:
                self._known.clear()
            number = next(self._next)
            self._new.append([number, *told])  # first: whoever finds the number may tell of it
            self._known[key] = number
        return number
