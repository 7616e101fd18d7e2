"""Whether a file can be what a frame runs."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

import pydelve
from pydelve.api.target import Frame
from pydelve.terminal.source_view import misfit

_GENERIC = """\
type Pair[First: int, Second = str] = tuple[First, Second]
def kept[*Rest](*found: Rest): ...
@decorated(
    "at some length"
)
class Row: ...
"""
_LINES = ["@cached", "def whole(rows):", "    return [row for row in rows]", "", "class Table:", "    pass"]


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _frame(function: str, line: int, first_line: int) -> Frame:
    return Frame(0, function, "", "", line, first_line, False)


def test_our_own_files_fit() -> None:
    for path in Path(pydelve.__path__[0]).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for code in _codes(compile(text, str(path), "exec", dont_inherit=True)):
            for _, line in dis.findlinestarts(code):
                assert misfit(_frame(code.co_qualname, line or 0, code.co_firstlineno), text.splitlines()) == ""


@pytest.mark.parametrize(
    ("function", "line", "first_line"),
    [("First", 1, 1), ("Second", 1, 1), ("Pair", 1, 1), ("<generic parameters of kept>", 2, 2), ("kept", 2, 2),
     ("Row", 6, 3), ("__annotate__", 2, 2), ("<module>", 0, 1)],
)  # fmt: skip
def test_what_newer_pythons_make_fits(function: str, line: int, first_line: int) -> None:
    assert misfit(_frame(function, line, first_line), _GENERIC.splitlines()) == ""


@pytest.mark.parametrize(
    ("function", "line", "first_line", "why"),
    [
        ("whole", 3, 1, ""),
        ("whole", 3, 2, ""),
        ("Table", 6, 5, ""),
        ("Table.whole", 3, 5, "no whole begins at its line 5"),
        ("whole.<locals>.part", 3, 3, "no part begins at its line 3"),
        ("hole", 2, 2, "no hole begins at its line 2"),
        ("whole", 3, 9, "no whole begins at its line 9"),
        ("<lambda>", 4, 4, "its line 4 is empty"),
        ("<module>", 7, 1, "it ends with line 6, and this is line 7"),
    ],
)
def test_what_does_not_fit(function: str, line: int, first_line: int, why: str) -> None:
    told = misfit(_frame(function, line, first_line), _LINES)
    assert told == (f"is not what runs here: {why}" if why else "")


def test_an_empty_file_runs_on_its_first_line() -> None:
    assert misfit(_frame("<module>", 1, 1), []) == ""
