"""Batches of traced calls on the wire: what the agent makes is read, anything else refused."""

from __future__ import annotations

import marshal
from typing import Any

import pytest

from pydelve.api.tracing import TracedFunction, TracedSum, TracedTask, TraceOptions, TraceRecord
from pydelve.errors import ProtocolError
from pydelve.target.live.convert_tracing import from_options, to_calls

ROWS: list[Any] = [(0, 1, 1, 1, 0, 0, 0.5, 0.0, 0.0, 0.0), (1, 1, 1, 1, 2, 3, 0.75, 0.25, 0.125, 0.5)]


def batch(
    rows: Any = ROWS, texts: str = "1\x01'b'\x02/a.py:3 f\x01/a.py:1 <module>\x00None", **more: Any
) -> dict[str, Any]:
    """As ``agent/calls/stacks.py`` sends it."""
    return {
        "number": 4, "lost": 2, "rows": marshal.dumps(rows, 2), "texts": texts, "done": True, "cost": 1e-6,
        "functions": [[1, "m.f", "/a.py", 7, ["a", "*b"]]], "threads": [[1, 77, "MainThread"]], "tasks": [[2, "t"]],
    }  # fmt: skip


def test_a_batch() -> None:
    found = to_calls(batch(), None)
    assert found.records == (
        TraceRecord("call", 1, 1, 1, 0, 0, 0.5, ("1", "'b'"), callers=("/a.py:3 f", "/a.py:1 <module>")),
        TraceRecord("return", 1, 1, 1, 2, 3, 0.75, ("None",), 0.25, 0.125, 0.5),
    )
    assert found.functions == (TracedFunction(1, "m.f", "/a.py", 7, ("a", "*b")),)
    assert (found.number, found.lost, found.done, found.cost_s) == (4, 2, True, 1e-6)
    assert (found.threads, found.tasks) == (((1, 77, "MainThread"),), (TracedTask(2, "t"),))


def test_an_empty_batch() -> None:
    assert to_calls(batch([], ""), None).records == ()


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (batch(rows={}), "the records are no list"),
        (batch(rows=ROWS[:1]), "2 texts for 1 records"),
        (batch(rows=[[*ROWS[0]], [*ROWS[1]]]), "a record has another shape"),
        (batch(rows=[ROWS[0], ROWS[1][:9]]), "a record has another shape"),
        (batch(rows=[ROWS[0], (1.0, *ROWS[1][1:])]), "a record has another shape"),
        (batch(rows=[ROWS[0], (99, *ROWS[1][1:])]), "there is no record of kind 99"),
        (batch(rows=[ROWS[0], (-1, *ROWS[1][1:])]), "there is no record of kind -1"),
    ],
)
def test_malformed(wire: dict[str, Any], why: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        to_calls(wire, None)
    assert raised.value.why == why


def test_options() -> None:
    options = TraceOptions("a", "b", ("/x.py",), True, 2, "n > 1", 0.01, 3, 5, 10, 1, True)
    assert from_options(options, (["A"], ["B"]), weaves=True, since_s=0.5) == {
        "pattern": ["A"], "exclude": ["B"], "files": ["/x.py"], "own": True, "follow": 2, "condition": "n > 1",
        "slower": 0.01, "stack": 3, "first": 5, "sample": 10, "values": (20, 0, 0, False), "lossless": True,
        "share": 0.0, "sums": False, "builtins": False, "weaves": True,
        "since": 0.5,
    }  # fmt: skip


def test_sums() -> None:
    """Classes of durations: of 8 ns below 4 us, then 64 between a power of two and the next."""
    wire = batch([], "")
    del wire["rows"], wire["texts"]
    longer = 1_024 + (6 << 6) + (4_096 >> 6)  # 4,096 to 4,159 ns
    wire["sums"] = [[1, 4, 1, 5_000, 4_000, 4_100, [longer, 1, 0, 2, 511, 1]]]
    found = to_calls(wire, None)
    assert found.functions == (TracedFunction(1, "m.f", "/a.py", 7, ("a", "*b")),)
    assert found.sums == (
        TracedSum(1, 4, 1, 5e-6, 4e-6, 4.1e-6, ((7e-9, 2), (4_095e-9, 1), (4_159e-9, 1))),
    )  # fmt: skip
    assert found.records == ()
