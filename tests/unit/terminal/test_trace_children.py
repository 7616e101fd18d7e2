"""Traced calls of several processes: each has numbers of its own, and so does a program that takes one's place."""

from __future__ import annotations

import json
from typing import Any

from pydelve.api.events import Traced
from pydelve.api.target import Target, TargetInfo
from pydelve.api.tracing import TracedFunction, TracedSum, TracedTask, TracedThread, TraceRecord
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_flame import TraceFlame
from pydelve.terminal.trace_json import TraceJson
from pydelve.terminal.trace_lines import TraceLines, end_line
from pydelve.terminal.trace_perfetto import TracePerfetto
from pydelve.terminal.trace_stats import TraceStats
from pydelve.terminal.tracing import Sink


def target(number: int, pid: int, how: str, parent: int = 0, *argv: str) -> Target:
    return Target(number, TargetInfo(pid, "3.13.0", "python", argv, "/", False), "running", how, parent)  # type: ignore[arg-type]


def record(kind: str, time_s: float, value: str, task: int = 0) -> Any:
    return TraceRecord(kind, 1, 1, 1, task, 0, time_s, (value,), time_s / 2, time_s / 4)  # type: ignore[arg-type]


def batch(number: int, name: str, *records: Any, **more: Any) -> Traced:
    functions = (TracedFunction(1, name, f"/{name}.py", 3, ("n",)),)
    tasks = (TracedTask(1, f"Task-{number}"),)
    return Traced(records, functions, (TracedThread(1, 1, "MainThread"),), tasks, target=number, **more)


FIRST, CHILD = target(1, 100, "launch", 0, "a.py"), target(2, 200, "fork", 1, "a.py")
EVENTS: list[Target | Traced] = [
    FIRST,
    batch(1, "one", record("call", 0.1, "7", task=1), cost_s=0.01),
    CHILD,
    batch(2, "two", record("call", 0.2, "8"), record("await", 0.25, ""), cost_s=0.01),
    batch(1, "one", record("return", 0.5, "77", task=1)),
    batch(2, "two", record("resume", 0.35, ""), record("return", 0.4, "88"), lost=3),
    target(2, 200, "exec", 1, "b.py", "-x"),
    batch(2, "three", record("call", 0.6, "9"), record("return", 0.7, "99")),
]


def shown(sink: Sink, book: Book) -> list[str]:
    lines: list[str] = []
    for event in EVENTS:
        if isinstance(event, Target):
            book.begins(event.id, event.info.pid)
            lines += sink.begins(event)
        else:
            book.take(event)
            lines += sink.batch(event)
    return [*lines, *sink.end()]


def test_lines() -> None:
    book = Book(children=True)
    assert shown(TraceLines(book), book) == [
        "  0.100000  [Task-1] one(n=7)",
        "            [200] forked, a child of 100",
        "  0.200000  [200] two(n=8)",
        "  0.250000  [200] two awaits  125ms",
        "  0.500000  [100 Task-1] one -> 77  250ms, self 125ms",
        "[200] 3 records lost: not read in time",
        "  0.350000  [200] two goes on  after 0.0us",
        "  0.400000  [200] two -> 88  200ms, self 100ms",
        "            [200] python b.py -x, a child of 100",
        "  0.600000  [200] three(n=9)",
        "  0.700000  [200] three -> 99  350ms, self 175ms",
    ]
    # 2 records of 10 ms in 0.5 s, 4 in 0.2 s, 2 that nobody knows the cost of in 0.1 s
    assert end_line(book) == (
        "3 calls of 3 functions in 2 processes traced, 3 records lost; telling of one took 7.5ms, 7.5% of the "
        "processes' time"
    )  # fmt: skip


