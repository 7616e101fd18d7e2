"""Requests to an agent and their answers, over its two sockets. Knows framing, numbering and time limits, no
operation's meaning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pydelve.agent import protocol
from pydelve.errors import AgentError, InternalError, ProtocolError, TargetBusyError, TargetGoneError
from pydelve.target import Waiter
from pydelve.target.live.channel import Channel, HoldChannel


class AgentLink:
    """One agent, as long as it lives. ``on_event`` hears of its events, ``on_lost`` of the end of *link*."""

    def __init__(
        self,
        link: Channel,
        hold: HoldChannel,
        waiter: Waiter,
        on_event: Callable[[str, dict[str, Any]], None],
        on_lost: Callable[[], None],
        pid: int,
    ) -> None:
        self._link, self._hold, self._waiter = link, hold, waiter
        self._on_event, self._on_lost = on_event, on_lost
        hold.pid = pid
        self._next_id = 0
        self._answers: dict[int, tuple[str, Any]] = {}
        self._dropped: set[int] = set()
        self._moving = 0
        self.stopped = False
        """Requests go by *hold* while it is stopped, by *link* else."""
        self.closed = False
        self.others = False
        """Did other threads exist at the last stop?"""
        waiter.watch(link.fileno(), self._read_link)

    def begin(self) -> None:
        """Hear of stops, from now on: the first may follow the hello at once, before the engine has taken that in."""
        self._waiter.watch(self._hold.fileno(), self._read_hold)

    # -- asking --------------------------------------------------------------------------------------------------------

    def ask(self, operation: str, arguments: dict[str, Any], timeout_s: float = 10.0) -> Any:
        """The result of one request.

        Raises:
            AgentError: refused, with the agent's reason.
            InternalError: the agent failed in it.
            TargetBusyError: no answer within ``timeout_s``; it is dropped when it comes.
            TargetGoneError: the target ended meanwhile.
        """
        number = self.send(operation, arguments)
        if not self.wait(number, timeout_s):
            raise self.give_up(number, operation, timeout_s)
        return self.result(number, operation)

    def send(self, operation: str, arguments: dict[str, Any], by_link: bool = False) -> int:
        """Send a request; gives its number."""
        if self.closed:
            raise TargetGoneError("the program has ended", hint="restart")
        by_hold = self.stopped and not by_link
        if by_hold and self._moving:
            # the stopped thread is in user code and does not listen; what it would read first, later, is the settling
            raise TargetBusyError(
                "the evaluation that was given up is still running",
                why="it is in C code that can't be interrupted; the program stands still again when it ends",
                hint="wait and ask again, or restart",
            )
        self._next_id += 1
        channel: Channel = self._hold if by_hold else self._link
        channel.send((self._next_id, operation, arguments))
        if by_hold and operation in (protocol.EVALUATE, protocol.ASSIGN):
            self._moving = self._next_id
        return self._next_id

    def tell(self, operation: str, arguments: dict[str, Any], by_link: bool = False) -> None:
        """Send a request whose answer does not matter."""
        self._dropped.add(self.send(operation, arguments, by_link))

    def wait(self, number: int, timeout_s: float) -> bool:
        """Serve events until the answer is here, or there can be none; False after ``timeout_s``."""
        return self._waiter.wait_until(lambda: number in self._answers or self.closed, timeout_s)

    def wait_or(self, number: int, timeout_s: float, enough: Callable[[], bool]) -> bool:
        """Like :meth:`wait`, but gives up as soon as ``enough()``."""
        self._waiter.wait_until(lambda: number in self._answers or self.closed or enough(), timeout_s)
        return number in self._answers or self.closed

    def give_up(self, number: int, operation: str, waited_s: float) -> TargetBusyError:
        """Nobody waits for this answer any more; gives the error that says so."""
        self._dropped.add(number)
        return TargetBusyError(
            f"the program did not answer {operation!r} within {waited_s:.1f} s",
            why="its own code or another thread keeps the interpreter busy",
            hint="halt or restart it, or ask again",
        )

    def result(self, number: int, operation: str) -> Any:
        """The answer that :meth:`wait` has waited for; raises as :meth:`ask`."""
        if number not in self._answers:
            raise TargetGoneError("the program ended while it was asked", hint="restart")
        kind, result = self._answers.pop(number)
        if kind == "reply":
            return result
        if "internal" in result:
            error = result["internal"]
            raise InternalError(
                f"the agent failed in {operation!r}: {error['type']}: {error['message']}",
                why="this is a bug of pydelve",
                hint="\n".join(error["traceback"]),
            )
        raise AgentError(f"the program refused: {result['message']}")

    # -- hearing -------------------------------------------------------------------------------------------------------

    def settle(self, interval_us: int) -> None:
        """A stop has begun, or goes on after an evaluation: make it exact (``HoldChannel.settle``)."""
        self._hold.settle(interval_us, self.others)

    def drain(self) -> None:
        """Read what is still there, before the sockets are closed."""
        for channel in (self._link, self._hold):
            if not channel.closed:
                with contextlib.suppress(ProtocolError, TargetGoneError):
                    self._read(channel)

    def _read_link(self) -> None:
        self._read(self._link)
        if self._link.closed and not self.closed:
            self._waiter.unwatch(self._link.fileno())
            self._on_lost()

    def _read_hold(self) -> None:
        self._read(self._hold)
        if self._hold.closed and not self.closed:
            self._waiter.unwatch(self._hold.fileno())

    def _read(self, channel: Channel) -> None:
        for message in channel.receive():
            self._on_message(message)
            if self.closed:
                return

    def _on_message(self, message: Any) -> None:
        match message:
            case ("event", str(name), dict(data)):
                self._on_event(name, data)
            case ("reply" | "refused" as kind, int(number), result, *rest):
                if rest and rest[0]:
                    with contextlib.suppress(TargetGoneError):
                        self.settle(int(rest[0]))
                if number == self._moving:
                    self._moving = 0
                if number in self._dropped:
                    self._dropped.discard(number)
                else:
                    self._answers[number] = (kind, result)
            case _:
                raise ProtocolError("a message of the agent is malformed", why="it is neither reply nor event")

    def close(self) -> None:
        """Close both sockets; may be called twice."""
        if self.closed:
            return
        self.closed = True
        for channel in (self._link, self._hold):
            self._waiter.unwatch(channel.fileno())
            channel.close()
