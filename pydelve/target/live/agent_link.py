"""Requests to an agent and their answers, over its two sockets. Knows framing, numbering and time limits, no
operation's meaning. Engine's thread only.

The agent is not trusted: whatever it sends that is no message of the protocol, or of a shape that ``on_event`` can't
read, ends the link, with the reason, and nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pydelve.agent import protocol
from pydelve.errors import AgentError, InternalError, ProtocolError, TargetBusyError, TargetGoneError, TargetStateError
from pydelve.target.interface import Waiter
from pydelve.target.live.channel import Channel, HoldChannel

_STOP_ONE_LIMIT_S = 10.0
_MAX_INTERVAL_US = 1 << 62  # fits the wire
_FLUSH_EVERY_S = 0.02


class AgentLink:
    """One agent, as long as it lives.

    ``on_event`` hears of its events; ``on_lost`` of the end of *link*, with an error where the agent sent nonsense.
    """

    def __init__(
        self,
        link: Channel,
        hold: HoldChannel,
        waiter: Waiter,
        on_event: Callable[[str, dict[str, Any]], None],
        on_lost: Callable[[ProtocolError | None], None],
        pid: int,
    ) -> None:
        self._link, self._hold, self._waiter = link, hold, waiter
        self._on_event, self._on_lost = on_event, on_lost
        hold.pid = pid
        self._next_id = 0
        self._awaited: dict[int, tuple[int, str, dict[str, Any]]] = {}  # requests by number
        self._answers: dict[int, tuple[str, Any]] = {}
        self._dropped: set[int] = set()
        self._interrupted = self._works = False
        self._moving = 0
        self._flushes = False
        self.stopped = False
        """Requests go by *hold* while it is stopped, by *link* else."""
        self.closed = False
        self._begun = False
        self.others = False
        """Did other threads exist at the last stop?"""
        waiter.watch(link.fileno(), self._read_link)

    def begin(self, *, free_threaded: bool = False) -> None:
        """Hear of stops, from now on: the first may follow the hello at once, before the engine has taken that in."""
        self._begun = True
        self._hold.free_threaded = free_threaded
        self._waiter.watch(self._hold.fileno(), self._read_hold)

    # -- asking --------------------------------------------------------------------------------------------------------

    def ask(self, operation: str, arguments: dict[str, Any], timeout_s: float = 10.0) -> Any:
        """The result of one request. Sending by *link* never waits, by *hold* for the thread that stands, to read it.

        Raises:
            AgentError: refused, with the agent's reason.
            TargetStateError: the thread or task that it is about has ended.
            ProtocolError: its answer is malformed.
            InternalError: the agent failed in it.
            TargetBusyError: no answer within ``timeout_s`` since the agent last said that it is at work; it is dropped
                when it comes.
            TargetGoneError: the target ended meanwhile.
        """
        number = self.send(operation, arguments)
        self._interrupted = self._works = False
        while not self.wait_or(number, timeout_s, lambda: self._interrupted):
            if self._interrupted or not self._works:
                raise self.give_up(number, operation, timeout_s)
            self._works = False
        return self.result(number, operation)

    def works(self) -> None:
        """The agent is at what it was asked for."""
        self._works = True

    def interrupt(self) -> None:
        """Whoever waits in :meth:`ask` waits no longer."""
        self._interrupted = True

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
        self._awaited[self._next_id] = (self._next_id, operation, arguments)
        channel.send(self._awaited[self._next_id])
        self._flush_later()
        if by_hold and operation in protocol.EVALUATING:
            self._moving = self._next_id
        return self._next_id

    def tell(self, operation: str, arguments: dict[str, Any], by_link: bool = False) -> None:
        """Send a request whose answer does not matter."""
        self._drop(self.send(operation, arguments, by_link))

    def post(self, operation: str, arguments: dict[str, Any]) -> None:
        """Tell the agent something that has no answer, by *link*, whatever it does."""
        if not self.closed:
            self._link.send((0, operation, arguments))
            self._flush_later()

    def _flush_later(self) -> None:
        if self._link.waits and not self._flushes:
            self._flushes = True
            self._waiter.after(_FLUSH_EVERY_S, self._flush)

    def _flush(self) -> None:
        self._flushes = False
        if not self.closed:
            with contextlib.suppress(TargetGoneError):  # its end is read, too
                self._link.flush()
            self._flush_later()

    def catch_up(self) -> None:
        """Hear all that *link* holds before what *hold* is just telling."""
        self._read(self._link)

    def wait(self, number: int, timeout_s: float) -> bool:
        """Serve events until the answer is here, or there can be none; False after ``timeout_s``."""
        return self._waiter.wait_until(lambda: number in self._answers or self.closed, timeout_s)

    def wait_or(self, number: int, timeout_s: float, enough: Callable[[], bool]) -> bool:
        """Like :meth:`wait`, but gives up as soon as ``enough()``."""
        self._waiter.wait_until(lambda: number in self._answers or self.closed or enough(), timeout_s)
        return number in self._answers or self.closed

    def wait_gone(self, timeout_s: float) -> bool:
        """Wait until the agent has left, with nothing of it left behind; False after ``timeout_s``."""
        if not self._begun:  # it is let go of before its hello was taken in
            self.begin()
        return self._waiter.wait_until(lambda: self._hold.closed, timeout_s)

    def give_up(self, number: int, operation: str, waited_s: float) -> TargetBusyError:
        """Nobody waits for this answer any more; gives the error that says so."""
        self._drop(number)
        if self._interrupted:
            return TargetBusyError(
                f"nobody waits any longer for the program to answer {operation!r}",
                why="you interrupted it; what was asked may still happen",
                hint="ask again when the program stands",
            )
        return TargetBusyError(
            f"the program did not answer {operation!r} within {waited_s:.1f} s",
            why="its own code or another thread keeps the interpreter busy",
            hint="halt or restart it, or ask again",
        )

    def _drop(self, number: int) -> None:
        self._awaited.pop(number, None)
        self._dropped.add(number)

    def result(self, number: int, operation: str) -> Any:
        """The answer that :meth:`wait` has waited for; raises as :meth:`ask`."""
        if number not in self._answers:
            raise TargetGoneError("the program ended while it was asked", why="no answer will come", hint="restart")
        kind, result = self._answers.pop(number)
        if kind == "reply":
            return result
        match result:
            case {"internal": {"type": str(kind), "message": str(message), "traceback": [*lines]}}:
                raise InternalError(
                    f"the agent failed in {operation!r}: {kind}: {message}",
                    why="this is a bug of pydelve",
                    hint="\n".join(map(str, lines)),
                )
            case {"message": str(message), "hint": str(hint)} if hint:
                raise TargetStateError(message, hint=hint)
            case {"message": str(message)}:
                raise AgentError(f"the program refused: {message}")
        raise ProtocolError(f"the agent's refusal of {operation!r} is malformed", why="it gives no reason")

    # -- hearing -------------------------------------------------------------------------------------------------------

    def stops(self, interval_us: int, *, loose: bool) -> None:
        """A stop has begun; with ``loose``, others run on until something is asked."""
        self._hold.loose = loose
        self.settle(interval_us)

    def settle(self, interval_us: int) -> None:
        """A stop has begun, or goes on after an evaluation: make it exact (``HoldChannel.settle``)."""
        if not 0 <= interval_us <= _MAX_INTERVAL_US:
            raise ProtocolError("a message of the agent is malformed", why=f"a switch interval of {interval_us} us")
        self._hold.settle(interval_us, self.others)

    def set_loose(self, one: bool) -> None:
        """Have stops stop one thread only, or all; the stop that is, too, unless it is a halt."""
        number = self.send(protocol.STOP_ONE, {"one": one})
        if not one:
            self._hold.loose = False  # its answer is the begin of a stop of all
        if not self.wait(number, _STOP_ONE_LIMIT_S):
            raise self.give_up(number, protocol.STOP_ONE, _STOP_ONE_LIMIT_S)
        self._hold.loose = bool(self.result(number, protocol.STOP_ONE))

    def ask_again(self) -> None:
        """A stop has begun: what *link* was asked and did not answer before is asked of the thread that stands.

        The agent's own thread can't run now, and later leaves alone what was answered meanwhile
        (``core._serve_running``).
        """
        self.catch_up()
        for message in self._awaited.values():
            self._hold.send(message)

    def drain(self) -> None:
        """Read what is still there, before the sockets are closed."""
        for channel in (self._link, self._hold):
            if not channel.closed:
                with contextlib.suppress(ProtocolError):  # it ends anyway, and how it ended is what counts
                    self._read(channel)

    def _read_link(self) -> None:
        self._hear(self._link)
        if self._link.closed and not self.closed:
            self._waiter.unwatch(self._link.fileno())
            self._on_lost(None)

    def _read_hold(self) -> None:
        self._hear(self._hold)
        if self._hold.closed and not self.closed:
            self._waiter.unwatch(self._hold.fileno())  # *link* tells the end

    def _hear(self, channel: Channel) -> None:
        try:
            self._read(channel)
        except ProtocolError as error:
            if not self.closed:
                self._on_lost(error)

    def _read(self, channel: Channel) -> None:
        for message in channel.receive():
            try:
                self._on_message(message)
            except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
                why = f"{type(error).__name__}: {error}"
                raise ProtocolError("a message of the agent is malformed", why=why) from error
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
                if number in self._awaited:
                    del self._awaited[number]
                    self._answers[number] = (kind, result)
                elif number in self._dropped:
                    self._dropped.discard(number)
                else:
                    raise ProtocolError("a message of the agent is malformed", why=f"nobody asked number {number}")
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
