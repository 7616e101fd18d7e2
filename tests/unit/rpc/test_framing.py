"""Frames: whole messages come out however they are cut, and anything else ends in a ProtocolError, early."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydelve.errors import ProtocolError
from pydelve.rpc.framing import MAX_HEADER_BYTES, Deframer, frame


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=6), st.data())
def test_messages_come_whole_however_they_are_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, bodies))
    deframer = Deframer()
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += deframer.feed(stream[:size])
        stream = stream[size:]
    assert found == bodies
    assert not deframer.within


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_noise_ends_in_a_protocol_error_or_waits_within_bounds(pieces: list[bytes]) -> None:
    deframer = Deframer(1000)
    with contextlib.suppress(ProtocolError):
        for piece in pieces:
            list(deframer.feed(piece))


@settings(deadline=None)
@given(st.data())
def test_a_damaged_header_is_refused_or_read_but_nothing_else_is_raised(data: st.DataObject) -> None:
    stream = bytearray(frame(b"{}") + frame(b"[]"))
    for _ in range(data.draw(st.integers(1, 3))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        list(Deframer().feed(bytes(stream)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "a header begins with b'GET / HTTP/1.1', not with Content-Length"),
        (b"POS", "a header begins with b'POS', not with Content-Length"),
        (b"\x16\x03\x01", r"a header begins with b'\x16\x03\x01', not with Content-Length"),
        (b"Content-Length: -1\r\n\r\n", "a header begins with b'Content-Length: -1', not with Content-Length"),
        (b"Content-Length: 1\r\nHost: a\r\n\r\n", "a header begins with b'Host: a', not with Content-Length"),
        (b"\r\n\r\n", "a header begins with b'', not with Content-Length"),
        (b"Content-Type: a\r\n\r\n", "it has 0"),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "it has 2"),
        (b"Content-Length: 1001\r\n\r\n", "it has 1001 bytes, and may have 1000"),
        (b"Content-Type: " + b"a" * MAX_HEADER_BYTES, f"it may have {MAX_HEADER_BYTES} bytes"),
    ],
)
def test_what_is_no_message_is_refused_as_soon_as_it_is_known(data: bytes, why: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        list(Deframer(1000).feed(data))
    assert caught.value.why == why


def test_headers_may_differ_in_case_and_name_a_type() -> None:
    data = b"content-LENGTH:  2 \r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}"
    assert list(Deframer().feed(data)) == [b"{}"]
