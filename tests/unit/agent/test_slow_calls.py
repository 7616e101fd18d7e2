"""Sums and slow calls in the program's threads: what is the time of a call, its own, and that of what it calls."""

from __future__ import annotations

import marshal
from types import SimpleNamespace
from typing import Any

import pytest

from pydelve.agent.calls import slow, stacks, sums
from pydelve.agent.calls.matching import Source
from pydelve.agent.calls.records import PROPAGATE, RAISE, RETURN

OPTIONS: dict[str, Any] = {
    "pattern": ["", 0, [1], 0, {}, [None]], "exclude": None, "files": [], "own": False, "follow": 0, "condition": "",
    "slower": 5.0, "stack": 0, "first": 0, "sample": 1, "values": (60, 5, 1, False), "lossless": True, "share": 0.0,
    "sums": False, "builtins": False, "weaves": False, "since": 0.0,
}  # fmt: skip
FAST = 100  # an id of a frame


def outer(first: Any, second: Any) -> None: ...
def inner(number: Any) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What all that is measured by shows: set by the test."""
    now = [0.0]
    for module in (slow, stacks, sums):
        monkeypatch.setattr(module, "_clock", lambda: now[0])
        if module is not stacks:
            monkeypatch.setattr(module, "_processor", lambda: 0.0)
    return now


def agent() -> Any:
    return SimpleNamespace(
        link=None, hold=None, own=set(), ownership=None, main=0, is_own_fault=lambda error: False,
    )  # fmt: skip


def rows(calls: slow.SlowCalls) -> list[tuple[Any, ...]]:
    """Kind, function, depth, when, run, own, suspended, text."""
    taken: Any = list(calls.outbox._queue)
    calls.outbox._queue.clear()
    batch = calls._describe(taken)
    names = {source.index: source.code.co_name for source in calls._sources.values()}
    texts = batch["texts"].split("\x00")
    return [
        (row[0], names[row[2]], row[5], *row[6:], text)
        for row, text in zip(marshal.loads(batch["rows"]), texts, strict=False)  # there is a text even of none
    ]


@pytest.fixture
def calls(clock: list[float]) -> slow.SlowCalls:
    made = slow.SlowCalls(agent(), OPTIONS)
    made.outbox._serial = 1  # as if it were on
    return made


def hooks(calls: Any, function: Any) -> tuple[Source, Any, Any]:
    """The function's source, and what it calls at its begin and its end."""
    source = calls.source_of(function.__code__, {"__name__": "program"})
    assert source is not None
    functions = calls.hooks(source)[1]
    return source, functions[0], functions[1]


def test_only_slow_ones_with_what_they_were_given(calls: slow.SlowCalls, clock: list[float]) -> None:
    _, outer_begins, outer_returns = hooks(calls, outer)
    _, inner_begins, inner_returns = hooks(calls, inner)
    changed = [1]
    outer_begins(changed, 1 << 40)
    changed.append(2)
    for number, seconds in enumerate((1.0, 6.0, 4.5)):
        clock[0] += 0.5
        inner_begins("x" * 80 if number == 1 else number)
        clock[0] += seconds
        inner_returns(number)
    clock[0] += 0.5
    outer_returns(None)
    long = "'" + "x" * 60 + "'...+20 more"
    assert rows(calls) == [
        (0, "inner", 1, 2.0, 0.0, 0.0, 0.0, long),
        (RETURN, "inner", 1, 8.0, 6.0, 6.0, 0.0, "1"),
        (0, "outer", 0, 0.0, 0.0, 0.0, 0.0, "[1]\x011099511627776"),
        (RETURN, "outer", 0, 13.5, 13.5, 2.0, 0.0, "None"),
    ]
    assert calls.summary()["calls"] == 2


def test_what_waits_is_slow_by_all_its_time(calls: slow.SlowCalls, clock: list[float]) -> None:
    outer_source, outer_begins, outer_returns = hooks(calls, outer)
    inner_source, inner_begins, inner_returns = hooks(calls, inner)
    outer_begins(None, 0.5)
    inner_begins(True)
    clock[0] += 1.0
    calls._suspend(inner.__code__, FAST)
    clock[0] += 3.0
    calls._resume(inner.__code__, FAST)
    clock[0] += 1.0
    inner_returns("end")
    outer_returns(1)
    assert rows(calls) == [
        (0, "inner", 1, 0.0, 0.0, 0.0, 0.0, "True"),
        (RETURN, "inner", 1, 5.0, 2.0, 2.0, 3.0, "'end'"),
        (0, "outer", 0, 0.0, 0.0, 0.0, 0.0, "None\x010.5"),
        (RETURN, "outer", 0, 5.0, 5.0, 3.0, 0.0, "1"),
    ]
    calls._resume(inner.__code__, FAST)  # it began before the trace did
    inner_returns(None)
    assert rows(calls) == []
    assert (outer_source.index, inner_source.index) == (2, 1)


def test_ends_that_were_not_seen_and_exceptions(calls: slow.SlowCalls, clock: list[float]) -> None:
    _, outer_begins, _ = hooks(calls, outer)
    _, inner_begins, inner_returns = hooks(calls, inner)
    inner_returns(None)
    outer_begins(1, 2)
    inner_begins(3)
    clock[0] += 5.0
    calls._end(outer.__code__, (PROPAGATE,), KeyError(1))
    inner_begins(4)
    clock[0] += 5.0
    calls._end(inner.__code__, (RAISE,), KeyError("x"))
    inner_returns(None)
    assert [(row[0], row[1], row[-1]) for row in rows(calls)] == [
        (0, "outer", "1\x012"), (PROPAGATE, "outer", "KeyError(1)"),
        (0, "inner", "4"), (RAISE, "inner", "KeyError('x')"),
    ]  # fmt: skip


def test_first_ones(clock: list[float]) -> None:
    calls = slow.SlowCalls(agent(), {**OPTIONS, "first": 1, "values": None})
    calls.outbox._serial = 1
    _, begins, returns = hooks(calls, inner)
    for seconds in (1.0, 6.0, 7.0):
        begins()
        clock[0] += seconds
        returns(1)
    assert [(row[1], row[4], row[-1]) for row in rows(calls)] == [("inner", 0.0, ""), ("inner", 6.0, "")]
    assert calls.done


def test_sums_of_what_waits_and_of_what_is_called(clock: list[float]) -> None:
    calls = sums.CallSums(agent(), {**OPTIONS, "sums": True, "values": None, "slower": 0.0})
    outer_source, outer_begins, outer_returns = hooks(calls, outer)
    inner_source, inner_begins, inner_returns = hooks(calls, inner)

    def goes_on(nanoseconds: int) -> None:
        clock[0] = int(clock[0]) + nanoseconds

    clock[0] = 0
    outer_begins()
    for nanoseconds in (100, 100, 2_000, 50_000):
        inner_begins()
        goes_on(nanoseconds)
        inner_returns(1)
    goes_on(7)
    inner_begins()
    goes_on(10)
    calls._suspend(inner.__code__, FAST)
    goes_on(1_000_000)
    calls._resume(inner.__code__, FAST)
    goes_on(20)
    calls._end(inner.__code__, True, None)
    outer_returns(None)
    told = {each[0]: each[1:6] for each in calls.describe([])["sums"]}
    total = 1_052_237
    assert told[inner_source.index] == [5, 1, 52_230, 52_230, 50_000]
    assert told[outer_source.index] == [1, 0, total, total - 52_230, total]
    assert calls.summary()["calls"] == 6
    assert calls.describe([])["sums"] == []
