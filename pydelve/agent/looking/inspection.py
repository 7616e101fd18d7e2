"""Looks at objects without running any code of the target, and makes plain data of what it finds.

"Looking is not running" (DESIGN idea 5): no ``__repr__``, property, ``__getattr__``, ``__len__``, ``__hash__`` or
``__eq__`` of the target is called. So here an object's type is ``type(x)``, never ``x.__class__``; subclass tests are
``issubclass(type(x), base)``, which for classes compares C-level ``__mro__`` tuples (``isinstance`` would ask
``__class__``); contents are read by the C methods of the exact built-in type, passed the object (``list.__getitem__(x,
...)``); attributes by the ``__dict__`` getset and the slots' member descriptors found in the classes' own dicts. Tables
are keyed by ``id``, since a class is hashed by its metaclass.

What is made is the *wire form* of ``pydelve.api.values.Value``: a dict of the dataclass's fields, defaults left out,
``items`` a list of ``[value, key or None, name or None]``, with nothing in it but what ``marshal`` carries. A bytes'
content is text with one character (0 to 255) a byte. ``pydelve/target/live/convert.py`` reads it on the other side.

Nothing here evaluates, imports or prints. Called by the thread that is stopped. An audit hook of the program would see
reads of a generator's frame, as it does from any debugger.
"""

from __future__ import annotations

import sys
from itertools import islice

from ..looking.anatomy import (
    CLOSED,
    Unreadable,
    attributes,
    find_deque,
    int_text,
    kind_of,
    qualified_name,
    range_text,
    type_name,
)
from ..printers.registry import Finder
from ..printers.shown import Virtual

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..printers.shown import Shown

    Wire = dict[str, Any]


class Limits:
    """How much is shown; the fields of ``pydelve.api.values.Limits``."""

    __slots__ = ("max_depth", "max_items", "max_text", "max_total")

    def __init__(self, max_text: int = 200, max_items: int = 64, max_depth: int = 2, max_total: int = 2000):
        self.max_text = max(0, max_text)
        self.max_items = max(0, max_items)
        self.max_depth = max(0, max_depth)
        self.max_total = max(1, max_total)


class Handles:
    """The objects that can be opened further, by number, from 1; they live until ``clear``: when the target resumes."""

    def __init__(self) -> None:
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}

    def add(self, obj: object) -> int:
        """The object's number: the same one for the same object."""
        number = self._numbers.get(id(obj))
        if number is None:
            self._objects.append(obj)
            number = self._numbers[id(obj)] = len(self._objects)
        return number

    def get(self, number: int) -> object:
        """The object of a number.

        Raises:
            KeyError: there is none, or none any more.
        """
        if not 1 <= number <= len(self._objects):
            raise KeyError(number)
        return self._objects[number - 1]

    def clear(self) -> None:
        """Let go of all objects; what dies of it runs its ``__del__`` here, so the caller chooses the moment."""
        objects, self._objects, self._numbers = self._objects, [], {}
        objects.clear()


def inspect_value(obj: object, limits: Limits, handles: Handles) -> Wire:
    """The wire form of a value, its first elements and attributes included."""
    return _Walk(limits, handles).value(obj, 0)


def inspect_children(obj: object, start: int, count: int, limits: Limits, handles: Handles) -> Wire:
    """The same value with the children ``start`` to ``start + count`` only.

    Children are counted through: a container's elements first, then its attributes. Of a str or bytes it is the
    characters, and of an int too long to show, the bits from the highest on, four a digit.
    """
    return _Walk(limits, handles).value(obj, 0, max(0, start), max(0, count))


# -- the walk ----------------------------------------------------------------------------------------------------------


