"""What an editor is told of events, without a program."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pydelve.api.events import Continued, Event, Progress, Stopped
from pydelve.api.requests import Request, Resume
from pydelve.api.target import Stop
from pydelve.errors import TargetGoneError
from pydelve_dap import happenings as module
from pydelve_dap.breakpoints import Breakpoints
from pydelve_dap.children import Children
from pydelve_dap.happenings import Happenings
from pydelve_dap.messages import Messages
from pydelve_dap.paths import Paths
from pydelve_dap.session import Session
from tests.e2e.dap import check


class Events:
    """A client that has some events, and is gone then."""

    def __init__(self, *events: Event | None) -> None:
        """None: nothing comes for as long as it is waited for."""
        self._events = list(events)
        self.asked: list[Request[Any]] = []
        self.waited: list[float | None] = []

    def next_event(self, timeout_s: float | None) -> Event | None:
        if not self._events:
            raise TargetGoneError("the connection is lost")
        self.waited.append(timeout_s)
        return self._events.pop(0)

    def call(self, request: Request[Any]) -> None:
        self.asked.append(request)


def happen(
    client: Any, arguments: dict[str, Any], *, configured: bool = False, **editor: Any
) -> list[tuple[str, dict[str, Any]]]:
    """The events of the protocol, as the schema has them."""
    sent: list[dict[str, Any]] = []
    nothing: Any = lambda *_: None  # noqa: E731
    messages = Messages(sent.append)
    children = Children(messages, arguments, editor, nothing, nothing)
    session = Session(messages, client, arguments, Paths(), launched=False, editor=editor, children=children)
    happenings = Happenings(session, Breakpoints(session), threading.RLock(), nothing, nothing)
    if configured:
        happenings.configuration_done()
    happenings.run()
    for message in sent:
        check(message)
    return [(message["event"], message.get("body", {})) for message in sent]


def told(*events: Event, **editor: Any) -> list[tuple[str, dict[str, Any]]]:
    return happen(Events(*events), {}, **editor)


def test_progress_begins_goes_on_and_ends_each_time() -> None:
    half, over = Progress("dumping", 5, 10), Progress("dumping", 5, 10, over=True)
    assert told(half, over, half, over, supportsProgressReporting=True) == [
        ("progressStart", {"progressId": "1", "title": "dumping", "percentage": 0, "cancellable": True}),
        ("progressUpdate", {"progressId": "1", "percentage": 50}),
        ("progressEnd", {"progressId": "1"}),
        ("progressStart", {"progressId": "2", "title": "dumping", "percentage": 0, "cancellable": True}),
        ("progressUpdate", {"progressId": "2", "percentage": 50}),
        ("progressEnd", {"progressId": "2"}),
    ]


def test_progress_is_for_editors_that_show_it() -> None:
    assert told(Progress("dumping", 5, 10)) == []


class TestAChild:
    STOPPED = Stopped(Stop("breakpoint", 1, "MainThread", ()), 2)
    CHILD = {"target": 2}  # noqa: RUF012

    def test_runs_on_where_the_editor_does_not_configure_its_session(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CHILD_LIMIT_S", 0.0)
        client = Events(self.STOPPED, None, Continued(), self.STOPPED, Continued())
        text = "no configurationDone came within 0 s: until it does, the process runs on where it stops\n"
        assert happen(client, self.CHILD) == [("output", {"category": "important", "output": text})]
        assert client.asked == [Resume("continue")] * 2
        assert client.waited == [0.0, 0.0, None, None, None]

    def test_is_shown_where_it_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CHILD_LIMIT_S", 0.0)
        client = Events(self.STOPPED, None)
        assert [name for name, _ in happen(client, self.CHILD, configured=True)] == ["stopped", "terminated"]
        assert (client.asked, client.waited) == ([], [None, None])

    def test_the_program_itself_waits(self) -> None:
        client = Events(self.STOPPED, None)
        assert (happen(client, {}), client.asked, client.waited) == ([], [], [None, None])
