"""Traced calls for Perfetto, and flame graphs as SVG."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

from pydelve.api.events import Traced
from pydelve.api.tracing import TracedFunction, TracedTask, TracedThread, TraceRecord
from pydelve.terminal.flame_picture import picture
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_flame import TraceFlame
from pydelve.terminal.trace_perfetto import TracePerfetto

FUNCTIONS = (TracedFunction(1, "m.fetch", "/m.py", 3, ("n",)), TracedFunction(2, "m.price", "/m.py", 9, ()))


def record(kind: str, call: int, function: int, time_s: float, *values: str, task: int = 0, own: float = 0) -> Any:
    return TraceRecord(kind, call, function, 1, task, 0, time_s, values, 0.0, own)  # type: ignore[arg-type]


def made(*batches: Traced) -> list[dict[str, Any]]:
    """The events of a whole file."""
    book = Book()
    perfetto = TracePerfetto(book)
    lines: list[str] = []
    for batch in batches:
        book.take(batch)
        lines += perfetto.batch(batch)
    whole = json.loads("\n".join([*lines, *perfetto.end()]))
    assert whole["displayTimeUnit"] == "ns"
    events: list[dict[str, Any]] = whole["traceEvents"]
    return events


def of(events: Iterable[dict[str, Any]], letter: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in event.items() if key != "pid"} for event in events if event["ph"] == letter]


def test_slices_flows_and_tasks() -> None:
    """A slice for each time that a call ran, a flow over what it was suspended for, a track for its task."""
    first = Traced(
        (
            record("call", 1, 1, 0.001, "7", task=1), record("call", 2, 2, 0.002, task=1),
            record("raise", 2, 2, 0.003, "E()", task=1), record("await", 1, 1, 0.004, task=1),
        ),
        FUNCTIONS, (TracedThread(1, 1, "Main"),), (TracedTask(1, "Task-1"),),
    )  # fmt: skip
    later = Traced((record("resume", 1, 1, 0.006, task=1), record("return", 1, 1, 0.0065, "None", task=1)), lost=3)
    events = made(first, later)
    assert of(events, "X") == [
        {"ph": "X", "name": "m.price", "cat": "call", "tid": 1, "ts": 2000.0, "dur": 1000.0,
         "args": {"raise": "E()", "task": "Task-1", "at": "/m.py:9"}},
        {"ph": "X", "name": "m.fetch", "cat": "call", "tid": 1, "ts": 1000.0, "dur": 3000.0,
         "args": {"arguments": {"n": "7"}, "await": "", "task": "Task-1", "at": "/m.py:3"}},
        {"ph": "X", "name": "m.fetch", "cat": "call", "tid": 1, "ts": 6000.0, "dur": 500.0,
         "args": {"arguments": {"n": "7"}, "return": "None", "task": "Task-1", "at": "/m.py:3"}},
    ]  # fmt: skip
    flow = {"name": "suspended", "cat": "flow", "id": "1.1", "tid": 1}
    assert of(events, "s") == [{"ph": "s", **flow, "ts": 3999.999}]
    assert of(events, "f") == [{"ph": "f", **flow, "ts": 6000.0, "bp": "e"}]
    task = {"name": "m.fetch", "cat": "task Task-1", "id": 1, "tid": 1}
    assert of(events, "b") == [{"ph": "b", **task, "ts": 1000.0}]
    assert of(events, "e") == [{"ph": "e", **task, "ts": 6500.0}]
    assert [event["args"]["name"] for event in of(events, "M")] == ["Main", "traced by pydelve"]
    assert [event["name"] for event in of(events, "i")] == ["3 records lost"]


def test_calls_that_have_not_ended() -> None:
    """They are as long as the trace; one that is suspended has no slice more."""
    events = made(
        Traced(
            (
                record("call", 1, 1, 0.0, "1", task=1), record("await", 1, 1, 0.001, task=1),
                record("call", 2, 2, 0.001), record("return", 9, 2, 0.005),
            ),
            FUNCTIONS,
        )
    )  # fmt: skip
    assert [(event["name"], event["dur"]) for event in of(events, "X")] == [("m.fetch", 1000.0), ("m.price", 4000.0)]
    assert of(events, "X")[1]["args"] == {"ended": False, "at": "/m.py:9"}
    assert [event["ts"] for event in of(events, "e")] == [5000.0]
    assert made() == [{"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "traced by pydelve"}}]


SVG = "{http://www.w3.org/2000/svg}"


def test_a_flame_graph() -> None:
    lines = picture([(("a", "b"), 250), (("a",), 500), (("c<d>",), 250)], "x & y")
    root = ET.fromstring("\n".join(lines))
    assert [text.text for text in root.findall(f"{SVG}text")] == ["x & y: 1ms"]
    frames = [
        (group.findtext(f"{SVG}title"), [float(group.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width")])  # type: ignore[union-attr,arg-type]
        for group in root.findall(f"{SVG}g")
    ]
    assert frames == [
        ("a: 750us, 75.0%; self 500us", [10.0, 51.0, 899.5]), ("c<d>: 250us, 25.0%; self 250us", [910.0, 51.0, 299.5]),
        ("b: 250us, 25.0%; self 250us", [10.0, 34.0, 299.5]),
    ]  # fmt: skip
    assert [group.findtext(f"{SVG}text") for group in root.findall(f"{SVG}g")] == ["a", "c<d>", "b"]


def test_deep_and_tiny_ones() -> None:
    """A chain of any depth; what is narrower than a tenth of a point is left out; names are cut to fit."""
    root = ET.fromstring("\n".join(picture([(("f",) * 3_000, 10**9), (("tiny",), 1), (("a" * 500,), 10**9)], "t")))
    assert len(root.findall(f"{SVG}g")) == 3_001
    assert {group.findtext(f"{SVG}text") for group in root.findall(f"{SVG}g")} == {"f", "a" * 88 + ".."}
    ET.fromstring("\n".join(picture([], "nothing")))


def test_a_picture_of_records() -> None:
    book = Book()
    batch = Traced((record("call", 1, 2, 0.0), record("return", 1, 2, 0.001, own=0.001)), FUNCTIONS)
    book.take(batch)
    flame = TraceFlame(book, "price")
    assert list(flame.batch(batch)) == []
    titles = [node.text for node in ET.fromstring("\n".join(flame.end())).iter(f"{SVG}title")]
    assert titles == ["m.price: 1ms, 100.0%; self 1ms"]
