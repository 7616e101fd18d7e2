"""Looking at objects inside every target interpreter: what is shown, and that no code of the target runs for it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.values import Item, Value, Variable
from pydelve.errors import ProtocolError
from pydelve.target.live.convert import to_value, to_variable
from tests.interpreters import Interpreter

ROOT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.alone
def test_looks_without_running(python: Interpreter) -> None:
    done = subprocess.run(
        [python.path, "-I", "-X", "utf8", str(PROGRAMS / "probe_inspection.py"), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("fine\n", "", 0)


def test_wire_form_becomes_the_api_types() -> None:
    wire = {
        "type": "list", "kind": "list", "length": 3, "shown": 1, "address": 64, "handle": 2,
        "items": [[{"type": "int", "kind": "int", "text": "1"}, {"type": "str", "kind": "str", "text": "k"}, "name"]],
    }  # fmt: skip
    item = Item(Value("int", "int", "1"), Value("str", "str", "k"), "name")
    value = Value("list", "list", length=3, items=(item,), shown=1, handle=2, address=64)
    assert to_value(wire) == value
    assert to_variable(["x", "cell", wire]) == Variable("x", value, "cell")


_INT: dict[Any, object] = {"type": "int", "kind": "int"}


@pytest.mark.parametrize(
    "wire",
    [
        None, [], {}, {"type": "int"}, {"kind": "int"}, {"type": "int", "kind": "monad"}, {**_INT, "new": 1},
        {**_INT, "text": 1}, {**_INT, "length": True}, {**_INT, "shown": -1}, {**_INT, "cycle": 1}, {**_INT, 1: 2},
        {**_INT, "items": [_INT]}, {**_INT, "items": [[_INT, None]]}, {**_INT, "items": [[_INT, None, 1]]},
        {**_INT, "items": [[_INT, 1, None]]}, {**_INT, "items": ({},)},
    ],
)  # fmt: skip
def test_malformed_values_are_refused(wire: object) -> None:
    with pytest.raises(ProtocolError, match="the agent sent a malformed value"):
        to_value(wire)


@pytest.mark.parametrize(
    "wire", [None, ["x", "local"], [1, "local", _INT], ["x", "global scope", _INT], ["x", "local", 1]]
)
def test_malformed_variables_are_refused(wire: object) -> None:
    with pytest.raises(ProtocolError, match="the agent sent a malformed value"):
        to_variable(wire)


def test_values_nested_without_end_are_refused() -> None:
    wire: dict[str, object] = dict(_INT)
    for _ in range(5000):
        wire = {"type": "list", "kind": "list", "items": [[wire, None, None]]}
    with pytest.raises(ProtocolError, match="more than 100 levels deep"):
        to_value(wire)
