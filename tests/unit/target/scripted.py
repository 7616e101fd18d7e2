"""An agent that is a script: the other ends of its two sockets, in the test's hands."""

from __future__ import annotations

import marshal
import socket
from typing import Any

from pydelve.agent import protocol
from pydelve.debugger.loop import Loop
from pydelve.errors import ProtocolError
from pydelve.target.live.agent_link import AgentLink
from pydelve.target.live.channel import Channel, HoldChannel


class ScriptedAgent:
    """An ``AgentLink`` with its events, and what a test says in the agent's place."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.loop = Loop(self.failures.append)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.lost: list[ProtocolError | None] = []
        link, self.link = socket.socketpair()
        hold, self.hold = socket.socketpair()
        for sock in (self.link, self.hold):
            sock.settimeout(20)
        self.agent = AgentLink(
            Channel(link), HoldChannel(hold), self.loop, lambda *event: self.events.append(event), self.lost.append, 0
        )
        self.agent.begin()

    def close(self) -> None:
        self.agent.close()
        self.loop.close()
        self.link.close()
        self.hold.close()

    def stand(self) -> None:
        """The target stops: requests go by *hold* now."""
        self.agent.stopped = True
        self.agent.ask_again()

    def say(self, message: object, by_hold: bool = False) -> None:
        """Send a message to the debugger."""
        self.say_bytes(protocol.pack(message), by_hold)

    def say_bytes(self, data: bytes, by_hold: bool = False) -> None:
        (self.hold if by_hold else self.link).sendall(data)

    def hear(self, by_hold: bool = False) -> Any:
        """The debugger's next message; on *hold* each is followed by two intervals, which are taken too."""
        sock, extra = (self.hold, protocol.INTERVAL_BYTES) if by_hold else (self.link, 0)
        size = int.from_bytes(_exactly(sock, protocol.HEADER_BYTES), "little")
        _exactly(sock, extra)
        body = _exactly(sock, size)
        _exactly(sock, extra)
        return marshal.loads(body)

    def turn(self) -> None:
        """Let the debugger take in what was said."""
        self.loop.wait_until(lambda: False, 0.01)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part
        data += part
    return data
