"""Where time went, as folded stacks: one line for each chain of traced calls, with its own time in microseconds, as
``flamegraph.pl``, speedscope and the like read them, or as a picture of ``flame_picture.py``. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TraceRecord
from pydelve.terminal.flame_picture import picture
from pydelve.terminal.trace_book import Book

_ENDS = {"return", "raise", "propagate"}


class TraceFlame:
    """Gathers the stacks of one trace."""

    def __init__(self, book: Book, title: str = "") -> None:
        """``title``: of a picture (SVG) that is to be made of them."""
        self._book, self._title = book, title
        self._chains: dict[tuple[int, int], tuple[str, ...]] = {}
        """Of the calls that have not ended, by page and number."""
        self._inside: dict[tuple[int, int], list[int]] = {}
        """By page and thread: the calls that it is in, by their depth."""
        self._self_s: dict[tuple[str, ...], float] = {}

    def batch(self, batch: Traced) -> Iterator[str]:
        """Take a batch; nothing is told before the end."""
        for record in batch.records:
            self._take(record)
        yield from ()

    def _take(self, record: TraceRecord) -> None:
        page = self._book.page.number
        inside = self._inside.setdefault((page, record.thread), [])
        if record.kind in {"call", "resume", "throw"}:
            del inside[record.depth :]
            if record.kind == "call":
                above = self._chains.get((page, inside[-1]), ()) if len(inside) == record.depth and inside else ()
                self._chains[page, record.call] = (*above, self._name(record))
            inside.append(record.call)
        elif record.kind in _ENDS:
            chain = self._chains.pop((page, record.call), None) or (self._name(record),)
            self._self_s[chain] = self._self_s.get(chain, 0.0) + record.self_s

    def begins(self, target: Target) -> Iterator[str]:
        """A process is traced: chains of all are put together."""
        yield from ()

    def _name(self, record: TraceRecord) -> str:
        return self._book.function(record).name.replace(";", ":").replace("\n", " ")

    def end(self) -> list[str]:
        """The lines, by name; or the picture's."""
        stacks = [(chain, round(seconds * 1e6)) for chain, seconds in self._self_s.items()]
        if self._title:
            return picture(stacks, self._title)
        lines = sorted((";".join(chain), microseconds) for chain, microseconds in stacks)
        return [f"{chain} {microseconds}" for chain, microseconds in lines if microseconds]
