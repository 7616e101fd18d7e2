"""Values as text."""

from __future__ import annotations

import pytest

from pydelve.api.values import Item, Value
from pydelve.terminal.values import cut_hint, describe_type, is_cut, render_value

from .fake import instance, integer, mapping, sequence, string

NONE = Value("NoneType", "none", "None")
CYCLE = Value("list", "list", length=1, cycle=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NONE, "None"),
        (Value("bool", "bool", "True"), "True"),
        (integer(-5), "-5"),
        (Value("bank.Level", "int", "3"), "bank.Level(3)"),
        (Value("int", "int", "123", 1000, shown=3), "123...+997 more digits"),
        (string("it's"), '"it\'s"'),
        (string("a\n\x1b[31m"), "'a\\n\\x1b[31m'"),
        (string("ab", 1002), "'ab'...+1,000 more"),
        (Value("bank.Name", "str", "ann", 3, shown=3), "bank.Name('ann')"),
        (Value("bytes", "bytes", "a\xff\0", 3, shown=3), "b'a\\xff\\x00'"),
        (Value("bytearray", "bytearray", "a", 1, shown=1), "bytearray(b'a')"),
        (sequence("list"), "[]"),
        (sequence("list", integer(1), integer(2), length=1_000_000), "[1, 2, ...+999,998 more]"),
        (sequence("list", length=3, handle=7), "[...+3 more]"),
        (sequence("tuple", integer(1)), "(1,)"),
        (sequence("tuple", integer(1), length=2), "(1, ...+1 more)"),
        (sequence("tuple"), "()"),
        (sequence("set"), "set()"),
        (sequence("set", integer(1)), "{1}"),
        (sequence("frozenset"), "frozenset()"),
        (sequence("frozenset", integer(1)), "frozenset({1})"),
        (sequence("deque", integer(1), type_name="collections.deque"), "deque([1])"),
        (sequence("list", integer(1), type_name="bank.Rows"), "bank.Rows([1])"),
        (mapping((string("a"), integer(1)), length=3), "{'a': 1, ...+2 more}"),
        (mapping(type_name="collections.OrderedDict"), "collections.OrderedDict({})"),
        (instance(owner=string("ann"), balance=integer(3)), "<bank.Account 0x7f0012345678> {owner: 'ann', balance: 3}"),
        (instance(owner=string("ann"), cut=True), "<bank.Account 0x7f0012345678> {owner: 'ann', ...}"),
        (instance(), "<bank.Account 0x7f0012345678>"),
        (instance(handle=4), "<bank.Account 0x7f0012345678> {...}"),
        (sequence("list", CYCLE), "[<...>]"),
        (Value("type", "class", "bank.Account"), "<class bank.Account>"),
        (Value("function", "function", "bank.main"), "<function bank.main>"),
        (Value("async_generator", "async_generator", "bank.rows"), "<async generator bank.rows>"),
        (Value("range", "range", "range(0, 3)", 3), "range(0, 3)"),
        (Value("str", "unreadable", "its memory was freed"), "(unreadable: its memory was freed)"),
        (Value("", "unbound"), "(not assigned)"),
        (
            Value("bank.Rows", "list", "", 1, (Item(integer(1)), Item(string("x"), name="name")), 1),
            "bank.Rows([1]) {name: 'x'}",
        ),
    ],
)
def test_one_line(value: Value, text: str) -> None:
    assert render_value(value) == text


def test_long_list_of_scalars_fills_lines() -> None:
    value = sequence("list", *(integer(n) for n in range(100, 120)), length=1_000_000)
    assert render_value(value, width=40) == (
        "[\n"
        "    100, 101, 102, 103, 104, 105, 106,\n"
        "    107, 108, 109, 110, 111, 112, 113,\n"
        "    114, 115, 116, 117, 118, 119,\n"
        "    ...+999,980 more\n"
        "]"
    )


def test_nested_values_are_indented() -> None:
    rows = sequence("list", *(integer(n) for n in range(1000, 1006)))
    value = mapping((string("account"), instance(owner=string("ann" * 8), rows=rows)), (string("b"), NONE))
    assert render_value(value, width=51) == (
        "{\n"
        "    'account': <bank.Account 0x7f0012345678> {\n"
        "        owner: 'annannannannannannannann',\n"
        "        rows: [1000, 1001, 1002, 1003, 1004, 1005],\n"
        "    },\n"
        "    'b': None,\n"
        "}"
    )


@pytest.mark.parametrize(
    ("expression", "value", "hint"),
    [
        ("rows", sequence("list", integer(1)), ""),
        ("rows", sequence("list", integer(1), length=300), "print rows[1:2], or print -full rows"),
        ("a + b", sequence("list", *[integer(1)] * 64, length=1_000_000), "print (a + b)[64:128]"),
        ("text", string("ab", 500), "print text[2:4], or print -full text"),
        ("table", mapping((integer(1), integer(1)), length=3), "print -n 3 table, or print -full table"),
        ("account", instance(handle=3), "print -full account"),
        ("pair", sequence("tuple", sequence("list", length=9)), "print -full pair"),
        ("loop", sequence("list", CYCLE), ""),
    ],
)
def test_a_cut_value_says_how_to_see_the_rest(expression: str, value: Value, hint: str) -> None:
    assert (cut_hint(expression, value), is_cut(value)) == (hint, bool(hint))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (integer(1), "int"),
        (sequence("list", integer(1), length=1000), "list, 1,000 elements"),
        (string("a"), "str, 1 character"),
        (Value("type", "class", "bank.Account"), "class bank.Account"),
        (instance(), "bank.Account"),
    ],
)
def test_whatis(value: Value, text: str) -> None:
    assert describe_type(value) == text
