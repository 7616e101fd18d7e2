"""What is sent where the program's recursion leaves no room: nothing is lost, cut or sent twice."""

from __future__ import annotations

import socket
from _ctypes import ArgumentError
from collections.abc import Iterator
from typing import Any

import pytest

from pydelve.agent import link as link_module
from pydelve.agent.link import Link


@pytest.fixture
def ends() -> Iterator[tuple[Link, Link]]:
    """Of one connection."""
    one, other = socket.socketpair()
    ours, theirs = Link(one.detach()), Link(other.detach())
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("error", [RecursionError, ArgumentError])
def test_what_could_not_be_sent_goes_first(
    ends: tuple[Link, Link], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    link, other = ends
    real, long = link_module._send, "x" * (3 * link_module._PIECE_BYTES // 2)
    room = [1]

    def send(fd: int, data: bytes, *rest: Any) -> int:
        if not room[0]:
            raise error("argument 1: RecursionError: maximum recursion depth exceeded")
        room[0] -= 1
        return real(fd, data, *rest)  # type: ignore[no-any-return]

    monkeypatch.setattr(link_module, "_send", send)
    link.send(("event", 1, long))  # its second piece is not sent
    link.send(("event", 2))
    room[0] = 4
    link.send(("event", 3))
    assert [other.read_message() for _ in range(3)] == [("event", 1, long), ("event", 2), ("event", 3)]
    link.settle()
    assert room == [1]
