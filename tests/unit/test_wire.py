"""What the agent sends is decoded without trust: the allowed types as marshal would, anything else refused."""

from __future__ import annotations

import contextlib
import marshal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydelve.agent import protocol
from pydelve.errors import ProtocolError
from pydelve.target.live import wire

_text = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text | st.binary()
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(_text | st.integers() | st.binary(), inner)
    ),
    max_leaves=30,
)


@given(_values)
def test_allowed_types_come_back_as_they_were(value: object) -> None:
    body = protocol.pack(value)[protocol.HEADER_BYTES :]
    decoded = wire.decode(body)
    assert decoded == value == marshal.loads(body)
    assert repr(decoded) == repr(value)  # True is no 1, -0.0 no 0.0


@given(st.binary(max_size=200))
def test_noise_gives_a_protocol_error_or_a_value(body: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        wire.decode(body)


@given(_values, st.data())
def test_a_damaged_message_gives_a_protocol_error_or_a_value(value: object, data: st.DataObject) -> None:
    body = bytearray(protocol.pack(value)[protocol.HEADER_BYTES :])
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    with contextlib.suppress(ProtocolError):
        wire.decode(bytes(body))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (1j, "type code 0x79 is not allowed"),
        ({1, 2}, "type code 0x3c is not allowed"),
        (compile("1", "", "eval"), "type code 0x63 is not allowed"),
        (..., "type code 0x2e is not allowed"),
    ],
)
def test_other_types_are_refused(value: Any, why: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        wire.decode(marshal.dumps(value, 2))
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "index out of range"),
        (b"NN", "bytes are left over"),
        (b"0", "an end stands where a value should"),
        (b"[\x01\0\0\x000", "an end stands where a value should"),
        (b"{N0", "an end stands where a value should"),
        (b"s\xff\xff\xff\x7fabc", "a length goes past its end"),
        (b"s\xff\xff\xff\xff", "a length goes past its end"),
        (b"[\xff\xff\xff\x7f", "a length goes past its end"),
        (b"l\0\0\0\x80", "a length goes past its end"),
        (b"{[\0\0\0\0N0", "unhashable type: 'list'"),
        (b"(\x01\0\0\0" * 1000 + b"N", "it is nested too deeply"),
    ],
)
def test_malformed_messages_are_refused(body: bytes, why: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        wire.decode(body)
    assert caught.value.why == why
