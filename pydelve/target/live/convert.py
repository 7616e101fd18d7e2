"""Turns the agent's wire form of values into the frozen types of ``pydelve.api``.

The other side is ``pydelve/agent/inspection.py``, which describes the form. The agent lives in a process that anything
may have happened to, so nothing is taken on trust: what doesn't have the shape that is expected raises ProtocolError
and names the field. Pure: called by the engine's thread, blocks on nothing.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from pydelve.api.values import Item, Kind, Value, Variable
from pydelve.errors import ProtocolError

_KINDS = frozenset(get_args(Kind))
_SCOPES = ("argument", "local", "cell", "free", "global")
_MAX_DEPTH = 100
"""Levels of values in one answer; the agent opens as many as ``Limits.max_depth`` asks for, which is a handful."""

_FIELDS: dict[str, type] = {
    "type": str, "kind": str, "text": str, "length": int, "items": list, "shown": int, "attributes_cut": bool,
    "handle": int, "address": int, "cycle": bool,
}  # fmt: skip


def to_value(wire: object) -> Value:
    """The value that a wire dict describes.

    Raises:
        ProtocolError: it has a shape that no agent of this version sends.
    """
    return _value(wire, 0)


def to_variable(wire: object) -> Variable:
    """The variable that ``[name, scope, value]`` describes.

    Raises:
        ProtocolError: as :func:`to_value`.
    """
    if type(wire) not in (list, tuple) or len(cast("list[object]", wire)) != 3:
        raise _malformed("a variable is not [name, scope, value]", wire)
    name, scope, value = cast("list[object]", wire)
    if type(name) is not str:
        raise _malformed("a variable's name is not text", name)
    if scope not in _SCOPES:
        raise _malformed("a variable's scope is unknown", scope)
    return Variable(name=name, value=_value(value, 0), scope=cast("Any", scope))


def _value(wire: object, depth: int) -> Value:
    if depth > _MAX_DEPTH:
        raise ProtocolError("the agent sent a malformed value", why=f"more than {_MAX_DEPTH} levels deep")
    if type(wire) is not dict:
        raise _malformed("a value is not a dict", wire)
    for name, field in wire.items():
        expected = _FIELDS.get(name) if type(name) is str else None
        if expected is None:
            raise _malformed("a value has an unknown field", name)
        if type(field) is not expected:
            raise _malformed(f"the field {name!r} of a value is not {expected.__name__}", field)
        if type(field) is int and field < 0:
            raise _malformed(f"the field {name!r} of a value is negative", field)
    for name in ("type", "kind"):
        if name not in wire:
            raise _malformed(f"a value lacks the field {name!r}", wire)
    if wire["kind"] not in _KINDS:
        raise _malformed("a value's kind is unknown", wire["kind"])
    fields = dict(wire)
    fields["items"] = tuple([_item(item, depth + 1) for item in wire.get("items", ())])
    return Value(**fields)


def _item(wire: object, depth: int) -> Item:
    if type(wire) not in (list, tuple) or len(cast("list[object]", wire)) != 3:
        raise _malformed("an item is not [value, key, name]", wire)
    value, key, name = cast("list[object]", wire)
    if name is not None and type(name) is not str:
        raise _malformed("an item's name is not text", name)
    return Item(value=_value(value, depth), key=None if key is None else _value(key, depth), name=name)


def _malformed(why: str, what: object) -> ProtocolError:
    shown = repr(what)
    return ProtocolError(
        "the agent sent a malformed value", why=f"{why}: {shown[:80]}{'...' if len(shown) > 80 else ''}"
    )
