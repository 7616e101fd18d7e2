"""A debugger that is a script: answers requests from a table, hands out events; for tests of all that is in front."""

from __future__ import annotations

import contextlib
import io
import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydelve.api.breakpoints import Breakpoint, Location, Placement, Unit
from pydelve.api.events import Event, Started, Stopped
from pydelve.api.requests import GetSource, Request
from pydelve.api.target import Frame, SourceText, State, Stop, TargetInfo, Thread
from pydelve.api.values import Evaluation, Item, Value
from pydelve.client import Client
from pydelve.terminal.commands import TABLE
from pydelve.terminal.interpreter import Interpreter
from pydelve.terminal.screen import Screen
from pydelve.terminal.script import wait_for_event
from pydelve.terminal.session import Session

R = TypeVar("R")
CWD = "/home/ann"
BANK = f"{CWD}/bank.py"
SOURCE = SourceText(
    BANK,
    (
        "class Account:",
        "    def __init__(self, owner, balance):",
        "        self.owner = owner",
        "        self.balance = balance",
        "",
        "    def withdraw(self, amount):",
        "        if amount > self.balance:",
        "            raise ValueError('too much')",
        "        self.balance -= amount",
        "        return self.balance",
        "",
        "def main():",
        "    account = Account('ann', 3)",
        "    account.withdraw(1)",
        "",
        "main()",
    ),
)
TARGET = TargetInfo(1234, "3.13.0", "/usr/bin/python3.13", ("bank.py", "--fast"), CWD, True)


class FakeTransport:
    """Answers by type of request: the next of the list, a result, an exception, or what a function makes of it."""

    def __init__(self) -> None:
        self.calls: list[Request[Any]] = []
        self.events: deque[Event] = deque()
        self.closed = False
        self._replies: dict[type[Request[Any]], Any] = {}
        self._brings: dict[type[Request[Any]], deque[tuple[Event, ...]]] = {}
        self._read_fd, self._write_fd = os.pipe()

    def on(self, request: type[Request[Any]], reply: Any = None, *brings: Iterable[Event]) -> None:
        """Answer a type of request; each call of it also brings the next group of events."""
        self._replies[request] = reply
        self._brings[request] = deque(tuple(events) for events in brings)

    @property
    def asked(self) -> list[Request[Any]]:
        """All requests but those for the source that is shown at each stop."""
        return [request for request in self.calls if not isinstance(request, GetSource)]

    def call(self, request: Request[R]) -> R:
        self.calls.append(request)
        if type(request) not in self._replies:
            raise AssertionError(f"unexpected {request}")
        if groups := self._brings.get(type(request)):
            self.events.extend(groups.popleft())
        reply = self._replies[type(request)]
        if isinstance(reply, list):
            reply = reply.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        result: R = reply(request) if isinstance(reply, Callable) else reply  # type: ignore[arg-type]
        return result

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        if self.events:
            return self.events.popleft()
        os.set_blocking(self._read_fd, False)
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, 1)
        assert timeout_s is not None, "waits for an event that never comes"
        return None

    def signal(self) -> None:
        """Make ``event_fd`` readable, until the events are taken."""
        os.write(self._write_fd, b"!")

    def event_fd(self) -> int:
        return self._read_fd

    def close(self) -> None:
        if not self.closed:
            os.close(self._read_fd)
            os.close(self._write_fd)
        self.closed = True


class Desk:
    """A session in script mode on a fake debugger, and everything it has said."""

    def __init__(self) -> None:
        self.transport = FakeTransport()
        self.output = io.StringIO()
        self.session = Session(Client(self.transport), Screen(self.output), wait=wait_for_event, cwd=CWD)
        self.interpreter = Interpreter(self.session, TABLE)

    def stopped(self, stop: Stop) -> Desk:
        """Bring the session to a stop, and forget what it said."""
        self.transport.on(GetSource, SOURCE)
        self.transport.events.extend([Started(TARGET), Stopped(stop)])
        self.interpreter.guard("starting", self.session.wait_for_stop)
        self.said()
        return self

    def run(self, *lines: str) -> str:
        """Run lines; what they say."""
        for line in lines:
            self.interpreter.execute(line)
        return self.said()

    def said(self) -> str:
        """What was said since the last time."""
        text = self.output.getvalue()
        self.output.seek(0)
        self.output.truncate()
        return text


RUNNING = State("running", TARGET)

_BEGINS = {"Account.withdraw": 6, "main": 12}


def frame(
    index: int = 0, function: str = "Account.withdraw", line: int = 9, file: str = BANK, library: bool = False
) -> Frame:
    return Frame(index, function, "bank", file, line, _BEGINS.get(function, 1), library)


FRAMES = (frame(), frame(1, "main", 14), frame(2, "<module>", 16))


def stop(reason: Any = "step", *, frames: tuple[Frame, ...] = FRAMES, **more: Any) -> Stop:
    return Stop(reason, 1, "MainThread", frames, **more)


def thread(
    number: int = 1, name: str = "MainThread", state: Any = "stopped", detail: str = "", at: Frame | None = FRAMES[0]
) -> Thread:
    return Thread(number, 140000 + number, 1233 + number, name, state, detail, number == 1, at)


def location(line: int = 9, function: str = "Account.withdraw", file: str = BANK) -> Location:
    return Location(file, Unit(line, line, "simple", function, 6, function.rpartition(".")[2]), function)


def breakpoint_(
    number: int = 1, text: str = "bank.py:9", *lines: int, state: Any = "armed", why: str = "", **more: Any
) -> Breakpoint:
    how = "events" if state == "armed" else ""
    placements = tuple(Placement(location(line), state, how, why) for line in lines or (9,))
    return Breakpoint(number, text, placements, **more)


def integer(number: int) -> Value:
    return Value("int", "int", str(number))


def string(text: str, length: int | None = None) -> Value:
    return Value("str", "str", text, len(text) if length is None else length, shown=len(text))


def sequence(kind: Any, *elements: Value, length: int | None = None, type_name: str = "", handle: int = 0) -> Value:
    count = len(elements)
    items = tuple(Item(element) for element in elements)
    return Value(type_name or kind, kind, "", count if length is None else length, items, count, handle=handle)


def mapping(*pairs: tuple[Value, Value], length: int | None = None, type_name: str = "dict") -> Value:
    items = tuple(Item(value, key=key) for key, value in pairs)
    return Value(type_name, "dict", "", len(pairs) if length is None else length, items, len(pairs))


def instance(type_name: str = "bank.Account", cut: bool = False, handle: int = 0, **attributes: Value) -> Value:
    items = tuple(Item(value, name=name) for name, value in attributes.items())
    return Value(type_name, "object", items=items, attributes_cut=cut, handle=handle, address=0x7F0012345678)


def evaluation(value: Value | None, took_s: float = 0.001, others_ran: bool = False, output: str = "") -> Evaluation:
    return Evaluation(value, took_s, others_ran, output)
