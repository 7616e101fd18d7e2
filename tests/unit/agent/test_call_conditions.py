"""A trace's condition, where what it runs asks it again, in the same thread and in another one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

import pytest

from pydelve.agent.calls.conditions import Condition
from pydelve.agent.calls.matching import Source

ASKED: list[Callable[[], None]] = []
"""What comparing does."""


class Compared:
    """Its ``==`` is the program's code."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        for each in ASKED:
            each()
        return self.number == other

    __hash__ = None  # type: ignore[assignment]


def function(value: object, ask: Callable[[FrameType], bool]) -> bool:
    """What is traced."""
    return ask(sys._getframe())


def made() -> tuple[Callable[[object], bool], Callable[[object], bool]]:
    """The condition ``value == 2``: as functions ask it, and as events do."""
    condition = Condition(cast("Any", None), "value == 2", weaves=True)
    source = Source(function.__code__, "function", root=True)
    found = condition.woven(source, globals())
    assert found is not None
    assert found[1] == ("value",)
    return found[0], lambda value: function(value, lambda frame: condition.holds(frame, source))


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("second", [0, 1])
def test_asked_within(first: int, second: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ways, heard = made(), []
    monkeypatch.setitem(globals(), "ASKED", [lambda: heard.append(ways[second](2))])
    assert ways[first](Compared(2)) is True
    assert ways[first](Compared(3)) is False
    assert heard == [False, False]
    assert ways[second](2) is True


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("second", [0, 1])
def test_another_thread_asks_meanwhile(first: int, second: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ways, heard = made(), []
    main = threading.get_ident()

    def ask() -> None:
        heard.append(ways[second](Compared(2)))
        heard.append(ways[second](Compared(3)))

    def compared() -> None:
        if threading.get_ident() == main:
            other = threading.Thread(target=ask)
            other.start()
            other.join()
        else:
            heard.append(ways[first](2))

    monkeypatch.setitem(globals(), "ASKED", [compared])
    assert ways[first](Compared(2)) is True
    assert heard == [False, True, False, False]


def test_what_it_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks any more where one was interrupted."""

    def interrupts() -> None:
        raise KeyboardInterrupt

    for ask in made():
        monkeypatch.setitem(globals(), "ASKED", [interrupts])
        with pytest.raises(KeyboardInterrupt):
            ask(Compared(2))
        monkeypatch.setitem(globals(), "ASKED", [])
        assert ask(Compared(2)) is True
