"""What somebody who comes late is told of traced calls: what records refer to, and those that nobody has heard of.

A part of ``host.Host``, on the engine's thread.
"""

from __future__ import annotations

import itertools

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedTask, TracedThread

_KEPT_TASKS = 10_000
"""Names of the last ones: a server may make millions. Records of others are shown without."""


class _Glossary:
    """What records of one target refer to; a new trace gives its numbers anew."""

    def __init__(self) -> None:
        self._functions: dict[int, TracedFunction] = {}
        self._threads: dict[int, TracedThread] = {}
        self._tasks: dict[int, TracedTask] = {}

    def take(self, batch: Traced) -> None:
        self._functions.update((each.index, each) for each in batch.functions)
        self._threads.update((each.index, each) for each in batch.threads)
        self._tasks.update((each.index, each) for each in batch.tasks)
        for index in [*itertools.islice(self._tasks, max(0, len(self._tasks) - _KEPT_TASKS))]:
            del self._tasks[index]

    def batch(self, target: int) -> Traced:
        """All of it, with no records."""
        functions, threads = tuple(self._functions.values()), tuple(self._threads.values())
        return Traced((), functions, threads, tuple(self._tasks.values()), target=target)


class TracedSoFar:
    """One per session."""

    def __init__(self) -> None:
        """Nothing was traced."""
        self._glossaries: dict[int, _Glossary] = {}
        self._unheard: list[Traced] = []
        """What came while there was no client: no more than a target sends before they are read."""

    def take(self, batch: Traced, *, heard: bool) -> None:
        """A batch has come; ``heard``: there is a client."""
        self._glossaries.setdefault(batch.target, _Glossary()).take(batch)
        if not heard:
            self._unheard.append(batch)

    def anew(self) -> None:
        """The program was started again."""
        self._glossaries.clear()
        self._unheard.clear()

    def ended(self, target: int) -> None:
        """A child has: what its records refer to is asked for no more, unless some are still to be heard of."""
        if not any(batch.target == target for batch in self._unheard):
            self._glossaries.pop(target, None)

    def told(self, about: int) -> list[Traced]:
        """For one who comes now, and is about this target; 0: all."""
        glossaries = [glossary.batch(target) for target, glossary in self._glossaries.items()]
        return [batch for batch in (*glossaries, *self._unheard) if about in (0, batch.target)]

    def heard(self, about: int) -> list[Traced]:
        """Those that somebody has heard of by now: they are kept no more."""
        found = [batch for batch in self._unheard if about in (0, batch.target)]
        self._unheard = [batch for batch in self._unheard if about not in (0, batch.target)]
        return found
