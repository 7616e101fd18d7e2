"""Snapshots from a session, by the client's API alone."""

from __future__ import annotations

from typing import Any

import pytest

from pydelve.api.events import Exited, Stopped
from pydelve.api.requests import Expand, GetSource, GetStack, GetThreads, GetVariables, ListBreakpoints
from pydelve.api.target import ExitStatus, Stack
from pydelve.api.values import Variable
from pydelve.errors import LocationError, TargetStateError
from pydelve.terminal.tui.gathering import Gatherer
from pydelve.terminal.tui.model import Row
from tests.unit.terminal.fake import (
    BANK,
    CWD,
    FRAMES,
    SOURCE,
    Desk,
    breakpoint_,
    instance,
    integer,
    mapping,
    sequence,
    stop,
    string,
    thread,
)  # fmt: skip

NUMBERS = sequence("list", integer(1), integer(2), length=500, handle=7)


@pytest.fixture
def desk() -> Desk:
    desk = Desk().stopped(stop())
    desk.transport.on(ListBreakpoints, (breakpoint_(),))
    desk.transport.on(GetStack, Stack(FRAMES, 3))
    desk.transport.on(GetThreads, (thread(),))
    return desk


def rows(desk: Desk, gatherer: Gatherer, **values: Any) -> tuple[Row, ...]:
    """The rows for these locals."""
    desk.transport.on(GetVariables, tuple(Variable(name, value) for name, value in values.items()))
    return gatherer.gather().rows


def test_a_stop(desk: Desk) -> None:
    desk.transport.on(GetVariables, (Variable("amount", integer(1)), Variable("__name__", string("x"))))
    snapshot = Gatherer(desk.session).gather()
    assert snapshot.headline == "step, bank.py:9 in Account.withdraw, thread 1 (MainThread)"
    assert snapshot.program == "bank.py --fast  process 1234  CPython 3.13.0"
    assert (snapshot.status, snapshot.cwd, snapshot.file, snapshot.line, snapshot.source) == (
        "stopped", CWD, BANK, 9, SOURCE,
    )  # fmt: skip
    assert (snapshot.frames, snapshot.total_frames, snapshot.threads) == (FRAMES, 3, (thread(),))
    assert snapshot.rows == (Row(("amount",), "1"),)
    assert snapshot.marks(BANK) == {9: True}


def test_what_changed(desk: Desk) -> None:
    gatherer = Gatherer(desk.session)
    assert rows(desk, gatherer, a=integer(1), b=integer(2)) == (Row(("a",), "1"), Row(("b",), "2"))
    desk.session.handle(Stopped(stop()))
    assert rows(desk, gatherer, a=integer(1), b=integer(3)) == (Row(("a",), "1"), Row(("b",), "3", changed=True))


def test_what_changed_in_a_value(desk: Desk) -> None:
    gatherer = Gatherer(desk.session)
    gatherer.toggle(("x",))
    rows(desk, gatherer, x=sequence("list", integer(1), integer(2)))
    desk.session.handle(Stopped(stop()))
    assert rows(desk, gatherer, x=sequence("list", integer(1), integer(3))) == (
        Row(("x",), "[1, 3]", True, "-"), Row(("x", "[0]"), "1"), Row(("x", "[1]"), "3", True),
    )  # fmt: skip


def test_a_place_has_a_number_of_its_own(desk: Desk) -> None:
    desk.transport.on(GetVariables, ())
    gatherer = Gatherer(desk.session)
    numbers = [gatherer.gather().stop_number, gatherer.gather().stop_number]
    desk.session.select(frame=1)
    numbers.append(gatherer.gather().stop_number)
    desk.session.handle(Stopped(stop()))
    numbers.append(gatherer.gather().stop_number)
    assert numbers == [1, 1, 2, 3]


def test_opened_values(desk: Desk) -> None:
    desk.transport.on(Expand, sequence("list", *map(integer, range(3)), length=500, handle=7))
    gatherer = Gatherer(desk.session)
    values = {
        "a": instance(owner=string("ann")),
        "d": mapping((string("k"), integer(1))),
        "n": NUMBERS,
        "x": integer(1),
    }
    marks = [(row.path, row.mark) for row in rows(desk, gatherer, **values)]
    assert marks == [(("a",), "+"), (("d",), "+"), (("n",), "+"), (("x",), "")]
    for name in ("a", "d", "n", "x"):
        gatherer.toggle((name,))
    assert [(row.path, row.text) for row in rows(desk, gatherer, **values)][1:] == [
        (("a", ".owner"), "'ann'"),
        (("d",), "{'k': 1}"),
        (("d", "['k']"), "1"),
        (("n",), "[1, 2, ...+498 more]"),
        (("n", "[0]"), "0"), (("n", "[1]"), "1"), (("n", "[2]"), "2"), (("n", "..."), "+497 more"),
        (("x",), "1"),
    ]  # fmt: skip
    gatherer.toggle(("n",))
    desk.transport.on(Expand, TargetStateError("the target was resumed"))
    gatherer.toggle(("n",))
    assert rows(desk, gatherer, n=NUMBERS)[1:] == (Row(("n", ""), "(the target was resumed)"),)


def test_no_source(desk: Desk) -> None:
    desk.transport.on(GetVariables, ())
    desk.transport.on(GetSource, LocationError("there is no source of <string>", why="it was never a file"))
    snapshot = Gatherer(desk.session).gather()
    assert (snapshot.source, snapshot.problem) == (None, "it was never a file")


def test_the_end_and_a_target_that_went_meanwhile(desk: Desk) -> None:
    desk.transport.on(GetVariables, TargetStateError("locals needs a stopped program"))
    gatherer = Gatherer(desk.session)
    assert gatherer.gather().problem == "locals needs a stopped program"
    desk.session.handle(Exited(ExitStatus("exited", 0)))
    snapshot = gatherer.gather()
    assert (snapshot.status, snapshot.headline, snapshot.frames) == ("ended", "process 1234 exited with status 0", ())
    desk.transport.on(ListBreakpoints, TargetStateError("gone"))
    assert gatherer.gather().breakpoints == ()
