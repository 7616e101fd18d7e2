"""Reads what the agent sends, trusting nothing: the target is a program with a bug, and may be worse.

``marshal.loads`` must not see data from outside (its documentation says so), so this decodes the few types that
``agent.protocol`` sends by itself, with every length checked. Format: CPython ``Python/marshal.c``, version 2.
"""

from __future__ import annotations

import struct
from typing import Any

from pydelve.errors import ProtocolError

MAX_DEPTH = 100
_SCALARS: dict[int, Any] = {ord("N"): None, ord("T"): True, ord("F"): False}


def decode(body: bytes) -> Any:
    """The object in one message's body.

    Raises:
        ProtocolError: anything but None, bool, int, float, str, bytes, list, tuple or dict, a length past the end, a
        nesting
            deeper than ``MAX_DEPTH``, or bytes left over.
    """
    reader = _Reader(body)
    try:
        value = reader.read(0)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise ProtocolError("a message of the agent is malformed", why=str(error)) from error
    if reader.at != len(body):
        raise ProtocolError("a message of the agent is malformed", why="bytes are left over")
    return value


class _End:
    """Stands for the marker that ends a dict."""


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def read(self, depth: int) -> Any:
        """One value; the end of a dict is none."""
        value = self._read_any(depth)
        if value is _End:
            raise ProtocolError("a message of the agent is malformed", why="an end stands where a value should")
        return value

    def _read_any(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ProtocolError("a message of the agent is malformed", why="it is nested too deeply")
        code = self.body[self.at]
        self.at += 1
        if code in _SCALARS:
            return _SCALARS[code]
        method = _METHODS.get(code)
        if method is None:
            raise ProtocolError("a message of the agent is malformed", why=f"type code {code:#x} is not allowed")
        return method(self, depth)

    def _int(self, depth: int = 0) -> int:
        (value,) = struct.unpack_from("<i", self.body, self.at)
        self.at += 4
        return int(value)

    def _long(self, depth: int) -> int:
        count = self._int()
        digits = self._take(2 * abs(count))
        value = 0
        for index in range(abs(count) - 1, -1, -1):  # 15 bits each, least first
            value = value << 15 | int.from_bytes(digits[2 * index : 2 * index + 2], "little")
        return -value if count < 0 else value

    def _float(self, depth: int) -> float:
        (value,) = struct.unpack_from("<d", self.body, self.at)
        self.at += 8
        return float(value)

    def _take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.body):
            raise ProtocolError("a message of the agent is malformed", why="a length goes past its end")
        self.at += size
        return self.body[self.at - size : self.at]

    def _bytes(self, depth: int) -> bytes:
        return self._take(self._int())

    def _text(self, depth: int) -> str:
        return self._take(self._int()).decode("utf-8", "surrogatepass")

    def _elements(self, depth: int) -> list[Any]:
        count = self._int()
        if not 0 <= count <= len(self.body) - self.at:  # each takes a byte at least
            raise ProtocolError("a message of the agent is malformed", why="a length goes past its end")
        return [self.read(depth + 1) for _ in range(count)]

    def _list(self, depth: int) -> list[Any]:
        return self._elements(depth)

    def _tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self._elements(depth))

    def _dict(self, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while True:
            key = self._read_any(depth + 1)
            if key is _End:
                return found
            found[key] = self.read(depth + 1)

    def _end(self, depth: int) -> type[_End]:
        return _End


_METHODS = {
    ord("i"): _Reader._int,
    ord("l"): _Reader._long,
    ord("g"): _Reader._float,
    ord("s"): _Reader._bytes,
    ord("u"): _Reader._text,
    ord("t"): _Reader._text,  # an interned one
    ord("["): _Reader._list,
    ord("("): _Reader._tuple,
    ord("{"): _Reader._dict,
    ord("0"): _Reader._end,
}
