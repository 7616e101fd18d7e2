"""Printers of objects made of named fields: dataclasses, attrs, pydantic, named tuples, enumerations."""

from __future__ import annotations

from ..looking.anatomy import Member, attributes, class_dict, class_mro, kind_of
from ..looking.fastlocals import UNBOUND
from ..printers.shown import Shown, entries, is_text, own

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Iterator
    from typing import Any

_MOST_FIELDS = 200


def dataclass(obj: Any) -> Shown | None:
    """Its fields in their order; class variables and init-only ones are no fields of the instance."""
    fields = _marked(obj, "__dataclass_fields__")
    if type(fields) is not dict:
        return None
    names = []
    for name, field in dict.items(fields):
        (kind,) = own(field, "_field_type")
        (said,) = own(kind, "name") if kind is not UNBOUND else (None,)
        if type(name) is str and said == "_FIELD":
            names.append(name)
    return _record(obj, names)


def attrs(obj: Any) -> Shown | None:
    """The fields of an attrs class in their order."""
    fields = _marked(obj, "__attrs_attrs__")
    if not issubclass(type(fields), tuple):
        return None
    names = [own(field, "name")[0] for field in tuple.__iter__(fields)]
    return _record(obj, [name for name in names if type(name) is str])


def pydantic(obj: Any) -> Shown | None:
    """The instance's dict, where the fields are in their order, then extra and private values."""
    fields = entries(obj)
    more = [pair for part in own(obj, "__pydantic_extra__", "__pydantic_private__") for pair in _texts(part)]
    return Shown("record", facts={"fields": [name for name, _ in fields]}, attributes=fields + more)


def named_tuple(obj: Any) -> Shown | None:
    """Its elements have names."""
    names = _marked(obj, "_fields")
    if kind_of(obj) != "tuple" or type(names) is not tuple or not all(type(name) is str for name in names):
        return None
    return Shown("namedtuple", facts={"fields": list(names[:_MOST_FIELDS])})


def struct_sequence(obj: Any) -> Shown | None:
    """A tuple of C code's with named elements, such as ``os.stat_result``; some have more members than elements."""
    for cls in class_mro(type(obj)):
        own_dict = class_dict(cls)
        if "n_sequence_fields" in own_dict:
            break
    else:
        return None
    members = [name for name, descriptor in own_dict.items() if type(descriptor) is Member]
    count, unnamed = own_dict["n_sequence_fields"], own_dict.get("n_unnamed_fields")
    if kind_of(obj) != "tuple" or type(count) is not int or type(unnamed) is not int:
        return None
    names = members[: count - unnamed]
    return Shown("namedtuple", facts={"fields": names}, hidden=tuple(names))


def enum(obj: Any) -> Shown | None:
    """Its name and value; a combination of flags that has no name has those of its parts."""
    name, value = own(obj, "_name_", "_value_")
    if value is UNBOUND:
        return None
    if not is_text(name):
        name = _flags(obj, value)
    more = [pair for pair in entries(obj) if pair[0] not in _ENUM_NAMES]
    if kind_of(obj) == "object":  # others are their value
        more.insert(0, ("value", value))
    return Shown("enum", facts={"name": str.__str__(name)}, attributes=more)


_ENUM_NAMES = ("_name_", "_value_", "__objclass__", "_sort_order_")


def _flags(obj: Any, value: object) -> str:
    """``READ|WRITE``: up to 3.10 the object does not know."""
    members = _marked(obj, "_member_map_")
    if type(members) is not dict or type(value) is not int:
        return ""
    names, left = [], value
    for name, member in dict.items(members):
        (bits,) = own(member, "_value_")
        if type(name) is str and type(bits) is int and bits and value & bits == bits:
            names.append(name)
            left &= ~bits
    return "|".join([*names, *([hex(left)] if left else [])])


def _record(obj: Any, names: list[str]) -> Shown:
    names = names[:_MOST_FIELDS]
    return Shown("record", facts={"fields": names}, attributes=_fields_first(obj, names))


def _fields_first(obj: Any, names: list[str]) -> Iterator[tuple[str, object]]:
    yield from zip(names, own(obj, *names))
    known = set(names)  # of exact strings
    for name, value in attributes(obj, kind_of(obj)):
        if name not in known:
            yield name, value


def _texts(found: Any) -> list[tuple[str, object]]:
    return [pair for pair in dict.items(found) if type(pair[0]) is str] if type(found) is dict else []


def _marked(obj: Any, marker: str) -> Any:
    """What the first class along the MRO that has the marker holds under it."""
    for cls in class_mro(type(obj)):
        if marker in class_dict(cls):
            return class_dict(cls)[marker]
    return None


PRINTERS = {"enum.Enum": enum, "pydantic.main.BaseModel": pydantic}
MARKERS = {
    "__dataclass_fields__": dataclass, "__attrs_attrs__": attrs, "_fields": named_tuple,
    "n_sequence_fields": struct_sequence,
}  # fmt: skip
