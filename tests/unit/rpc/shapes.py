"""Hypothesis strategies for the api's types, made from their annotations."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from pydelve.rpc.codec import cached, field_types

TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)  # lone surrogates too
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**63) + 1, 2**63 - 1),
    float: st.floats(-1e18, 1e18),
    bool: st.booleans(),
    type(None): st.none(),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@cached
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type of the api."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is None or kind in _PLAIN:
        return _PLAIN[type(None) if kind is None else kind]
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if origin is dict:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=2)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    assert is_dataclass(kind), kind
    cls: Any = kind
    return st.deferred(lambda: st.builds(cls, **{name: _shallow(each) for name, each in field_types(cls).items()}))


def _shallow(kind: Any) -> st.SearchStrategy[Any]:
    """A value may hold values: mostly it holds none."""
    if get_origin(kind) is tuple and "Item" in repr(kind):
        return st.just(())
    return values(kind)