def test_lines_at_a_prompt() -> None:
    """Targets have numbers there."""
    book = Book()
    lines = TraceLines(book)
    found: list[str] = []
    for event in (event for event in EVENTS[:5] if isinstance(event, Traced)):
        book.take(event)
        found += lines.batch(event)
    assert found == [
        "  0.100000  [Task-1] one(n=7)", "  0.200000  [target 2] two(n=8)", "  0.250000  [target 2] two awaits  125ms",
        "  0.500000  [target 1 Task-1] one -> 77  250ms, self 125ms",
    ]  # fmt: skip


def test_json() -> None:
    book = Book(children=True)
    found = [json.loads(line) for line in shown(TraceJson(book), book)]
    assert [(each["event"], each.get("pid"), each.get("function")) for each in found] == [
        ("process", 100, None), ("call", 100, "one"), ("process", 200, None), ("call", 200, "two"),
        ("await", 200, "two"), ("return", 100, "one"), ("lost", 200, None), ("resume", 200, "two"),
        ("return", 200, "two"), ("process", 200, None), ("call", 200, "three"), ("return", 200, "three"),
        ("end", None, None),
    ]  # fmt: skip
    assert [each for each in found if each["event"] == "process"] == [
        {"event": "process", "pid": 100, "parent": None, "how": "launch", "command": ["python", "a.py"]},
        {"event": "process", "pid": 200, "parent": 100, "how": "fork", "command": ["python", "a.py"]},
        {"event": "process", "pid": 200, "parent": 100, "how": "exec", "command": ["python", "b.py", "-x"]},
    ]
    assert found[-1] == {"event": "end", "calls": 3, "records": 8, "lost": 3, "processes": 2}


def test_one_process_is_told_of_as_ever() -> None:
    book = Book()
    book.begins(1, 100)
    sink = TraceJson(book)
    assert list(sink.begins(FIRST)) == []
    call = EVENTS[1]
    assert isinstance(call, Traced)
    book.take(call)
    assert all("pid" not in json.loads(line) for line in (*sink.batch(call), *sink.end()))
    assert end_line(book) == "1 call of 1 function traced; telling of one took 10ms, 10.0% of the program's time"


def test_sums() -> None:
    """By function, whichever process they are of."""
    book = Book(children=True)
    stats = TraceStats(book)
    for number, calls in ((1, 2), (2, 3), (1, 4)):
        found = TracedSum(1, calls, 1, 0.5 * calls, 0.1, 0.5, ((0.5, calls),))
        told = batch(number, "one", sums=(found,))
        book.take(told)
        assert list(stats.batch(told)) == []
    assert stats.end() == [
        "calls  errors  total   self    p50    p90    p99    max  function",
        "    7       2   3.5s  200ms  500ms  500ms  500ms  500ms  one",
    ]
    assert (book.calls, book.records, book.functions) == (7, 14, 1)


def test_flame() -> None:
    book = Book(children=True)
    assert shown(TraceFlame(book), book) == ["one 125000", "three 175000", "two 100000"]


def test_perfetto() -> None:
    """A process is a track with its name; nothing that connects events has the same number in two of them."""
    book = Book(children=True)
    whole = json.loads("\n".join(shown(TracePerfetto(book), book)))
    names = [(each["pid"], each["args"]["name"]) for each in whole["traceEvents"] if each["name"] == "process_name"]
    assert names == [(100, "python a.py"), (200, "python a.py"), (200, "python b.py -x")]
    slices = [each for each in whole["traceEvents"] if each["ph"] == "X"]
    assert [(each["pid"], each["tid"], each["name"], each["ts"], each["dur"]) for each in slices] == [
        (200, 1000001, "two", 200000.0, 50000.0), (100, 1, "one", 100000.0, 400000.0),
        (200, 1000001, "two", 350000.0, 50000.0), (200, 2000001, "three", 600000.0, 100000.0),
    ]  # fmt: skip
    flows = [(each["pid"], each["ph"], each["id"]) for each in whole["traceEvents"] if each["ph"] in "sf"]
    assert flows == [(200, "s", "2:1.1"), (200, "f", "2:1.1")]
