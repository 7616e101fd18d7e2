"""The front end of ``pydelve trace``: has the calls told, and writes them down, until the program or the trace ends.

On the main thread. Ctrl-C ends it: a program that was launched gets the signal as it always would, and is traced to its
end; one that was attached to is left as it was.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pydelve.api.events import Detached, Event, Exited, Notice, Stopped, Traced
from pydelve.api.requests import Detach, EndTracing, Resume, SendSignal, SetStopUncaught, StartTracing
from pydelve.api.target import ExitStatus
from pydelve.api.tracing import TraceOptions
from pydelve.client import Client
from pydelve.errors import TargetGoneError, TargetStateError
from pydelve.records import dataclass
from pydelve.terminal.messages import part_lines
from pydelve.terminal.trace_book import Book

_POLL_S = 0.1


class Sink(Protocol):
    """Makes lines of records."""

    def batch(self, batch: Traced) -> Iterator[str]:
        """The lines of a batch, which the book has taken."""
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
    """One trace of one program."""

    def __init__(self, client: Client, options: TraceOptions, book: Book, sink: Sink, place: Place) -> None:
        self._client, self._options = client, options
        self._book, self._sink, self._place = book, sink, place
        self._launched = True
        self._tracing = self._left = False
        self._interrupts = 0
        self._deadline = float("inf")
        self._exit: ExitStatus | None = None

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
            while self._exit is None and not self._left:
                self._hear(self._client.next_event(_POLL_S))
                self._attend()
        finally:
            signal.signal(signal.SIGINT, before)
        return self._exit

    def _on_interrupt(self, *_: object) -> None:
        self._interrupts += 1

    def _attend(self) -> None:
        """What Ctrl-C and the clock ask for."""
        if self._interrupts and self._launched:
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
                self._place.remarks("\n".join((message, *part_lines(why, hint))))
            case Stopped():  # its own breakpoint(): nobody is there to look
                self._quietly(lambda: self._client.call(Resume("continue")))
            case Exited(status):
                self._exit = status
            case Detached():
                self._left = True
            case _:
                return


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
