"""The front end of ``pydelve trace``: has the calls told, and writes them down, until the program or the trace ends.

On the main thread. Ctrl-C ends it: a program that was launched gets the signal as it always would, and is traced to its
end; one that was attached to is left as it was. With children the trace goes on until the last of them has ended; once
the program has, Ctrl-C lets go of them.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pydelve.api.events import (
    ChildLeftAlone,
    Detached,
    Event,
    Exited,
    Notice,
    Started,
    Stopped,
    TargetAdded,
    TargetExited,
    Traced,
)
from pydelve.api.requests import (
    Detach,
    EndTracing,
    FollowChildren,
    GetTargets,
    Resume,
    SendSignal,
    SetStopUncaught,
    StartTracing,
)
from pydelve.api.target import ExitStatus, Target
from pydelve.api.tracing import TraceOptions
from pydelve.client import Client
from pydelve.errors import TargetGoneError, TargetStateError
from pydelve.records import dataclass
from pydelve.terminal.messages import part_lines
from pydelve.terminal.trace_book import Book

_POLL_S = 0.1
_COMING_S = 5.0
"""For children that nobody waits for any more, to begin: a Python takes its time to start on a busy machine."""
_FIRST = 1
CUT_OFF = "ended without Python's clean-up (or closed all files, the agent's with them): its last calls may be missing"
"""What is said of a process that did not tell all."""


class Sink(Protocol):
    """Makes lines of records."""

    def batch(self, batch: Traced) -> Iterator[str]:
        """The lines of a batch, which the book has taken."""
        ...

    def begins(self, target: Target) -> Iterator[str]:
        """The lines of a process that is traced from now on, or of another program in its place."""
        ...

    def end(self) -> list[str]:
        """The last lines."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where lines go."""

    records: Callable[[Iterable[str]], object]
    """Those of a batch."""
    remarks: Callable[[str], object]
    """What is said besides."""
    broken: Callable[[], bool]
    """Records go nowhere: the trace ends."""


class Tracer:
    """One trace of one program, and of its children."""

    def __init__(self, client: Client, options: TraceOptions, book: Book, sink: Sink, place: Place) -> None:
        self._client, self._options = client, options
        self._book, self._sink, self._place = book, sink, place
        self._launched = True
        self._tracing = self._left = False
        self._interrupts = 0
        self._deadline = float("inf")
        self._exit: ExitStatus | None = None
        self.python = ""
        """Version of the program's, once it has begun."""
        self._children: dict[int, int] = {}
        """Those that live: pids by target."""
        self._awaited_since = 0.0
        """Since when the end was only put off by children that are to begin; 0: it is not."""

    def launched(self, seconds: float) -> ExitStatus | None:
        """Trace a program that stands at its first line, to its end; the trace ends after ``seconds``."""
        while self._exit is None:
            event = self._client.next_event(None)
            if isinstance(event, Stopped):
                break
            self._hear(event)
        if self._exit is None:
            self._client.call(SetStopUncaught(stop=False))
            self._begin(seconds)
            self._client.call(Resume("continue"))
        return self._follow()

    def attached(self, seconds: float) -> ExitStatus | None:
        """Trace a program that runs, to the end of the trace or its own."""
        self._launched = False
        self._begin(seconds)
        return self._follow()

    def _begin(self, seconds: float) -> None:
        self._client.call(StartTracing(self._options))
        self._tracing = True
        self._deadline = time.monotonic() + seconds

    def _follow(self) -> ExitStatus | None:
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            while not self._left and not self._is_over():
                self._hear(self._client.next_event(_POLL_S))
                self._attend()
            while (event := self._client.next_event(0)) is not None:
                self._hear(event)
        finally:
            signal.signal(signal.SIGINT, before)
        return self._exit

    def _is_over(self) -> bool:
        """Is there nothing left that is traced?"""
        if self._exit is None or not (self._options.children and self._tracing):
            return self._exit is not None
        if not self._children:
            found = self._client.call(GetTargets(coming=True))
            if not found.coming and all(each.exit is not None or each.id == _FIRST for each in found.targets):
                return True
            self._awaited_since = self._awaited_since or time.monotonic()
            return time.monotonic() > self._awaited_since + _COMING_S
        self._awaited_since = 0.0
        return False

    def _on_interrupt(self, *_: object) -> None:
        self._interrupts += 1

    def _attend(self) -> None:
        """What Ctrl-C and the clock ask for."""
        if self._interrupts and self._launched and self._exit is None:
            self._interrupts = 0
            if not _came_from_terminal():
                self._quietly(lambda: self._client.call(SendSignal(signal.SIGINT)))
        ends = self._interrupts or self._place.broken() or time.monotonic() >= self._deadline
        if self._tracing and ends:
            self._end()

    def _end(self) -> None:
        """No more calls are told of."""
        self._tracing = False
        self._quietly(lambda: self._client.call(EndTracing()))
        if not self._launched:
            self._quietly(lambda: self._client.call(Detach()))
            self._left = self._exit is not None  # nothing tells that the children are let go of
        elif self._options.children:
            self._quietly(lambda: self._client.call(FollowChildren(follow=False)))

    def _quietly(self, ask: Callable[[], object]) -> None:
        """The program may end at this moment, which its exit tells."""
        try:
            ask()
        except (TargetGoneError, TargetStateError):
            return

    def _hear(self, event: Event | None) -> None:
        match event:
            case Traced():
                self._book.take(event)
                self._place.records(self._sink.batch(event))
                if event.done and self._tracing:
                    self._end()
            case Notice(message, why, hint):
                self._remark(self._of_process(message), why, hint)
            case Started(info):
                self.python = info.python
                self._begins(Target(_FIRST, info, "running", "launch" if self._launched else "attach"))
            case TargetAdded(target):
                self._children[target.id] = target.info.pid
                self._begins(target)
            case TargetExited(target):
                self._children.pop(target.id, None)
                self._ended(target)
            case ChildLeftAlone(left, isolated):
                if isolated:
                    self._remark(f"not traced: {' '.join(left.words)}", left.why, "")
            case Stopped():  # its own breakpoint(): nobody is there to look
                self._quietly(lambda: self._client.call(Resume("continue")))
            case Exited(status):
                self._exit = status
            case Detached():
                self._left = True
            case _:
                return

    def _begins(self, target: Target) -> None:
        self._book.begins(target.id, target.info.pid)
        self._place.records(self._sink.begins(target))

    def _ended(self, target: Target) -> None:
        """A child has."""
        ended = target.exit
        if self._tracing and ended is not None and ended.how != "replaced" and not (ended.clean or ended.told):
            self._remark(f"process {target.info.pid} {CUT_OFF}")

    def _remark(self, message: str, why: str = "", hint: str = "") -> None:
        self._place.remarks("\n".join((message, *part_lines(why, hint))))

    def _of_process(self, message: str) -> str:
        """A notice by the process that it is about: the numbers of targets are shown nowhere here."""
        number, _, rest = message.removeprefix("target ").partition(": ")
        pid = self._children.get(int(number)) if number.isdecimal() else None
        return f"process {pid}: {rest}" if pid else message


def _came_from_terminal() -> bool:
    """Ctrl-C at a terminal goes to all that is in its foreground: to the program, too, whatever its input is."""
    try:
        fd = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:  # there is none
        return False
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(fd)
