"""Tables and folded stacks of traced calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedSum, TraceRecord
from pydelve.terminal.strip import Strip
from pydelve.terminal.theme import Theme
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_flame import TraceFlame
from pydelve.terminal.trace_stats import TraceStats

FUNCTIONS = (TracedFunction(1, "shop.pay", "", 1, ()), TracedFunction(2, "shop.price", "", 5, ()))


def record(kind: str, call: int, function: int, depth: int = 0, run: float = 0.0, own: float = 0.0) -> TraceRecord:
    return TraceRecord(kind, call, function, 1, 0, depth, 0.0, (), run, own)  # type: ignore[arg-type]


def batch(*records: TraceRecord) -> tuple[Book, Traced]:
    book, made = Book(), Traced(records, FUNCTIONS)
    book.take(made)
    return book, made


def calls(count: int) -> tuple[TraceRecord, ...]:
    return tuple(record("return", number, 2, run=number / 1000, own=number / 4000) for number in range(1, count + 1))


def test_a_table() -> None:
    book, made = batch(*calls(100), record("propagate", 101, 1, run=0.5, own=0.25), record("yield", 102, 1, run=9.0))
    stats = TraceStats(book)
    assert list(stats.batch(made)) == []
    head, *rows = stats.end()
    assert head == "calls  errors  total   self     p50     p90    p99    max  function"
    cells = [row.split() for row in rows]
    assert [row[:4] + row[7:] for row in cells] == [
        ["100", "0", "5.05s", "1.26s", "100ms", "shop.price"],
        ["1", "1", "500ms", "250ms", "500ms", "shop.pay"],
    ]
    quantiles = [float(cell.removesuffix("ms")) for cell in cells[0][4:7]]
    assert quantiles == [pytest.approx(wanted, rel=0.021) for wanted in (50, 90, 99)]
    assert cells[1][4:7] == ["500ms"] * 3


def test_sums_made_in_the_program() -> None:
    """A later batch has all of a function so far; functions of one name are one row."""
    functions = (*FUNCTIONS, TracedFunction(3, "shop.price", "", 5, ()))
    book = Book()
    stats = TraceStats(book)
    first = TracedSum(2, 1, 0, 1.0, 0.5, 1.0, ((1.0, 1),))
    last = TracedSum(2, 3, 1, 4.0, 2.0, 2.0, ((1.0, 2), (2.01, 1)))
    for made in (Traced((), functions, sums=(first,)), Traced((), sums=(last, replace(first, function=3)))):
        book.take(made)
        assert list(stats.batch(made)) == []
    assert [row.split() for row in stats.end()[1:]] == [["4", "1", "5s", "2.5s", "1s", "2s", "2s", "2s", "shop.price"]]
    assert (book.calls, book.records) == (4, 8)


def test_no_calls_and_lost_ones() -> None:
    book, _ = batch()
    book.take(Traced((), lost=3))
    assert TraceStats(book).end() == [
        "calls  errors  total  self  p50  p90  p99  max  function", "3 records lost: calls are missing from this",
    ]  # fmt: skip


class Drawn(Strip):
    """What is drawn on a terminal of this size."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(lambda text: None, lambda: (columns, rows))
        self.tables: list[list[str]] = []

    def draw(self, lines: Sequence[str]) -> None:
        self.tables.append(list(lines))


def test_a_live_table(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    book, made = batch(*calls(1))
    drawn = Drawn(80, 5)
    stats = TraceStats(book, Theme(color=False), live=drawn)
    assert list(stats.batch(made)) == []
    assert drawn.tables == []
    now[0] = 1.0
    assert list(stats.batch(made)) == []
    assert [line.split()[-1] for line in drawn.tables[0]] == ["function", "shop.price"]
    assert list(stats.batch(made)) == []
    assert len(drawn.tables) == 1
    book.take(more := Traced((record("return", 2, 1, run=9.0),), FUNCTIONS))
    now[0] = 2.0
    assert list(stats.batch(more)) == []
    assert [line.split()[-1] for line in drawn.tables[1]] == ["function", "shop.pay", "more"]
    assert [line.split()[-1] for line in stats.end()] == ["function", "shop.pay", "shop.price"]


def test_a_narrow_live_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers make room for names, and names end with what tells them apart."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    functions = (
        replace(FUNCTIONS[0], name="shop.some_where.far.down.pay"),
        replace(FUNCTIONS[1], name="shop.preis_für"),
    )
    book, made = Book(), Traced((*calls(1), record("return", 2, 1, run=9.0)), functions)
    book.take(made)
    expected = {
        96: ["calls  errors  total   self  p50  p90  p99  max  function", "    1       0     9s"],
        70: ["calls  errors  total   self  p99  max  function", "    1       0     9s"],
        40: ["calls  total  function", "    1     9s  ...some_where.far.down.pay", "    1    1ms  shop.preis_für"],
        22: ["calls  total  function", "    1     9s  down.pay", "    1    1ms  eis_für"],
    }
    for columns, lines in expected.items():
        now[0] = 0.0
        stats = TraceStats(book, live=(drawn := Drawn(columns, 24)))
        now[0] = 1.0
        assert list(stats.batch(made)) == []
        found = drawn.tables[0]
        assert [line[: len(start)] for line, start in zip(found, lines, strict=False)] == lines
        assert max(map(len, found)) <= columns


def test_folded_stacks() -> None:
    book, made = batch(
        record("call", 1, 1), record("call", 2, 2, 1), record("return", 2, 2, 1, own=2e-6), record("yield", 1, 1),
        record("call", 3, 2), record("resume", 1, 1, 1), record("call", 4, 2, 2), record("raise", 4, 2, 2, own=3e-6),
        record("return", 1, 1, 1, own=5e-6), record("return", 3, 2, own=7e-6), record("return", 99, 2, own=1e-6),
    )  # fmt: skip
    flame = TraceFlame(book)
    assert list(flame.batch(made)) == []
    assert flame.end() == ["shop.pay 5", "shop.pay;shop.price 5", "shop.price 8"]
    assert list(TraceFlame(book).batch(replace(made, records=()))) == []
