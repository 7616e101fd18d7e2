"""What an editor is told of events, without a program."""

from __future__ import annotations

import threading
from typing import Any

from pydelve.api.events import Event, Progress
from pydelve.errors import TargetGoneError
from pydelve_dap.breakpoints import Breakpoints
from pydelve_dap.children import Children
from pydelve_dap.happenings import Happenings
from pydelve_dap.messages import Messages
from pydelve_dap.paths import Paths
from pydelve_dap.session import Session
from tests.e2e.dap import check


class Events:
    """A client that has some events, and is gone then."""

    def __init__(self, *events: Event) -> None:
        self._events = list(events)

    def next_event(self, timeout_s: float | None) -> Event:
        if not self._events:
            raise TargetGoneError("the connection is lost")
        return self._events.pop(0)


def told(*events: Event, **editor: Any) -> list[tuple[str, dict[str, Any]]]:
    """The events of the protocol, as the schema has them."""
    sent: list[dict[str, Any]] = []
    client: Any = Events(*events)
    nothing: Any = lambda *_: None  # noqa: E731
    messages = Messages(sent.append)
    children = Children(messages, {}, editor, nothing, nothing)
    session = Session(messages, client, {}, Paths(), launched=True, editor=editor, children=children)
    Happenings(session, Breakpoints(session), threading.RLock(), nothing, nothing).run()
    for message in sent:
        check(message)
    return [(message["event"], message["body"]) for message in sent]


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
