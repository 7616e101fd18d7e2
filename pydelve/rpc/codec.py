"""The api's types as JSON and back. Derived from their annotations; there is no second list of fields.

Dataclasses are objects with all their fields, tuples are arrays. A float that JSON has no number for is
``{"float": "nan"}``. Strings may hold lone surrogates, which JSON can escape.
"""

from __future__ import annotations

import json
import math
import sys
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydelve import light_typing
from pydelve.records import fields_of, is_record

F = TypeVar("F", bound=Callable[..., Any])
Decoder = Callable[[Any, str, bool], Any]
"""Gets the JSON, where it stands (for messages), and whether to refuse what is unknown or out of bounds."""
_LARGEST = 2**63 - 1
_PLAIN = frozenset((str, int, bool, type(None)))
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def cached(function: F) -> F:
    """``functools.cache``, without its type: to type checkers, classes of ours can't be hashed."""
    return cache(function)  # type: ignore[return-value]


class Mismatch(ValueError):
    """JSON is not of the type it should be of; says where, and what was expected."""


def dumps(value: Any) -> bytes:
    """JSON of what :func:`to_json` gave."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def loads(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        Mismatch: it is none.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Mismatch("it is no JSON in UTF-8") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def to_json(value: Any) -> Any:
    """What ``json.dumps`` can write, of a value of the api's types."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if kind in (tuple, list):
        return [to_json(each) for each in value]
    if kind is dict:
        return {key: to_json(each) for key, each in value.items()}
    if isinstance(value, int):  # signal.SIGINT and the like
        return int(value)
    found = {}
    for name in _field_names(kind):  # flat: there may be many thousands of records
        each = getattr(value, name)
        found[name] = each if type(each) in _PLAIN else to_json(each)
    return found


@cached
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(fields_of(cls))


def from_json(expected: Any, data: Any, where: str, *, strict: bool) -> Any:
    """A value of the type, from JSON.

    Args:
        where: What it is, for the message.
        strict: Refuse unknown fields, and numbers no machine has: it comes from a client. Else they are passed over.

    Raises:
        Mismatch: it is not of that type.
    """
    return decoder(expected)(data, where, strict)


@cached
def decoder(expected: Any) -> Decoder:
    """The function that makes a value of the type."""
    origin = get_origin(expected)
    if expected is Any:
        return lambda data, where, strict: data
    if expected in (str, bool, type(None), None):
        return _plain(type(None) if expected is None else expected)
    if expected is int:
        return _int
    if expected is float:
        return _float
    if origin is Literal:
        return _literal(get_args(expected))
    if origin is tuple:
        return _tuple(get_args(expected))
    if origin is dict:
        return _dict(get_args(expected)[1])
    if origin in (Union, types.UnionType):
        return _union(get_args(expected))
    if is_record(expected):
        return _dataclass(expected)
    raise TypeError(f"{expected} is no type of the api")


@cached
def field_types(cls: Any) -> dict[str, Any]:
    """Types of a dataclass's fields by name, in their order."""
    hints = get_type_hints(cls, localns=_literals(cls))
    return {name: hints[name] for name in fields_of(cls)}


def _literals(cls: Any) -> dict[str, Any]:
    """``typing``'s own in place of ``light_typing``'s, by the names that the classes' modules have for them."""
    names: dict[str, Any] = {"Literal": Literal}
    for base in cls.__mro__[:-1]:
        for name, known in vars(sys.modules[base.__module__]).items():
            if get_origin(known) is light_typing.Literal:
                names[name] = Literal[get_args(known)]
    return names


@cached
def required_fields(cls: Any) -> tuple[str, ...]:
    """Names of the fields that have no default, in their order."""
    return tuple(name for name, field in fields_of(cls).items() if field.required)


_NAMES: dict[Any, str] = {
    str: "a string", bool: "true or false", type(None): "null", int: "a whole number", float: "a number",
    dict: "an object", list: "an array",
}  # fmt: skip


