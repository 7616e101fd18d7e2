"""Records are frozen dataclasses in all that users of them see; what differs is when their methods are made."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from pydelve.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Record:
    """One."""

    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Longer(Record):
    """One with more."""

    more: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Original:
    """What it is compared with."""

    name: str
    size: int = 3
    parts: list[int] = dataclasses.field(default_factory=list)


def _said(make: Any, *values: Any, **named: Any) -> str:
    try:
        return repr(make(*values, **named))
    except TypeError as error:
        return str(error)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (("a",), {}), (("a", 4, [5]), {}), ((), {"name": "a", "parts": [1]}),
        ((), {}), (("a", 1, [], 2), {}), (("a",), {"name": "b"}), (("a",), {"other": 1}),
    ],
)  # fmt: skip
def test_making_one(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert _said(Record, *values, **named) == _said(Original, *values, **named).replace("Original", "Record")


def test_one_for_each() -> None:
    assert Record("a").parts is not Record("a").parts
    assert Longer("a", more=(1,)) == Longer("a", 3, [], (1,))
    assert repr(Longer("a")) == "Longer(name='a', size=3, parts=[], more=())"


def test_it_is_frozen() -> None:
    record: Any = Record("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del record.name
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        record.nothing = 1
    assert not hasattr(record, "__dict__")


def test_equality_and_hash() -> None:
    assert Record("a") == Record("a", 3, [])
    assert Record("a") != Record("b")
    assert Record("a") != Longer("a")
    assert Record("a") != ("a", 3, [])  # type: ignore[comparison-overlap]
    assert hash(Longer("a", parts=(), more=(1,))) == hash(Longer("a", parts=(), more=(1,)))  # type: ignore[arg-type]


def test_what_dataclasses_and_copies_make_of_it() -> None:
    record = Record("a", parts=[1])
    assert dataclasses.replace(record, size=9) == replace(record, size=9) == Record("a", 9, [1])
    assert dataclasses.asdict(record) == {"name": "a", "size": 3, "parts": [1]}
    assert [field.name for field in dataclasses.fields(Longer)] == ["name", "size", "parts", "more"]
    assert copy.deepcopy(record) == copy.copy(record) == pickle.loads(pickle.dumps(record)) == record
    assert str(inspect.signature(Record)).startswith("(name, size=3, parts=")
    match record:
        case Record(name, size):
            assert (name, size) == ("a", 3)


def test_the_first_ones_and_the_later_ones_are_made_alike() -> None:
    """The first few are made without a compiled ``__init__``."""

    @dataclass(frozen=True, slots=True)
    class Pair:
        first: int
        second: str = "x"

    for _ in range(7):
        assert repr([Pair(1), Pair(1, second="y"), Pair(second="z", first=2)]).replace(Pair.__qualname__, "Pair") == (
            "[Pair(first=1, second='x'), Pair(first=1, second='y'), Pair(first=2, second='z')]"
        )
        for values, named in (((), {}), ((1, "a", 2), {}), ((1,), {"first": 2}), ((1,), {"third": 2})):
            with pytest.raises(TypeError):
                Pair(*values, **named)  # type: ignore[arg-type]
