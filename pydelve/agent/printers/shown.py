"""What a printer gives, and the ways in which it may read an object.

Only C code reads, and only C code that belongs to CPython or to the library that made the class: a descriptor is taken
from the own dict of a class along the C-level ``__mro__``, and only where it says itself that it belongs to that class
(``__objclass__``). A class written in Python can hold such a descriptor of another class, but none of its own besides
those of its slots, which read a word of memory.
"""

from __future__ import annotations

from ..looking.anatomy import (
    GetSet,
    Member,
    UnreadableError,
    class_dict,
    class_mro,
    instance_dict,
    read,
    type_name,
)
from ..looking.fastlocals import UNBOUND

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterable
    from typing import Any

    Element = tuple[object, tuple[object] | None]
    """A value, and its key in a tuple, or None where it has none."""
    Elements = Callable[[int, int], Iterable[Element]]
    """The elements from a first one on, so many at most."""
    Attribute = tuple[str, object]

_Method = type(str.join)
_Wrapper = type(str.__add__)
_MOST_ENTRIES = 500  # of an instance's dict that are looked through for the few that a printer knows
_NO_ELEMENTS: tuple[Element, ...] = ()


class Shown:
    """What a printer found.

    ``form`` names the way it is to look (``api.values.Value.form``); ``facts`` are plain data: None, bool, int, float,
    str, or a list of int and str. ``elements`` go with ``length``; ``attributes`` are shown instead of those that are
    found without a printer, or, with ``hidden``, those less some that the printer has told already. ``kind`` replaces
    the kind, where the object is read as if it were one.
    """

    __slots__ = ("attributes", "elements", "facts", "form", "hidden", "kind", "length", "text")

    def __init__(
        self,
        form: str,
        text: str = "",
        facts: dict[str, Any] | None = None,
        *,
        length: int = -1,
        elements: Elements | None = None,
        attributes: Iterable[Attribute] | None = None,
        hidden: tuple[str, ...] = (),
        kind: str = "",
    ):
        self.form = form
        self.text = text
        self.facts = facts or {}
        self.length = length
        self.elements: Elements = elements or (lambda start, most: _NO_ELEMENTS)
        self.attributes = attributes
        self.hidden = hidden
        self.kind = kind


class Virtual:
    """Stands for a value that is no object of the target's, such as the row of an array."""

    __slots__ = ("shown", "type")

    def __init__(self, type_: str, shown: Shown):
        self.type = type_
        self.shown = shown


def c_class(obj: object, name: str, *markers: str) -> Any:
    """The class of that name along the object's MRO if C code made it: all ``markers`` are C functions of its own."""
    for cls in class_mro(type(obj)) or ():
        if type_name(cls) == name:
            return cls if all(_is_own(cls, marker) for marker in markers) else None
    return None


def _is_own(cls: type, name: str) -> bool:
    descriptor = class_dict(cls).get(name)
    kind = type(descriptor)
    return kind in (_Method, _Wrapper, GetSet, Member) and read(kind, "__objclass__", descriptor) is cls


def c_get(cls: Any, name: str, obj: object) -> Any:
    """An attribute by the C getset or member of exactly this class.

    Raises:
        AttributeError: it has none, or it is not set.
    """
    if not _is_own(cls, name):
        raise AttributeError(name)
    return read(cls, name, obj)


def c_call(cls: Any, name: str, obj: object, *arguments: object) -> Any:
    """The result of a C method of exactly this class.

    Raises:
        AttributeError: it has none.
        Exception: what the C function raises.
    """
    descriptor = class_dict(cls).get(name)
    kind = type(descriptor)
    if kind not in (_Method, _Wrapper) or read(kind, "__objclass__", descriptor) is not cls:
        raise AttributeError(name)
    call: Any = kind.__call__
    return call(descriptor, obj, *arguments)


def entries(obj: object) -> list[Attribute]:
    """The first entries of the instance's dict, whose names are exact strings; none where it has no such dict."""
    try:
        found = instance_dict(obj)
    except UnreadableError:
        return []
    pairs: list[Attribute] = []
    if found is not None:
        for name, value in dict.items(found):
            if type(name) is str:
                pairs.append((name, value))
            if len(pairs) == _MOST_ENTRIES:
                break
    return pairs


def own(obj: object, *names: str) -> list[Any]:
    """Values of the instance's slots and ``__dict__`` by name; UNBOUND for each that it has not.

    The dict is gone through, not looked up in: that would call ``__eq__`` of a key of the program's.
    """
    values: list[Any] = [UNBOUND] * len(names)
    for name, value in entries(obj):
        if name in names:
            values[names.index(name)] = value
    for index, name in enumerate(names):
        if values[index] is UNBOUND:
            values[index] = _slot(obj, name)
    return values


def _slot(obj: object, name: str) -> object:
    cls = type(obj)
    for base in class_mro(cls) or ():
        descriptor = class_dict(base).get(name)
        if type(descriptor) is Member:
            try:
                return Member.__get__(descriptor, obj, cls)
            except (AttributeError, TypeError):
                return UNBOUND
    return UNBOUND


def is_int(obj: object) -> bool:
    """Is it an int, whatever its class says of itself?"""
    return issubclass(type(obj), int)


def plain_int(obj: Any) -> int:
    """An int of a class derived from int as an int."""
    return int.__add__(obj, 0)


def is_text(obj: object) -> bool:
    """Is it a str, or of a class derived from it?"""
    return issubclass(type(obj), str)


def shortened(text: str, most: int = 1000) -> str:
    """A text of a fact: cut where it is absurdly long."""
    return text if len(text) <= most else text[:most] + "..."


def slice_of(items: Any, cls: type, start: int, most: int) -> Iterable[Element]:
    """Elements of a list or tuple by the methods of the built-in class."""
    getitem: Any = class_dict(cls)["__getitem__"]
    return [(item, None) for item in getitem(items, slice(start, start + most))]