def _wrong(where: str, what: str, data: Any) -> Mismatch:
    return Mismatch(f"{where} is {_NAMES.get(type(data), 'something else')}, and must be {what}")


def _plain(kind: type) -> Decoder:
    def decode(data: Any, where: str, strict: bool) -> Any:
        if type(data) is not kind:
            raise _wrong(where, _NAMES[kind], data)
        return data

    return decode


def _int(data: Any, where: str, strict: bool) -> int:
    if type(data) is not int:
        raise _wrong(where, "a whole number", data)
    if strict and abs(data) > _LARGEST:
        raise Mismatch(f"{where} is a number of more than 64 bits")
    return data


def _float(data: Any, where: str, strict: bool) -> float:
    if not strict and type(data) is dict and data.get("float") in _NOT_FINITE:
        return _NOT_FINITE[data["float"]]
    if type(data) not in (int, float):
        raise _wrong(where, "a number", data)
    bounded = strict or type(data) is int
    if abs(data) > _LARGEST if bounded else not math.isfinite(data):
        raise Mismatch(f"{where} is too large a number")
    return float(data)


def _literal(choices: tuple[Any, ...]) -> Decoder:
    names = ", ".join(map(str, choices))

    def decode(data: Any, where: str, strict: bool) -> Any:
        if type(data) is not str:
            raise _wrong(where, f"one of {names}", data)
        if data not in choices and strict:
            raise Mismatch(f"{where} is {data[:40]!r}, and must be one of {names}")
        return data

    return decode


def _tuple(arguments: tuple[Any, ...]) -> Decoder:
    if arguments[-1] is ...:
        each = decoder(arguments[0])

        def decode(data: Any, where: str, strict: bool) -> Any:
            if type(data) is not list:
                raise _wrong(where, "an array", data)
            return tuple([each(item, f"{where}[{index}]", strict) for index, item in enumerate(data)])

        return decode
    parts = [decoder(argument) for argument in arguments]

    def decode_fixed(data: Any, where: str, strict: bool) -> Any:
        if type(data) is not list or len(data) != len(parts):
            raise Mismatch(f"{where} must be an array of {len(parts)}")
        return tuple([part(item, f"{where}[{at}]", strict) for at, (part, item) in enumerate(zip(parts, data))])  # noqa: B905  as long

    return decode_fixed


def _dict(value: Any) -> Decoder:
    each = decoder(value)

    def decode(data: Any, where: str, strict: bool) -> Any:
        if type(data) is not dict:
            raise _wrong(where, "an object", data)
        return {name: each(item, f"{where}.{name}", strict) for name, item in data.items()}

    return decode


def _union(arguments: tuple[Any, ...]) -> Decoder:
    """The first alternative that fits; null and objects are told apart before anything is tried."""
    alternatives = [decoder(argument) for argument in arguments if argument is not type(None)]
    optional = type(None) in arguments

    def decode(data: Any, where: str, strict: bool) -> Any:
        if data is None and optional:
            return None
        for alternative in alternatives[:-1]:
            try:
                return alternative(data, where, strict)
            except Mismatch:
                continue
        return alternatives[-1](data, where, strict)

    return decode


def _dataclass(cls: Any) -> Decoder:
    made: dict[str, Decoder] = {}
    required = required_fields(cls)

    def decode(data: Any, where: str, strict: bool) -> Any:
        if not made:  # late: a type may hold itself
            made.update({name: decoder(kind) for name, kind in field_types(cls).items()})
        if type(data) is not dict:
            raise _wrong(where, "an object", data)
        values = {name: made[name](item, f"{where}.{name}", strict) for name, item in data.items() if name in made}
        if strict and len(values) < len(data):
            unknown = next(name for name in data if name not in made)
            raise Mismatch(f"{where} has no {unknown[:40]!r}; it has {', '.join(made) or 'nothing'}")
        missing = [name for name in required if name not in values]
        if missing:
            raise Mismatch(f"{where} lacks {missing[0]}")
        return cls(**values)

    return decode
