"""Traced calls on the wire (``agent/calls/stacks.py``): options one way, batches of records the other. Pure.

There may be a million records a second, so a batch is not decoded value by value: its rows are marshalled tuples of one
shape, whose type codes are checked column by column, and which ``struct`` then reads.
"""

from __future__ import annotations

import struct
from typing import Any, cast, get_args

from pydelve.api.tracing import (
    TracedFunction,
    TracedSum,
    TracedTask,
    TraceKind,
    TraceOptions,
    TraceRecord,
    TraceSummary,
)
from pydelve.errors import ProtocolError
from pydelve.target.interface import CallsReport
from pydelve.target.live.call_assembly import KINDS, Assembly

assert set(KINDS) == set(get_args(TraceKind))
_VALUES = {0: None, 1: (20, 0, 0, False), 2: (60, 5, 1, False), 3: (200, 20, 2, True), 4: (2_000, 100, 4, True)}
"""By verbosity: characters, elements, levels, whether objects are opened (``agent/calls/brief.py``: ``Brief``)."""
_CLASS_BITS, _SHORT_SHIFT, _LONG_CLASSES = 6, 3, 1_024  # agent/calls/sums.py
_INTS, _FLOATS = 6, 4
_HEADER_BYTES = 5  # of a list, and of a tuple: a type code and how many
_ROW = struct.Struct("<" + "5x" + "xi" * _INTS + "xd" * _FLOATS)
_CODES = [
    (0, b"("), *((_HEADER_BYTES + 5 * index, b"i") for index in range(_INTS)),
    *((_HEADER_BYTES + 5 * _INTS + 9 * index, b"g") for index in range(_FLOATS)),
]  # fmt: skip
_COUNT = struct.pack("<i", _INTS + _FLOATS)
_BETWEEN_VALUES, _BEFORE_CALLERS, _BETWEEN_RECORDS = "\x01", "\x02", "\x00"


def from_options(options: TraceOptions, patterns: tuple[Any, Any], *, weaves: bool, since_s: float) -> dict[str, Any]:
    """What the agent is asked for; ``weaves``: it may put the condition into functions; ``since_s``: what times are
    counted from, by the monotonic clock; 0: from the moment when it begins.
    """
    return {
        "pattern": patterns[0],
        "exclude": patterns[1],
        "files": list(options.files),
        "own": options.own_code,
        "follow": options.follow_calls,
        "condition": options.condition,
        "slower": options.slower_than_s,
        "stack": options.stack,
        "first": options.first,
        "sample": max(1, options.sample),
        "values": _VALUES[min(max(options.verbosity, 0), 4)],
        "lossless": options.lossless,
        "share": options.max_overhead,
        "sums": options.sums,
        "builtins": options.builtins,
        "weaves": weaves,
        "since": since_s,
    }


def to_calls(wire: dict[str, Any], assembly: Assembly | None) -> CallsReport:
    """A batch; ``assembly``: of this trace.

    Raises:
        ProtocolError, LookupError, TypeError, ValueError: no agent of this version sends it.
    """
    records: tuple[TraceRecord, ...] = ()
    if "sums" in wire:
        functions = _functions(wire)
    elif "chunks" in wire and assembly is not None:
        records, functions = assembly.batch(wire)
    else:
        records, functions = _of_rows(wire)
    return CallsReport(
        number=int(wire["number"]),
        lost=int(wire["lost"]),
        records=records,
        functions=functions,
        threads=tuple((int(index), int(ident), str(name)) for index, ident, name in wire["threads"]),
        tasks=tuple(TracedTask(int(index), str(name)) for index, name in wire["tasks"]),
        done=bool(wire["done"]),
        cost_s=float(wire["cost"]),
        sums=tuple(map(_sum, wire.get("sums", ()))),
    )


def _functions(wire: dict[str, Any]) -> tuple[TracedFunction, ...]:
    return tuple(
        TracedFunction(int(index), str(name), str(file), int(line), tuple(map(str, parameters)))
        for index, name, file, line, parameters in wire["functions"]
    )


def _sum(wire: list[Any]) -> TracedSum:
    """See ``agent/calls/sums.py``; durations are there in nanoseconds."""
    function, calls, errors, total, own, longest, classes = wire
    pairs = zip(classes[::2], classes[1::2], strict=True)
    return TracedSum(
        int(function), int(calls), int(errors), total / 1e9, own / 1e9, longest / 1e9,
        tuple(sorted((_class_end(int(number)) / 1e9, int(count)) for number, count in pairs)),
    )  # fmt: skip


def _class_end(number: int) -> int:
    """The longest duration of a class."""
    if number < _LONG_CLASSES:
        return (number + 1 << _SHORT_SHIFT) - 1
    number -= _LONG_CLASSES
    over = (number >> _CLASS_BITS) - 1
    return (number - (over << _CLASS_BITS) + 1 << over) - 1


def _of_rows(wire: dict[str, Any]) -> tuple[tuple[TraceRecord, ...], tuple[TracedFunction, ...]]:
    rows, texts = _rows(wire["rows"]), str(wire["texts"]).split(_BETWEEN_RECORDS)
    if len(texts) != max(1, len(rows)):
        raise ProtocolError("a message of the agent is malformed", why=f"{len(texts)} texts for {len(rows)} records")
    return tuple(map(_record, rows, texts)), _functions(wire)


def _rows(body: object) -> list[tuple[Any, ...]]:
    if type(body) is not bytes or body[:1] != b"[":
        raise ProtocolError("a message of the agent is malformed", why="the records are no list")
    count = int.from_bytes(body[1:_HEADER_BYTES], "little")
    rows = body[_HEADER_BYTES:]
    size = _ROW.size
    same = len(rows) == count * size and all(rows[at::size] == code * count for at, code in _CODES)
    if not same or any(rows[1 + at :: size] != _COUNT[at : at + 1] * count for at in range(4)):
        raise ProtocolError("a message of the agent is malformed", why="a record has another shape")
    return list(_ROW.iter_unpack(rows))


def _record(row: tuple[Any, ...], text: str) -> TraceRecord:
    kind, call, function, thread, task, depth, when, run, own, suspended = row
    if not 0 <= kind < len(KINDS):
        raise ProtocolError("a message of the agent is malformed", why=f"there is no record of kind {kind}")
    shown, stands, above = text.partition(_BEFORE_CALLERS)
    values = tuple(shown.split(_BETWEEN_VALUES)) if shown else ()
    callers = tuple(above.split(_BETWEEN_VALUES)) if stands and above else ()
    return TraceRecord(KINDS[kind], call, function, thread, task, depth, when, values, run, own, suspended, callers)


def to_summary(wire: object, assembly: Assembly | None) -> TraceSummary:
    """What a trace came to; nothing where there was none."""
    found = cast("dict[str, Any]", wire)
    if not found:
        return TraceSummary(0, 0, 0, 0.0)
    calls, functions = int(found["calls"]), int(found["matched"])
    if calls < 0 and assembly is not None:
        calls, functions = assembly.calls, assembly.functions
    return TraceSummary(calls, functions, int(found["lost"]), float(found["cost"]))
