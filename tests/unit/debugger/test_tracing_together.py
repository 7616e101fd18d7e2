"""One trace of several targets: its first calls are those of all of them."""

from __future__ import annotations

from typing import Any

from pydelve.api.events import Event, Traced
from pydelve.api.tracing import TraceOptions, TraceRecord
from pydelve.debugger.tracing_together import TracingTogether


def together(first: int) -> tuple[TracingTogether, list[tuple[int, Event]]]:
    told: list[tuple[int, Event]] = []
    made = TracingTogether({}, lambda: None, lambda number, event: told.append((number, event)))
    made.begins(TraceOptions("", children=True, first=first), 0.0)
    return made, told


def batch(*what: tuple[str, int]) -> Traced:
    records: Any = [TraceRecord(kind, call, 1, 1, 0, 0, 0.0) for kind, call in what]  # type: ignore[arg-type]
    return Traced(tuple(records), done=True)


def passed(found: Traced) -> tuple[list[tuple[str, int]], bool]:
    return [(record.kind, record.call) for record in found.records], found.done


def test_the_first_calls_of_all() -> None:
    trace, _ = together(3)
    assert passed(trace.counted(1, batch(("call", 1), ("call", 2), ("yield", 1)))) == (
        [("call", 1), ("call", 2), ("yield", 1)], False,
    )  # fmt: skip
    assert passed(trace.counted(2, batch(("call", 1), ("call", 2), ("return", 2)))) == ([("call", 1)], False)
    assert passed(trace.counted(1, batch(("return", 2), ("call", 3), ("resume", 1), ("raise", 1)))) == (
        [("return", 2), ("resume", 1), ("raise", 1)], False,
    )  # fmt: skip
    assert passed(trace.counted(2, batch(("return", 1)))) == ([("return", 1)], True)
    assert passed(trace.counted(1, batch(("return", 3)))) == ([], True)


def test_what_ends_with_its_process() -> None:
    trace, told = together(2)
    trace.counted(1, batch(("call", 1), ("return", 1)))
    trace.counted(2, batch(("call", 1)))
    trace.gone(1)
    assert told == []
    trace.gone(2)
    assert told == [(2, Traced((), done=True))]


def test_no_limit() -> None:
    trace, _ = together(0)
    told = batch(("call", 1))
    assert trace.counted(1, told) is told
