"""The switch interval that goes with each message to a stopped thread."""

from __future__ import annotations

import socket
import threading

import pytest

from pydelve.agent import protocol
from pydelve.target.live.channel import HoldChannel


@pytest.mark.parametrize(
    ("operation", "interval"),
    [(protocol.RUN, 5000), (protocol.EVALUATE, 5000), (protocol.STACK, protocol.LONG_INTERVAL_US)],
)
def test_header_and_body_have_the_same(operation: str, interval: int) -> None:
    """A thread that loses the GIL between them waits for it with the first: never a long one where the rest moves."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = HoldChannel(ours)
        reader = threading.Thread(target=lambda: seen.append(theirs.recv(8)))
        seen: list[bytes] = []
        reader.start()
        channel.settle(5000, False)
        reader.join()
        assert seen == [protocol.LONG_INTERVAL_US.to_bytes(8, "little")]
        channel.send((1, operation, {}))
        word, message = interval.to_bytes(8, "little"), protocol.pack((1, operation, {}))
        assert theirs.recv(1000) == message[:4] + word + message[4:] + word
