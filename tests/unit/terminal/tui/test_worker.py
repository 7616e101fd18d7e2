"""What a job that waits for the program does where another one comes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import cast

import pytest

from pydelve.api.events import Continued, Event
from pydelve.client import Client
from pydelve.terminal.tui import worker
from pydelve.terminal.tui.worker import Worker


class Events:
    """A client's, as far as a worker needs it: one event, once it is told."""

    def __init__(self) -> None:
        self._fd, self._tell = os.pipe()

    def event_fd(self) -> int:
        return self._fd

    def next_event(self, limit_s: float) -> Event:
        os.read(self._fd, 1)
        return Continued()

    def tell(self) -> None:
        os.write(self._tell, b"!")

    def close(self) -> None:
        os.close(self._fd)
        os.close(self._tell)


@pytest.fixture
def events() -> Iterator[Events]:
    made = Events()
    yield made
    made.close()


def done(events: Events) -> list[str]:
    """What is done where a job waits, another is posted, and then what is waited for comes."""
    found: list[str] = []
    began, over = threading.Event(), threading.Event()
    made = Worker(lambda count: over.set())

    def waits() -> None:
        began.set()
        made.wait(cast("Client", events))
        found.append("came")

    made.start()
    made.post(waits)
    began.wait()
    made.post(lambda: found.append("other"))
    threading.Timer(0.05, events.tell).start()
    over.wait()
    made.stop()
    return found


def test_a_job_that_has_just_begun_is_let_end(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STEP_S", 1000.0)
    assert done(events) == ["came", "other"]


def test_one_that_waits_for_longer_is_left(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STEP_S", 0.0)
    monkeypatch.setattr(threading.Timer, "start", lambda timer: None)
    assert done(events) == ["other"]
