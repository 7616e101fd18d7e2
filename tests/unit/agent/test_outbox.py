"""Records on their way to the debugger: batches, their limits, and what is lost."""

from __future__ import annotations

import threading
from typing import Any

from pydelve.agent import protocol
from pydelve.agent.log_records import MAX_TEXT, grouped, record
from pydelve.agent.outbox import BATCH, LIMIT, Outbox

ONE, OTHER = (1, "a.py", 3, 0), (2, "a.py", 4, 0)


class Socket:
    """Stands for *link* or *hold*: keeps what is sent."""

    def __init__(self) -> None:
        self.batches: list[dict[str, Any]] = []
        self.sent = threading.Semaphore(0)

    def send(self, message: Any) -> None:
        """Take a message."""
        assert message[:2] == ("event", "records")
        self.batches.append(message[2])
        self.sent.release()

    def settle(self) -> None:
        """Nothing is ever under way."""


def _made() -> tuple[Outbox, Socket, Socket, set[int]]:
    link, hold, own = Socket(), Socket(), set[int]()
    return Outbox(link, hold, own, protocol.RECORDS, grouped), link, hold, own  # type: ignore[arg-type]


def test_batches_in_order() -> None:
    box, link, hold, own = _made()
    for source, text in ((ONE, "a"), (ONE, "b"), (OTHER, "x" * (MAX_TEXT + 1)), (ONE, "c")):
        box.put(record(source, text))
    box.begin()
    assert link.sent.acquire(timeout=10)
    cut = "x" * MAX_TEXT + "... (2,001 characters)"
    assert link.batches == [{"number": 1, "lost": 0, "groups": [(ONE, ["a", "b"]), (OTHER, [cut]), (ONE, ["c"])]}]
    assert len(own) == 1
    box.put(record(ONE, "d"))
    assert link.sent.acquire(timeout=10)
    assert link.batches[1] == {"number": 2, "lost": 0, "groups": [(ONE, ["d"])]}
    box.end()
    box.put(record(ONE, "e"))
    box.settle()
    assert hold.batches == [{"number": 3, "lost": 0, "groups": [(ONE, ["e"])]}]


def test_four_batches_are_under_way() -> None:
    box, link, _, _ = _made()
    box.begin()
    for number in range(1, 5):
        box.put(record(ONE, str(number)))
        assert link.sent.acquire(timeout=10)
    box.put(record(ONE, "5"))
    assert [batch["number"] for batch in link.batches] == [1, 2, 3, 4]
    box.has_read(1)
    assert link.sent.acquire(timeout=10)
    assert link.batches[4] == {"number": 5, "lost": 0, "groups": [(ONE, ["5"])]}
    box.end()


def test_the_oldest_are_dropped() -> None:
    """Where nobody reads; how many is told before those that are left."""
    box, _, hold, _ = _made()
    box.begin()
    box.end()
    for number in range(LIMIT + 100):
        box.put(record(ONE, str(number)))
    box.settle()
    texts = [text for batch in hold.batches for _, found in batch["groups"] for text in found]
    assert texts == [str(number) for number in range(100, LIMIT + 100)]
    assert [batch["lost"] for batch in hold.batches] == [100] + [0] * (LIMIT // BATCH - 1)
