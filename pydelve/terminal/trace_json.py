"""Traced calls as JSON, one object a line; ``docs/guide/tracing.md`` has the schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydelve.api.events import Traced
from pydelve.api.target import Target
from pydelve.api.tracing import TraceRecord
from pydelve.terminal.trace_book import Book

_DIGITS = 9
_ENDS = {"return", "raise", "propagate"}


class TraceJson:
    """Makes the objects of one trace."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def batch(self, batch: Traced) -> Iterator[str]:
        """The lines of a batch, which the book has taken."""
        if batch.lost:
            yield json.dumps({"event": "lost", **self._process(), "records": batch.lost})
        for record in batch.records:
            yield json.dumps(self._plain(record))

    def _plain(self, record: TraceRecord) -> dict[str, Any]:
        function, thread = self._book.function(record), self._book.thread(record)
        plain: dict[str, Any] = {
            "event": record.kind,
            **self._process(),
            "time": round(record.time_s, _DIGITS),
            "call": record.call,
            "function": function.name,
            "file": function.file,
            "line": function.line,
            "thread": thread.thread,
            "thread_name": thread.name,
            "task": self._book.task(record) or None,
            "depth": record.depth,
        }
        if record.kind == "call":
            pairs = zip(function.parameters, record.values, strict=False)
            plain["arguments"] = {name: value for name, value in pairs if value.strip()}
            if record.callers:
                plain["callers"] = list(record.callers)
            return plain
        if record.values:
            plain["value"] = record.values[0]
        plain["run"] = round(record.run_s, _DIGITS)
        if record.kind in _ENDS:
            plain["self"] = round(record.self_s, _DIGITS)
        plain["suspended"] = round(record.suspended_s, _DIGITS)
        return plain

    def _process(self) -> dict[str, int]:
        return {"pid": self._book.page.pid} if self._book.children else {}

    def begins(self, target: Target) -> Iterator[str]:
        """A process is traced."""
        if self._book.children:
            info, above = target.info, self._book.page_of(target.parent)
            yield json.dumps(
                {
                    "event": "process", "pid": info.pid, "parent": above.pid if above else None,
                    "how": target.how, "command": [info.executable, *info.argv],
                }
            )  # fmt: skip

    def end(self) -> list[str]:
        """The last line."""
        book = self._book
        processes = {"processes": book.processes} if book.children else {}
        end = {"event": "end", "calls": book.calls, "records": book.records, "lost": book.lost, **processes}
        return [json.dumps(end)]
