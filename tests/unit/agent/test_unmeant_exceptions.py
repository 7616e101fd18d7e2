"""Classes that no breakpoint on exceptions means are noted, and not asked for again; not so where one is just set."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

from pydelve.agent.exceptions.raised import Exceptions

RECIPE = {
    "when": "raised", "ignored": [], "libraries": False, "at_raise": False, "unknown": "stop", "condition": "",
    "hit_condition": None, "after": None,
}  # fmt: skip


def made(pattern: str) -> Exceptions:
    """Those of an agent that has nothing else, with one breakpoint."""
    table = SimpleNamespace(replace_exception=lambda *_: None, hits_of=lambda _: 0)
    events = SimpleNamespace(watch_exceptions=lambda *_: None)
    exceptions = Exceptions(SimpleNamespace(table=table, events=events))  # type: ignore[arg-type]
    put(exceptions, 1, pattern)
    return exceptions


def put(exceptions: Exceptions, number: int, pattern: str) -> None:
    """Set a breakpoint."""
    exceptions.arm(number, {**RECIPE, "pattern": pattern})


def happen(exceptions: Exceptions) -> None:
    """A KeyError comes up here."""
    exceptions.happened(sys._getframe(), KeyError(), None)


def noted(exceptions: Exceptions) -> tuple[set[int], set[type[BaseException]], list[Any]]:
    """What no breakpoint means."""
    return exceptions.unmeant, exceptions.lasting, exceptions.recent


def test_a_breakpoint_that_is_set_while_others_are_asked() -> None:
    exceptions = made("ValueError")
    happen(exceptions)
    assert noted(exceptions) == ({id(KeyError)}, {KeyError}, [None])
    put(exceptions, 2, "OSError")
    (asked, _) = exceptions._armed

    def means(error: BaseException) -> bool:
        put(exceptions, 3, "KeyError")
        return False

    asked.means = means  # type: ignore[method-assign]
    happen(exceptions)
    assert noted(exceptions) == (set(), set(), [None])


def test_a_class_that_another_thread_takes_at_that_moment() -> None:
    exceptions = made("ValueError")

    class Taken(set[type[BaseException]]):
        """Another thread finds a class here, just before it is gone."""

        def clear(self) -> None:
            exceptions.recent[0] = KeyError
            super().clear()

    exceptions.lasting = Taken({KeyError})
    put(exceptions, 2, "KeyError")
    assert noted(exceptions) == (set(), set(), [None])
