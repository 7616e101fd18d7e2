"""The end of what is being typed: which object it is about, which call it is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydelve.debugger.expressions import OpenCall, Place, Step, current_parameter, key_text, open_call, place_at_end

ACCOUNT: tuple[Step, ...] = (("name", "account"),)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", Place("names")),
        ("acc", Place("names", "acc")),
        ("1 + acc", Place("names", "acc")),
        ("1 + ", Place("names")),
        ("print(", Place("names")),
        ("x and no", Place("names", "no")),
        ("x ", Place("")),
        ("x) ", Place("")),
        ("account.", Place("attributes", "", ACCOUNT)),
        ("account . ow", Place("attributes", "ow", ACCOUNT)),
        ("-account.ow", Place("attributes", "ow", ACCOUNT)),
        ("not account.ow", Place("attributes", "ow", ACCOUNT)),
        ("f(account.ow", Place("attributes", "ow", ACCOUNT)),
        ("a.b.c", Place("attributes", "c", (("name", "a"), ("attribute", "b")))),
        ("rows[0].", Place("attributes", "", (("name", "rows"), ("item", 0)))),
        ("rows[-1].x", Place("attributes", "x", (("name", "rows"), ("item", -1)))),
        ("t['k'][i].x", Place("attributes", "x", (("name", "t"), ("item", "k"), ("index", "i")))),
        ("t[None].x", Place("attributes", "x", (("name", "t"), ("item", None)))),
        ("t[True].", Place("attributes", "", (("name", "t"), ("item", True)))),
        ("t[b'x'].", Place("attributes", "", (("name", "t"), ("item", b"x")))),
        ("'text'.up", Place("attributes", "up", (("value", "text"),))),
        ("f().x", Place("")),
        ("(a).x", Place("")),
        ("t[a + b].x", Place("")),
        ("t[f(1)].x", Place("")),
        ("f'{a}'.", Place("")),
        ("1.", Place("")),
        ("table[", Place("keys", "", (("name", "table"),))),
        ("table['ap", Place("keys", "ap", (("name", "table"),), "'")),
        ('table["ap', Place("keys", "ap", (("name", "table"),), '"')),
        ("table.inner['", Place("keys", "", (("name", "table"), ("attribute", "inner")), "'")),
        ("rows[1", Place("keys", "1", (("name", "rows"),))),
        ("rows[1.", Place("")),
        ("rows[i", Place("names", "i")),
        ("[", Place("names")),
        ("[a, ", Place("names")),
        ("x = 'a string", Place("")),
        ("f('a", Place("")),
        ("x  # acc", Place("")),
        ("'''a\nb", Place("")),
        ("if.", Place("")),
        ("größe.l", Place("attributes", "l", (("name", "größe"),))),
    ],
)
def test_place(text: str, place: Place) -> None:
    assert place_at_end(text) == place


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("f(", OpenCall((("name", "f"),), 0)),
        ("f(1, ", OpenCall((("name", "f"),), 1)),
        ("f(1, fee=", OpenCall((("name", "f"),), 1, "fee")),
        ("f(1, fee == 2", OpenCall((("name", "f"),), 1)),
        ("f((1, 2), [3, 4], ", OpenCall((("name", "f"),), 2)),
        ("f(g(1, 2), ", OpenCall((("name", "f"),), 1)),
        ("f(g(1, ", OpenCall((("name", "g"),), 1)),
        ("f(1, [2, ", OpenCall((("name", "f"),), 1)),
        ("a.b[0].c(x", OpenCall((("name", "a"), ("attribute", "b"), ("item", 0), ("attribute", "c")), 0)),
        ("f('(', ", OpenCall((("name", "f"),), 1)),
        ("f(1)", None),
        ("(1, ", None),
        ("f()(", None),
        ("x = 1", None),
        ("f(  # (", None),
    ],
)
def test_call(text: str, call: OpenCall | None) -> None:
    assert open_call(text) == call


@pytest.mark.parametrize(
    ("position", "name", "current"),
    [(0, "", 0), (1, "", 2), (2, "", 3), (9, "", 3), (0, "fee", 4), (0, "b", 2), (0, "other", 5)],
)
def test_current_parameter(position: int, name: str, current: int) -> None:
    assert current_parameter(("a", "/", "b=1", "*rest", "fee=0", "**more"), position, name) == current


def test_no_current_parameter() -> None:
    assert current_parameter(("a", "*", "b"), 1, "") == -1
    assert current_parameter((), 0, "") == -1
    assert current_parameter(("a",), 0, "b") == -1


def test_keys_as_they_are_typed() -> None:
    assert [key_text(key, "", "") for key in ("it's", 3, None, b"x", 1.5)] == [
        '"it\'s"]',
        "3]",
        "None]",
        "b'x']",
        "1.5]",
    ]
    assert [key_text(key, "'", "") for key in ("it's", 'a"b', "a\nb", 3)] == ["", "a\"b']", "", ""]
    assert [key_text(key, "", "1") for key in (1, 12, 2)] == ["1]", "12]", ""]


@given(st.text(alphabet="ab.[]()'\"#=, 1\n\\", max_size=30))
def test_whatever_is_typed(text: str) -> None:
    place = place_at_end(text)
    assert text.endswith(place.typed)
    open_call(text)
