"""The safe evaluator on our own memory: what is too large to be looked through, and classes made in C behind others."""

from __future__ import annotations

import os
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from pydelve.errors import EvaluationError, PydelveError, UnsupportedError
from pydelve.target.cpython.evaluation import SafeEvaluator
from pydelve.target.cpython.layout import choose_layout
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.cpython.operands import At, Made
from pydelve.target.live.memory import ProcessMemory, find_runtime

_MANY, _SCANNED = 5_000, 4_096
_MOST = "it has more than 4,096 entries, and no more are looked through"


class Plain(dict[Any, Any]):
    pass


class Defaulting(defaultdict[Any, Any]):
    pass


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    many = range(_MANY)
    return {
        "d": dict.fromkeys(many, 1), "s": set(many), "l": list(many), "t": tuple(many), "long": range(10**30),
        "plain": Plain(a=1), "defaulting": Defaulting(int, a=1), "ordered": OrderedDict(a=1), "len": len, "one": 1,
    }  # fmt: skip


@pytest.fixture
def evaluator(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[SafeEvaluator]:
    monkeypatch.setattr("pydelve.target.cpython.objects._MOST_SCANNED", _SCANNED)
    monkeypatch.setattr("pydelve.target.cpython.evaluation._MOST_SCANNED", _SCANNED)
    pid = os.getpid()
    memory = ProcessMemory(pid)
    objects = ObjectReader(memory, choose_layout(memory, find_runtime(pid, memory)))
    yield SafeEvaluator(objects, lambda name: id(values[name]) if name in values else 0)
    memory.close()


def told(evaluator: SafeEvaluator, text: str) -> object:
    try:
        found = evaluator.evaluate(text)
    except PydelveError as error:
        return type(error), error.why if isinstance(error, UnsupportedError) else error.message
    return evaluator.operands.plain(found) if isinstance(found, At | Made) else found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5 in d", True),
        ("d[5] == one", True),
        ("len(d)", _MANY),
        ("l[4999]", _MANY - 1),
        ("4999 in d", (UnsupportedError, _MOST)),
        ("d[4999]", (UnsupportedError, _MOST)),
        ("4999 in l", (UnsupportedError, _MOST)),
        ("4999 in t", (UnsupportedError, _MOST)),
        ("4999 in s", (UnsupportedError, _MOST)),
        ("not long", False),
        ("len(long)", (EvaluationError, "OverflowError: Python int too large to convert to C ssize_t")),
        ("plain['a']", 1),
        ("plain['b']", (EvaluationError, "KeyError: 'b'")),
        ("ordered['a']", 1),
    ],
)
def test_told_or_refused(evaluator: SafeEvaluator, text: str, wanted: object) -> None:
    assert told(evaluator, text) == wanted


@pytest.mark.parametrize("name", ["defaulting", "ordered"])
def test_what_a_class_of_c_code_gives_for_a_key_that_it_has_not(evaluator: SafeEvaluator, name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        evaluator.evaluate(f"{name}['b']")
    assert caught.value.why.endswith(("tells by C code what a key gives that it has not", "__missing__ of its own"))
