"""Makes what there is to tell of the records of a stream of calls (``agent/calls/records.py``, ``calls/stream.py``).

The agent sends what happened, in order; here it is found out which call it was, how deep and how long. It keeps the
stack of calls of each thread, and by key the calls that are suspended. What the agent sends is not trusted.
"""

from __future__ import annotations

import marshal
import re
from typing import Any

from pydelve.api.tracing import TracedFunction, TraceKind, TraceRecord
from pydelve.errors import ProtocolError

KINDS: tuple[TraceKind, ...] = ("call", "return", "raise", "propagate", "yield", "await", "resume", "throw")
_CALL, _YIELD, _AWAIT, _RESUME, _THROW = 0, 4, 5, 6, 7
_PLAIN = re.compile(rb"(?:i....|g........|[NTF])*", re.DOTALL)  # marshal's codes of ints, floats and constants
_HEADER_BYTES, _DIGIT_BYTES = 5, 2


class _Call:
    __slots__ = ("began", "children", "depth", "function", "left", "number", "resumed", "run", "task")

    def __init__(self, number: int, function: int, depth: int, task: int, now: float) -> None:
        self.number, self.function, self.depth, self.task = number, function, depth, task
        self.began = self.resumed = now
        self.run = self.children = self.left = 0.0


class Assembly:
    """One trace's."""

    def __init__(self) -> None:
        self._functions: dict[int, tuple[TracedFunction, int]] = {}  # with how many values a call has
        self._told: set[int] = set()
        self._stacks: dict[int, list[_Call]] = {}
        self._suspended: dict[int, _Call] = {}
        self._tasks: dict[int, int] = {}
        self._number = 0
        self._began = self._cost = 0.0

    def batch(self, wire: dict[str, Any]) -> tuple[tuple[TraceRecord, ...], tuple[TracedFunction, ...]]:
        """The records of a batch, and the functions that they are the first of.

        Raises:
            ProtocolError: no agent of this version sends it.
        """
        try:
            return self._batch(wire)
        except (LookupError, TypeError, ValueError) as error:
            raise ProtocolError(
                "a message of the agent is malformed", why=f"{type(error).__name__}: {error}"
            ) from error

    def _batch(self, wire: dict[str, Any]) -> tuple[tuple[TraceRecord, ...], tuple[TracedFunction, ...]]:
        for index, name, file, line, parameters, values, _ in wire["functions"]:
            function = TracedFunction(int(index), str(name), str(file), int(line), tuple(map(str, parameters)))
            self._functions[function.index] = function, int(values)
        self._began, self._cost = float(wire["began"]), float(wire["cost"])
        skipped = self._number + int(wire["skipped"])
        self._take(_items(wire["skeleton"]), shows=False, values=False)
        self._number = max(self._number, skipped)
        found: list[TraceRecord] = []
        for chunk in wire["chunks"]:
            found += self._take(_items(chunk), shows=bool(wire["shows"]), values=True)
        new = {record.function for record in found} - self._told
        self._told |= new
        return tuple(found), tuple(self._functions[index][0] for index in sorted(new))

    def _take(self, items: list[Any], *, shows: bool, values: bool) -> list[TraceRecord]:
        """Records of one list; without ``values`` it has none of calls either."""
        found: list[TraceRecord] = []
        add = found.append
        at, end = 0, len(items)
        while at < end:
            code, thread = items[at], items[at + 1]
            if not code:
                if thread:
                    self._tasks[thread] = items[at + 2]
                else:  # a burst begins: of calls that are under way no end will come
                    self._stacks.clear()
                    self._suspended.clear()
                at += 3
                continue
            kind, function, now = code & 7, code >> 3, items[at + 2]
            at += 3
            if kind == _CALL:
                count = self._functions[function][1] if values else 0
                add(self._begin(function, thread, now, items[at : at + count]))
                at += count
            elif kind < _YIELD:
                call = self._leave(thread, function, now)
                if call is not None:
                    add(self._end(kind, call, thread, now, items[at] if shows else b""))
                at += shows
            else:
                key = items[at]
                has_value = shows and kind in {_YIELD, _THROW}
                text = items[at + 1] if has_value else b""
                at += 1 + has_value
                record = self._switch(kind, function, thread, now, key, text)
                if record is not None:
                    add(record)
        return found

    def _begin(self, function: int, thread: int, now: float, values: list[Any]) -> TraceRecord:
        stack = self._stacks.get(thread)
        if stack is None:
            stack = self._stacks[thread] = []
        self._number += 1
        call = _Call(self._number, function, len(stack), self._tasks.get(thread, 0), now)
        stack.append(call)
        shown = tuple([_text(value) for value in values])
        if b"" in values:  # those from the first that is not there
            shown = shown[: values.index(b"")]
        return TraceRecord(
            "call", call.number, function, thread, call.task, call.depth, now - self._began, shown
        )  # fmt: skip

    def _leave(self, thread: int, function: int, now: float) -> _Call | None:
        """The innermost call of a function in a thread, which runs no longer; None where it began before the trace."""
        stack = self._stacks.get(thread)
        if not stack:
            return None
        if stack[-1].function != function:
            at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at].function == function), -1)
            if at < 0:
                return None
            del stack[at + 1 :]  # those whose end was not seen
        call = stack.pop()
        ran = now - call.resumed
        call.run += ran
        if stack:
            stack[-1].children += ran + 2 * self._cost  # what telling took is not the caller's own time
        return call

    def _end(self, kind: int, call: _Call, thread: int, now: float, value: Any) -> TraceRecord:
        return TraceRecord(
            KINDS[kind], call.number, call.function, thread, call.task, call.depth, now - self._began,
            _shown(value), call.run, max(0.0, call.run - call.children), max(0.0, now - call.began - call.run),
        )  # fmt: skip

    def _switch(self, kind: int, function: int, thread: int, now: float, key: int, value: Any) -> TraceRecord | None:
        if kind < _RESUME:
            left = self._leave(thread, function, now)
            if left is None:
                return None
            self._suspended[key] = left
            left.left = now
            return self._end(kind, left, thread, now, value)
        call = self._suspended.pop(key, None)
        if call is None or call.function != function:
            return None
        stack = self._stacks.setdefault(thread, [])
        call.depth, call.task, call.resumed = len(stack), self._tasks.get(thread, 0), now
        stack.append(call)
        return TraceRecord(
            KINDS[kind], call.number, function, thread, call.task, call.depth, now - self._began,
            _shown(value), call.run, 0.0, now - call.left,
        )  # fmt: skip

    @property
    def calls(self) -> int:
        """So many have begun."""
        return self._number

    @property
    def functions(self) -> int:
        """So many were told of."""
        return len(self._told)


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogatepass") if type(value) is bytes else repr(value)


def _shown(value: Any) -> tuple[str, ...]:
    return () if value == b"" else (_text(value),)


def _items(body: object) -> list[Any]:
    """A marshalled list of ints, floats, texts and constants, and nothing else: only then is it loaded."""
    if type(body) is not bytes or body[:1] != b"[":
        raise ProtocolError("a message of the agent is malformed", why="the records are no list")
    at, end = _HEADER_BYTES, len(body)
    while True:
        match = _PLAIN.match(body, at)
        assert match is not None
        at = match.end()
        if at >= end:
            break
        size = int.from_bytes(body[at + 1 : at + _HEADER_BYTES], "little", signed=True)
        if body[at] in b"us" and size >= 0:
            at += _HEADER_BYTES + size
        elif body[at : at + 1] == b"l":
            at += _HEADER_BYTES + _DIGIT_BYTES * abs(size)
        else:
            raise ProtocolError("a message of the agent is malformed", why="a record has another shape")
    try:
        items: list[Any] = marshal.loads(body)
    except (EOFError, ValueError, TypeError) as error:
        raise ProtocolError("a message of the agent is malformed", why=str(error)) from error
    return items