class _Walk:
    """One answer: limits, what is left of them, and the ancestors of the value being read."""

    def __init__(self, limits: Limits, handles: Handles):
        self._limits = limits
        self._handles = handles
        self._left = limits.max_total
        self._ancestors: list[int] = []
        self._printers = Finder()
        deque = find_deque()
        if deque is not None:
            _ITERABLES["deque"] = _CONTAINERS["deque"] = deque
            _BARE.add(id(deque))

    def value(self, obj: object, depth: int, start: int = 0, count: int | None = None) -> Wire:
        """The wire form of one value; ``start`` and ``count`` (None: by the limits) choose its children."""
        self._left -= 1
        if type(obj) is Unreadable:
            return {"type": "", "kind": "unreadable", "text": obj.reason}
        kind = kind_of(obj)
        if kind == "unbound":
            return {"type": "", "kind": "unbound"}
        shown = obj.shown if type(obj) is Virtual else self._printers.shown(obj, kind)
        wire: Wire = {"type": obj.type if type(obj) is Virtual else type_name(type(obj)), "kind": kind}
        if id(obj) in self._ancestors:
            wire.update(address=id(obj), cycle=True)
            return wire
        self._ancestors.append(id(obj))
        try:
            self._fill(wire, obj, kind, depth, start, count, shown)
        except (AttributeError, TypeError, ValueError, KeyError, OverflowError, RecursionError, MemoryError) as error:
            # C-level reading failed on an object in an odd state; whatever it is, it is data and not a failed listing
            return {"type": wire["type"], "kind": "unreadable", "text": _error_text(error), "address": id(obj)}
        finally:
            self._ancestors.pop()
        return wire

    def _fill(
        self, wire: Wire, obj: Any, kind: str, depth: int, start: int, count: int | None, shown: Shown | None
    ) -> None:
        wants_more = False
        if kind in _TEXTS:
            wants_more = self._text(wire, obj, kind, start, count)
            if kind != "str" and wire["length"]:
                wire["address"], wants_more = id(obj), True  # its memory can be read: the handle keeps it alive
        elif kind == "int":
            wants_more = self._int(wire, obj, start, count)
        elif kind in _SCALARS:
            wire["text"] = _SCALARS[kind](obj)
        elif kind == "range":
            wire["text"] = range_text(obj, self._limits.max_text)
            wire["length"] = _range_length(obj)
        else:
            wire["text"] = qualified_name(obj, kind)
        if shown is not None:
            kind = wire["kind"] = shown.kind or kind
            wire.update(form=shown.form, facts=shown.facts, text=shown.text or wire["text"])
        for field, default in (("text", ""), ("shown", 0), ("form", ""), ("facts", {})):
            if wire.get(field, None) == default:
                del wire[field]
        if kind in ("none", "bool", "ellipsis"):
            return
        if id(type(obj)) not in _PLAIN:
            wants_more = self._children(wire, obj, kind, depth, start, count, shown) or wants_more
            if type(obj) is not Virtual:
                wire["address"] = id(obj)
        if wants_more:
            wire["handle"] = self._handles.add(obj)

    def _text(self, wire: Wire, obj: Any, kind: str, start: int, count: int | None) -> bool:
        base = _TEXTS[kind]
        size = self._limits.max_text if count is None else count
        part = base.__getitem__(obj, slice(start, start + size))
        wire["text"] = part if kind == "str" else part.decode("latin-1")
        wire["length"] = base.__len__(obj)
        wire["shown"] = len(wire["text"])
        return bool(wire["length"] > wire["shown"])

    def _int(self, wire: Wire, obj: Any, start: int, count: int | None) -> bool:
        digits = self._limits.max_text if count is None else (count + 3) // 4
        wire["text"], shown = int_text(obj, digits, start)
        if shown or not digits:
            wire["length"], wire["shown"] = int.bit_length(obj), shown
        return bool(shown)

    def _children(
        self, wire: Wire, obj: Any, kind: str, depth: int, start: int, count: int | None, shown: Shown | None
    ) -> bool:
        """Elements, then attributes. True where there is anything to open."""
        limits = self._limits
        opened = (depth == 0 or (depth <= limits.max_depth and kind not in CLOSED)) and self._left > 0
        if kind in CLOSED and count is None:
            opened = False
        most = limits.max_items if depth == 0 else min(limits.max_items, max(3, limits.max_items // 4))
        most = (most if count is None else count) if opened else 0
        items: list[list[Any]] = []
        length, elements = self._length_and_elements(obj, kind, start, most, shown)
        if length >= 0:
            wire["length"] = length
            self._add(items, elements, depth)
            if items:
                wire["shown"] = len(items)
        skip = max(0, start - length) if length >= 0 else (start if kind not in _TEXTS and kind != "int" else 0)
        room = max(0, most - len(items)) if count is not None else most
        has_attributes = False
        if id(type(obj)) not in _BARE:
            has_attributes = self._add_attributes(
                wire, items, _attributes_of(obj, kind, shown), kind, depth, skip, room
            )
        if items:
            wire["items"] = items
        return length > 0 or has_attributes

    def _length_and_elements(
        self, obj: Any, kind: str, start: int, most: int, shown: Shown | None
    ) -> tuple[int, Iterator[tuple[Any, Any, str | None]]]:
        """How many elements there are (-1: it is nothing that has any), and those from ``start`` on."""
        if shown is not None and shown.length >= 0:
            found = shown.elements(start, most) if most else ()
            return shown.length, ((value, key, None) for value, key in found)
        if kind in _ELEMENTS:
            return _CONTAINERS[kind].__len__(obj), self._elements(obj, kind, start, most)
        return -1, iter(())

    def _add_attributes(
        self, wire: Wire, items: Any, every: Iterator[tuple[str, object]], kind: str, depth: int, skip: int, room: int
    ) -> bool:
        """Attributes ``skip`` to ``skip + room``; True where the object has any."""
        has_any = skip > 0
        found = islice(every, skip, None)
        added: list[tuple[Any, Any, str | None]] = []
        try:
            for name, value in found:
                has_any = True
                if len(added) >= room or len(added) >= self._left:
                    if kind not in CLOSED or room:
                        wire["attributes_cut"] = True
                    break
                added.append((value, None, name))
        except RuntimeError:  # a thread in C code changed the dict meanwhile: what was read so far is shown
            wire["attributes_cut"] = True
        self._add(items, added, depth)
        return has_any

    def _elements(self, obj: Any, kind: str, start: int, most: int) -> Iterator[tuple[Any, Any, str | None]]:
        if kind in _SEQUENCES:
            for value in _SEQUENCES[kind].__getitem__(obj, slice(start, start + most)):
                yield value, None, None
        elif kind == "dict":
            # dict's own order even for an OrderedDict, whose C iterator looks keys up, by their __hash__ and __eq__
            for key, value in islice(dict.items(obj), start, start + most):
                yield value, (key,), None
        else:
            base: Any = _ITERABLES[kind]
            for value in islice(base.__iter__(obj), start, start + most):
                yield value, None, None

    def _add(self, items: list[list[Any]], found: Any, depth: int) -> None:
        """Append (value, key in a tuple or None, name) as items, as far as the total allows."""
        try:
            for value, key, name in found:
                if self._left <= 0:
                    return
                # a key is shown, not explored: as if it stood at the deepest level that is still opened
                wire_key = None if key is None else self.value(key[0], max(depth + 1, self._limits.max_depth))
                items.append([self.value(value, depth + 1), wire_key, name])
        except RuntimeError:  # changed while iterated, by a thread in C code: what was read so far is shown
            return


def _attributes_of(obj: Any, kind: str, shown: Shown | None) -> Iterator[tuple[str, object]]:
    """(name, value) of the attributes to show: the printer's, or all that are not told by it."""
    if type(obj) is Virtual:
        return iter(())
    if shown is None:
        return attributes(obj, kind)
    if shown.attributes is not None:
        return iter(shown.attributes)
    hidden = shown.hidden
    return ((name, value) for name, value in attributes(obj, kind_of(obj)) if name not in hidden)


def _range_length(obj: Any) -> int:
    """Elements of a range; more than a C long holds are said as the largest one."""
    try:
        return range.__len__(obj)
    except OverflowError:
        return sys.maxsize


def _error_text(error: BaseException) -> str:
    """Our own errors of C-level reading: exact built-in classes, whose text is safe to make."""
    return type_name(type(error)) + ": " + BaseException.__str__(error)


_TEXTS: dict[str, Any] = {"str": str, "bytes": bytes, "bytearray": bytearray}
_SEQUENCES: dict[str, Any] = {"list": list, "tuple": tuple}
_ITERABLES: dict[str, Any] = {"set": set, "frozenset": frozenset}
_CONTAINERS: dict[str, Any] = {**_SEQUENCES, **_ITERABLES, "dict": dict}
_ELEMENTS = (*_CONTAINERS, "deque")
_SCALARS: dict[str, Callable[[Any], str]] = {
    "none": lambda obj: "None",
    "bool": bool.__repr__,
    "float": float.__repr__,
    "complex": complex.__repr__,
    "ellipsis": lambda obj: "Ellipsis",
}
# exact types, by id, that have neither elements nor attributes to open, and those that have no attributes
_PLAIN = tuple(id(cls) for cls in (int, float, complex, str, bytes, bytearray, range))
_BARE = {id(cls) for cls in _CONTAINERS.values()}
