"""One trace of calls in all targets of a session, and in those to come (``TraceOptions.children``). A part of
``targets``, on the engine's thread.

Each target has a trace of its own; those that begin while it is on begin theirs before their code runs
(``tracing.Tracing.begin_run``). Here they are begun and ended together, and ``first`` is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pydelve.api import requests
from pydelve.api.events import Event, Notice, Traced
from pydelve.api.tracing import TraceOptions, TraceRecord, TraceSummary
from pydelve.debugger.member import Member
from pydelve.errors import PydelveError, TargetGoneError
from pydelve.records import replace

REQUESTS = (requests.StartTracing, requests.EndTracing)
_ENDS = {"return", "raise", "propagate"}


class TracingTogether:
    """One per session."""

    def __init__(
        self, members: dict[int, Member], follow: Callable[[], None], tell: Callable[[int, Event], None]
    ) -> None:
        """There is none.

        Args:
            members: Of the session.
            follow: Has children followed from now on; raises where they can't be.
            tell: Of an event of one of the targets.
        """
        self._members, self._follow, self._tell = members, follow, tell
        self.options: TraceOptions | None = None
        self.since_s = 0.0
        """What times count from."""
        self.serial = 0
        """Of the trace."""
        self.compiled: dict[tuple[str, str, str], tuple[Any, Any]] = {}
        """By interpreter, pattern and what is excluded: as it compiles them."""
        self._first = _First(0)

    def serve(self, number: int, request: requests.StartTracing | requests.EndTracing) -> Any:
        """The answer to a request that was made to one target."""
        if isinstance(request, requests.EndTracing):
            return self._end(number) if self.options is not None else self._members[number].engine.serve(request)
        if self.options is not None:
            self._end_all()
        if not request.options.children:
            return self._members[number].engine.serve(request)
        return self._start(number, request.options)

    def _start(self, number: int, options: TraceOptions) -> None:
        self._follow()
        self.serial += 1
        self.begins(options, self._members[number].engine.tracing.begin(options))
        for member in [*self._members.values()]:  # some may end meanwhile
            if member.number != number and member.engine.current.armable() is not None:
                try:
                    member.engine.tracing.begin(options, self.since_s)
                except PydelveError as error:
                    self._tell(member.number, Notice(error.message, error.why, error.hint))

    def begins(self, options: TraceOptions, since_s: float) -> None:
        """There is one now, and it is of those that begin, too."""
        self.options, self.since_s, self._first = options, since_s, _First(options.first)

    def _end(self, number: int) -> TraceSummary:
        found = self._end_all()
        if not found:
            return self._members[number].engine.serve(requests.EndTracing())  # which says that it has ended
        return TraceSummary(
            sum(each.calls for each in found), max(each.functions for each in found), sum(each.lost for each in found),
            max(each.cost_s for each in found),
        )  # fmt: skip

    def _end_all(self) -> list[TraceSummary]:
        found: list[TraceSummary] = []
        for member in [*self._members.values()]:
            if member.engine.current.armable() is not None:
                with suppress(PydelveError):  # it ends at this moment
                    found.append(member.engine.serve(requests.EndTracing()))
        self.options = None  # last: what was recorded has come by now
        return found

    def killed(self, pid: int, told: Callable[[], None]) -> bool:
        """A process is about to be: if it is a target, it tells all that it has first, and then ``told`` is called."""
        for member in self._members.values():
            process = member.engine.current.armable()
            if self.options is not None and process is not None and member.pid == pid:
                with suppress(TargetGoneError):  # it has ended by itself
                    process.tell_all(told)
                    return True
        return False

    # -- the first calls of all ----------------------------------------------------------------------------------------

    def counted(self, number: int, batch: Traced) -> Traced:
        """A batch of a target without what comes after the first calls of all targets, if there are to be no more."""
        if self.options is None or not self.options.first:
            return batch
        records = tuple([record for record in batch.records if self._first.takes(number, record)])
        return replace(batch, records=records, done=self._first.done)

    def gone(self, number: int) -> None:
        """A target has ended: so have its calls."""
        if self.options is not None and self.options.first and self._first.gone(number):
            self._tell(number, Traced((), done=True))


class _First:
    """So many calls that begin before all others, as it is heard of them."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._open: set[tuple[int, int]] = set()

    @property
    def done(self) -> bool:
        """Have all of them begun and ended?"""
        return not self._left and not self._open

    def takes(self, number: int, record: TraceRecord) -> bool:
        """Is this record of one of them?"""
        key = number, record.call
        if record.kind == "call" and self._left:
            self._left -= 1
            self._open.add(key)
        if key not in self._open:
            return False
        if record.kind in _ENDS:
            self._open.discard(key)
        return True

    def gone(self, number: int) -> bool:
        """No more comes of this target: are they done by that?"""
        before = self.done
        self._open = {key for key in self._open if key[0] != number}
        return self.done and not before
