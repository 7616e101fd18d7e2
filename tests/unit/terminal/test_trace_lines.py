"""Lines and JSON of traced calls."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedTask, TracedThread, TraceRecord
from pydelve.terminal.durations import duration
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_json import TraceJson
from pydelve.terminal.trace_lines import TraceLines, end_line

CALL = TraceRecord("call", 1, 1, 1, 0, 0, 0.5, ("<bank.Account>", "7"), callers=("/app/bank.py:9 main",))
RETURN = TraceRecord("return", 1, 1, 1, 0, 0, 0.75, ("'x'",), 0.25, 0.125, 0.0)
AWAIT = TraceRecord("await", 2, 1, 2, 1, 1, 0.8, (), 0.001, 0.001, 0.0)
RESUME = TraceRecord("resume", 2, 1, 2, 1, 1, 0.9, (), 0.001, 0.0, 0.1)
END = TraceRecord("propagate", 2, 1, 2, 1, 1, 1.0, ("ValueError('\\n')",), 0.002, 0.002, 0.1)
THROW = replace(RESUME, kind="throw", values=("KeyError()",))
BATCH = Traced(
    (CALL, RETURN, AWAIT, RESUME, THROW, END),
    (TracedFunction(1, "bank.Account.pay", "/app/bank.py", 3, ("self", "amount")),),
    (TracedThread(1, 1, "MainThread"), TracedThread(2, 4, "worker")),
    (TracedTask(1, "Task-1"),),
    lost=1200,
    cost_s=2e-6,
)


def taken() -> Book:
    book = Book()
    book.take(BATCH)
    return book


def test_lines() -> None:
    assert list(TraceLines(taken()).batch(BATCH)) == [
        "1,200 records lost: not read in time",
        "  0.500000  bank.Account.pay(self=<bank.Account>, amount=7)",
        "              from /app/bank.py:9 main",
        "  0.750000  bank.Account.pay -> 'x'  250ms, self 125ms",
        "  0.800000  [worker Task-1]   bank.Account.pay awaits  1ms",
        "  0.900000  [worker Task-1]   bank.Account.pay goes on  after 100ms",
        "  0.900000  [worker Task-1]   bank.Account.pay gets KeyError() thrown in  after 100ms",
        "  1.000000  [worker Task-1]   bank.Account.pay is left by ValueError('\\n')  2ms, suspended 100ms",
    ]


def test_begin_and_end_in_one_line() -> None:
    batch = replace(BATCH, records=(CALL, RETURN), lost=0)
    assert list(TraceLines(taken(), whole=True).batch(batch)) == [
        "  0.500000  bank.Account.pay(self=<bank.Account>, amount=7) -> 'x'  250ms, self 125ms",
        "              from /app/bank.py:9 main",
    ]


def test_without_values() -> None:
    batch = replace(BATCH, records=(replace(CALL, values=(), callers=()), replace(RETURN, values=())), lost=0)
    assert list(TraceLines(taken()).batch(batch)) == [
        "  0.500000  bank.Account.pay(...)",
        "  0.750000  bank.Account.pay returns  250ms, self 125ms",
    ]


def test_what_is_not_known() -> None:
    lines = list(TraceLines(Book()).batch(Traced((replace(RETURN, function=9, thread=9),))))
    assert lines == ["  0.750000  [?] ? -> 'x'  250ms, self 125ms"]


def test_the_end() -> None:
    expected = "1 call of 1 function traced, 1,200 records lost; telling of one took 2us, 0.0% of the program's time"
    assert end_line(taken()) == expected


def test_json() -> None:
    sink = TraceJson(taken())
    common = {"function": "bank.Account.pay", "file": "/app/bank.py", "line": 3}
    main = {**common, "thread": 1, "thread_name": "MainThread", "task": None, "depth": 0}
    worker = {**common, "thread": 4, "thread_name": "worker", "task": "Task-1", "depth": 1}
    assert [json.loads(line) for line in [*sink.batch(BATCH), *sink.end()]] == [
        {"event": "lost", "records": 1200},
        {
            "event": "call", "time": 0.5, "call": 1, **main,
            "arguments": {"self": "<bank.Account>", "amount": "7"}, "callers": ["/app/bank.py:9 main"],
        },
        {
            "event": "return", "time": 0.75, "call": 1, **main,
            "value": "'x'", "run": 0.25, "self": 0.125, "suspended": 0.0,
        },
        {"event": "await", "time": 0.8, "call": 2, **worker, "run": 0.001, "suspended": 0.0},
        {"event": "resume", "time": 0.9, "call": 2, **worker, "run": 0.001, "suspended": 0.1},
        {"event": "throw", "time": 0.9, "call": 2, **worker, "value": "KeyError()", "run": 0.001, "suspended": 0.1},
        {
            "event": "propagate", "time": 1.0, "call": 2, **worker,
            "value": "ValueError('\\n')", "run": 0.002, "self": 0.002, "suspended": 0.1,
        },
        {"event": "end", "calls": 1, "records": 6, "lost": 1200},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0us"), (4e-7, "0.4us"), (1.234e-6, "1.23us"), (1.5e-5, "15us"), (2.5e-4, "250us"), (0.0123, "12.3ms"),
        (0.25, "250ms"), (1.5, "1.5s"), (125.4, "125s"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
