"""Messages on a stream of bytes, as in the base protocol of the Language Server Protocol: ``Content-Length``, an
empty line, the body. Pure.

The first bytes that can't begin a header we know are an error at once: a browser or another server that speaks HTTP
is never waited for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydelve.errors import ProtocolError

MAX_HEADER_BYTES = 512
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
_HEADERS = (b"content-length:", b"content-type:")
_LENGTH = re.compile(rb"content-length:[ \t]*([0-9]{1,10})[ \t]*", re.IGNORECASE)
_TYPE = re.compile(rb"content-type:[\x20-\x7e\t]*", re.IGNORECASE)


def frame(body: bytes) -> bytes:
    """A whole message."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Deframer:
    """Takes bytes as they come and gives the bodies of whole messages."""

    def __init__(self, max_message_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.max_message_bytes = max_message_bytes
        self._buffer = bytearray()
        self._length = -1
        """Of the body that is awaited; -1 while a header is."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bodies that are whole now, in order.

        Raises:
            ProtocolError: what came can't be a message, or is too large; nothing can be read after it.
        """
        self._buffer += data
        while True:
            if self._length < 0 and not self._take_header():
                return
            if len(self._buffer) < self._length:
                return
            body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._length = -1
            yield body

    @property
    def within(self) -> bool:
        """True in the middle of a message."""
        return self._length >= 0 or bool(self._buffer)

    def _take_header(self) -> bool:
        """True once the length is known."""
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEADER_BYTES + 4)
        lines = bytes(self._buffer[: end if end >= 0 else MAX_HEADER_BYTES]).split(b"\r\n")
        whole = lines if end >= 0 else lines[:-1]
        lengths = [_length(line) for line in whole]
        if end < 0:
            _check_beginning(lines[-1])
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise ProtocolError("a header is too large", why=f"it may have {MAX_HEADER_BYTES} bytes")
            return False
        known = [length for length in lengths if length >= 0]
        if len(known) != 1:
            raise ProtocolError("a header has no single Content-Length", why=f"it has {len(known)}")
        if known[0] > self.max_message_bytes:
            raise ProtocolError(
                "a message is too large", why=f"it has {known[0]} bytes, and may have {self.max_message_bytes}"
            )
        del self._buffer[: end + 4]
        self._length = known[0]
        return True


def _length(line: bytes) -> int:
    """The number in a header line; -1 in one of another kind."""
    if match := _LENGTH.fullmatch(line):
        return int(match[1])
    if _TYPE.fullmatch(line):
        return -1
    raise _unknown(line)


def _check_beginning(line: bytes) -> None:
    """Refuse, as early as can be, a line that will be no header."""
    begun = line.removesuffix(b"\r").lower()
    if not any(begun.startswith(header) or header.startswith(begun) for header in _HEADERS):
        raise _unknown(line)


def _unknown(line: bytes) -> ProtocolError:
    return ProtocolError(
        "this is no message of the debugger's", why=f"a header begins with {line[:20]!r}, not with Content-Length"
    )
