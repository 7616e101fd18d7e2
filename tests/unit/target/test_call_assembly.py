"""Records of a stream of calls: what is made of them, what of malformed ones, and that dropped ones leave no trace."""

from __future__ import annotations

import marshal
import random
from typing import Any

import pytest

from pydelve.agent.calls.stream import Skeleton
from pydelve.errors import ProtocolError
from pydelve.target.live.call_assembly import Assembly

FUNCTIONS = [[1, "m.f", "/a.py", 7, ["a", "b"], 2, False], [2, "m.g", "/a.py", 9, [], 0, False]]
SIZES = {1: 2, 2: 0}
F, G = 8, 16
RETURN, RAISE, YIELD, RESUME, THROW = 1, 2, 4, 6, 7


def batch(*chunks: list[Any], skeleton: list[Any] | None = None, skipped: int = 0, **more: Any) -> dict[str, Any]:
    """As ``agent/calls/stream.py`` sends it."""
    return {
        "functions": FUNCTIONS, "began": 10.0, "cost": 0.0, "shows": True, "skipped": skipped,
        "skeleton": marshal.dumps(skeleton or [], 2), "chunks": [marshal.dumps(chunk, 2) for chunk in chunks], **more,
    }  # fmt: skip


def told(assembly: Assembly, wire: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Kind, call, function, thread, task, depth, time, values, run, self and suspended of each record."""
    records, _ = assembly.batch(wire)
    return [
        (r.kind, r.call, r.function, r.thread, r.task, r.depth, r.time_s, r.values, r.run_s, r.self_s, r.suspended_s)
        for r in records
    ]


def test_calls_of_a_thread() -> None:
    chunk = [0, 1, 3, F, 1, 11.0, 5, "it's", G, 1, 12.0, G + YIELD, 1, 12.5, 77, b"<m.T>", F + RAISE, 1, 13.0, b"E(1)"]
    later = [0, 2, 4, G + RESUME, 2, 15.0, 77, G + RETURN, 2, 16.0, None]
    assembly = Assembly()
    assert told(assembly, batch(chunk, later)) == [
        ("call", 1, 1, 1, 3, 0, 1.0, ("5", '"it\'s"'), 0.0, 0.0, 0.0),
        ("call", 2, 2, 1, 3, 1, 2.0, (), 0.0, 0.0, 0.0),
        ("yield", 2, 2, 1, 3, 1, 2.5, ("<m.T>",), 0.5, 0.5, 0.0),
        ("raise", 1, 1, 1, 3, 0, 3.0, ("E(1)",), 2.0, 1.5, 0.0),
        ("resume", 2, 2, 2, 4, 0, 5.0, (), 0.5, 0.0, 2.5),
        ("return", 2, 2, 2, 4, 0, 6.0, ("None",), 1.5, 1.5, 2.5),
    ]
    assert (assembly.calls, assembly.functions) == (2, 2)


def test_ends_of_calls_that_began_before() -> None:
    """They are not told of; a call whose end was not seen ends with the one that it is in."""
    chunk = [F + RETURN, 1, 11.0, 1, G + RESUME, 1, 11.0, 5, F, 1, 12.0, 1, b"", G, 1, 12.0, F + RETURN, 1, 13.0, 2]
    found = told(Assembly(), batch(chunk))
    assert [(kind, depth, values) for kind, _, _, _, _, depth, _, values, *_ in found] == [
        ("call", 0, ("1",)), ("call", 1, ()), ("return", 0, ("2",)),
    ]  # fmt: skip


def test_a_burst_begins_with_no_calls() -> None:
    """What is under way has no end; depths count from there. A gap that a burst begins in says so, too."""
    first = [F, 1, 11.0, 1, 2, G, 1, 12.0, G + YIELD, 1, 12.5, 77, None, G, 1, 13.0]
    later = [0, 0, 0, G + RETURN, 1, 21.0, 0, G, 1, 22.0, G + RESUME, 1, 22.5, 77, G + RETURN, 1, 23.0, 0]
    assembly = Assembly()
    assert len(told(assembly, batch(first))) == 4
    assert [(kind, call, depth) for kind, call, _, _, _, depth, *_ in told(assembly, batch(later))] == [
        ("call", 4, 0), ("return", 4, 0),
    ]  # fmt: skip
    skeleton = Skeleton()
    skeleton.take([*first, *later[:3], G, 1, 22.0], SIZES, True)
    assert skeleton.flat() == [0, 0, 0, G, 1, 22.0]


def some_calls(choose: random.Random, count: int) -> list[list[Any]]:
    """Records of calls as a program might make them, with generators, in two threads."""
    stacks: dict[int, list[tuple[int, int]]] = {1: [], 2: []}
    waiting: list[tuple[int, int]] = []
    records: list[list[Any]] = []
    for number in range(count):
        thread, now = choose.choice((1, 2)), 10.0 + number
        stack = stacks[thread]
        what = choose.choice(("call", "call", "end", "yield", "resume"))
        if what == "end" and stack:
            records.append([stack.pop()[0] + choose.choice((RETURN, RAISE)), thread, now, number])
        elif what == "yield" and stack:
            waiting.append(stack.pop())
            records.append([waiting[-1][0] + YIELD, thread, now, waiting[-1][1], number])
        elif what == "resume" and waiting:
            stack.append(waiting.pop(choose.randrange(len(waiting))))
            throws = choose.random() < 0.3
            records.append([stack[-1][0] + (THROW if throws else RESUME), thread, now, stack[-1][1]])
            records[-1] += [b"E()"] if throws else []
        else:
            code = choose.choice((F, G))
            stack.append((code, 1000 + number))
            records.append([code, thread, now, *([1, 2] if code == F else [])])
    return records


@pytest.mark.parametrize("seed", range(20))
def test_dropped_records_leave_the_rest_as_it_is(seed: int) -> None:
    """Kinds, depths and numbers of calls after a gap are those of a trace without one."""
    choose = random.Random(seed)
    records = some_calls(choose, 400)
    parts = [[item for record in records[at : at + 100] for item in record] for at in range(0, 400, 100)]
    whole, gapped = Assembly(), Assembly()
    every = [found for part in parts for found in told(whole, batch(part))]
    skeleton = Skeleton()
    skeleton.take(parts[1], SIZES, True)
    skeleton.take(parts[2], SIZES, True)
    assert skeleton.records == 200
    before = told(gapped, batch(parts[0]))
    after = told(gapped, batch(parts[3], skeleton=skeleton.flat(), skipped=skeleton.calls))
    assert before == every[: len(before)]
    begun = {found[1] for found in after if found[0] == "call"}
    # calls that began in the gap have other numbers than they would have had, those after it the same
    assert [found[:1] + found[2:8] for found in after] == [found[:1] + found[2:8] for found in every[-len(after) :]]
    assert begun == {found[1] for found in every[-len(after) :] if found[0] == "call"}
    assert gapped.calls == whole.calls


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{0", marshal.dumps({}, 2), marshal.dumps([(1,)], 2), marshal.dumps([F, 1, 2.0, [], 1], 2),
        marshal.dumps([F, 1, 1.0], 2)[:-1], b"[\x01\0\0\0u\xff\xff\xff\xff", b"[\x02\0\0\0N",
        b"[\x01\0\0\0u\x01\0\0\0\xff",
    ],
)  # fmt: skip
def test_malformed(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        Assembly().batch(batch() | {"chunks": [body]})


@pytest.mark.parametrize("chunk", [[F], [F, 1], [99 * 8, 1, 1.0], ["x", 1, 1.0], [F + YIELD, 1, 1.0], [F, 1, None]])
def test_records_that_are_none(chunk: list[Any]) -> None:
    with pytest.raises(ProtocolError):
        Assembly().batch(batch(chunk))
