"""Short texts of values, made without any code of the program."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from pydelve.agent.calls.brief import Brief, parameters


class Loud:
    """Says no to whoever looks."""

    def __repr__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError

    def __getattribute__(self, name: str) -> object:
        raise AssertionError


class Names(dict[str, int]):
    """A dict of its own class."""

    def __iter__(self) -> Any:
        raise AssertionError


class Point:
    def __init__(self) -> None:
        self.x, self.y = 1, [2]


cycle: list[Any] = [1]
cycle.append(cycle)
HERE = __name__


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"), (True, "True"), (None, "None"), (1.5, "1.5"), (..., "Ellipsis"),
        ("abc", "'abc'"), ("a" * 12, "'aaaaaaaaaa'...+2 more"), ("\n\x01", r"'\n\x01'"), (b"abc", "b'abc'"),
        (bytearray(b"x"), "bytearray(b'x')"), ([], "[]"), ([1, 2], "[1, 2]"), ([1, 2, 3, 4], "[1, 2, 3, ...+1 more]"),
        ((1,), "(1,)"), ((), "()"), ({}, "{}"), ({"a": [1]}, "{'a': [...+1 more]}"), (set(), "set()"), ({1}, "{1}"),
        (frozenset({1}), "frozenset({1})"), (Names(a=1), f"{HERE}.Names({{'a': 1}})"), (cycle, "[1, [...+2 more]]"),
        (collections.OrderedDict(a=1), "collections.OrderedDict({'a': 1})"), (range(3), "range(0, 3)"),
        (ValueError("no", 1), "ValueError('no', 1)"), (Loud(), f"<{HERE}.Loud>"), (Point, f"<class {HERE}.Point>"),
        (len, "<built-in len>"), (pytest, "<module pytest>"), (Point.__init__, "<function Point.__init__>"),
        (Point(), f"<{HERE}.Point>"), (object(), "<object>"),
    ],
    ids=lambda value: value if type(value) is str else "",
)  # fmt: skip
def test_short(value: object, text: str) -> None:
    assert Brief(10, 3, 1, opens=False).text(value) == text


def test_opened() -> None:
    assert Brief(10, 3, 2, opens=True).text([Point()]) == f"[{HERE}.Point(x=1, y=[...+1 more])]"
    assert Brief(10, 1, 2, opens=True).text(Point()) == f"{HERE}.Point(x=1, ...)"
    assert Brief(10, 3, 2, opens=True).text(Loud()) == f"<{HERE}.Loud>"


def test_parameters() -> None:
    def function(a: int, /, b: int, *rest: int, c: int = 1, **more: int) -> None:
        d = a  # noqa: F841

    assert parameters(function.__code__) == (
        ["a", "b", "rest", "c", "more"],
        ["a", "b", "*rest", "c", "**more"],
    )
    assert parameters((n for n in (1, 2)).gi_code) == ([], [])  # type: ignore[attr-defined]
