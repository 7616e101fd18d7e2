"""A function whose start is an event in which something of ours runs: nothing that an event calls makes events itself.

For stops that no event has called, where what serves them must make none, of ours or of the program's tools. Used by
both event sources, in the program's threads.
"""

from __future__ import annotations

from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable


def _gate() -> None:
    """Its start is the event."""


class Shield:
    """What waits to run there; one per event source."""

    code = _gate.__code__

    def __init__(self) -> None:
        """Nothing does."""
        self._waiting: dict[int, list[Callable[[], None]]] = {}  # by thread: a signal handler may come in between

    def run(self, function: Callable[[], None]) -> None:
        """Run ``function`` in that event, or, where an event has called us and there is none, as it is."""
        ident = get_ident()
        waiting = self._waiting.setdefault(ident, [])
        waiting.append(function)
        try:
            _gate()
        finally:
            left = function in waiting
            if left:
                waiting.remove(function)
            if not waiting:
                self._waiting.pop(ident, None)
        if left:
            function()

    def opens(self) -> None:
        """The event came."""
        waiting = self._waiting.get(get_ident())
        if waiting:
            waiting.pop()()
