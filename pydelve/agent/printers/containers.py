"""Printers of the library's containers, views and sequences of plain numbers."""

from __future__ import annotations

import gc
from itertools import islice

from ..interpreter import native
from ..looking.anatomy import class_dict, kind_of, read, type_name
from ..looking.fastlocals import UNBOUND
from ..printers.shown import Shown, c_call, c_class, c_get, own, slice_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Iterable
    from typing import Any

    from ..printers.shown import Element

_MOST_REORDERED = 2000  # more take too long to go through
_ENDS = 200  # entries at each end of a long OrderedDict of which the order is compared
_MOST_BYTES = 1 << 16  # of a memoryview of several dimensions, which can be read as a whole only


def default_dict(obj: Any) -> Shown | None:
    """As a dict, with what makes its new values."""
    cls = c_class(obj, "collections.defaultdict", "__missing__")
    return None if cls is None else Shown("defaultdict")


def deque(obj: Any) -> Shown | None:
    """As it is, with the length it may have at most."""
    cls = c_class(obj, "collections.deque", "appendleft")
    most = c_get(cls, "maxlen", obj) if cls is not None else None
    return None if most is None else Shown("deque", facts={"maxlen": most})


def chain_map(obj: Any) -> Shown | None:
    """Its maps, in the order of the search."""
    (maps,) = own(obj, "maps")
    if type(maps) is not list:
        return None
    return Shown(
        "call", length=list.__len__(maps), elements=lambda start, most: slice_of(maps, list, start, most),
        hidden=("maps",),
    )  # fmt: skip


def user_container(obj: Any) -> Shown | None:
    """UserDict, UserList and UserString: the one thing that is in them."""
    (data,) = own(obj, "data")
    if data is UNBOUND:
        return None
    return Shown("call", length=1, elements=lambda start, most: _pick([data], start, most), hidden=("data",))


def ordered_dict(obj: Any) -> Shown | None:
    """In its own order where ``move_to_end`` made it another than dict's.

    Its iterators look each key up by ``__hash__`` and ``__eq__``, so the list of its nodes is read from memory instead
    (Objects/odictobject.c, PyODictObject: behind the dict eight words, of which the first two are the first and the
    last node; a node is key, hash, next, previous).
    """
    cls = c_class(obj, "collections.OrderedDict", "move_to_end")
    base = read(type, "__basicsize__", dict)
    if cls is None or read(type, "__basicsize__", cls) != base + 64:
        return None
    size = dict.__len__(obj)
    first, last = native.read_word(id(obj) + base), native.read_word(id(obj) + base + 8)
    if size > _MOST_REORDERED:
        same = _same_keys(first, 16, islice(dict.keys(obj), _ENDS))
        same = same and _same_keys(last, 24, islice(_backwards(dict.keys(obj)), _ENDS))
        return None if same else Shown("", facts={"order": "of insertion"})
    if _same_keys(first, 16, dict.keys(obj)):
        return None
    pairs = {id(key): (value, (key,)) for key, value in dict.items(obj)}
    ordered: list[Element] = []
    node = first
    while node and len(ordered) < size:
        pair = pairs.get(native.read_word(node))
        if pair is None:
            return Shown("", facts={"order": "of insertion"})
        ordered.append(pair)
        node = native.read_word(node + 16)
    return Shown("", length=size, elements=lambda start, most: ordered[start : start + most])


def _same_keys(node: int, to_next: int, keys: Iterable[object]) -> bool:
    """Do the nodes from this one on hold these keys?"""
    for key in keys:
        if not node or native.read_word(node) != id(key):
            return False
        node = native.read_word(node + to_next)
    return True


def _backwards(keys: Any) -> Any:
    return class_dict(type(keys))["__reversed__"](keys)


def dict_view(obj: Any) -> Shown | None:
    """Keys, values or items of a dict, or the mapping behind a ``mappingproxy``, where that is a dict."""
    found = gc.get_referents(obj)
    mapping: Any = found[0] if len(found) == 1 else None
    name = type_name(type(obj))
    if kind_of(mapping) != "dict":
        more = [("mapping", mapping)] if name == "mappingproxy" else []
        return Shown("call", attributes=more)
    size = dict.__len__(mapping)
    if name == "mappingproxy":
        # as a dict, whose elements have keys; a dict of a class derived from dict is in dict's own order all the same
        return Shown(
            "view", length=size, kind="dict", attributes=[],
            elements=lambda start, most: [
                (value, (key,)) for key, value in islice(dict.items(mapping), start, start + most)
            ],
        )  # fmt: skip
    method: Any = {"dict_keys": dict.keys, "dict_values": dict.values, "dict_items": dict.items}[name]
    return Shown(
        "view", length=size, kind="list", attributes=[],
        elements=lambda start, most: [(item, None) for item in islice(method(mapping), start, start + most)],
    )  # fmt: skip


def array(obj: Any) -> Shown | None:
    """Its numbers, which are copied out as far as they are shown."""
    cls = c_class(obj, "array.array", "tolist", "typecode", "__getitem__", "__len__")
    if cls is None:
        return None
    size = c_call(cls, "__len__", obj)
    item_bytes = c_get(cls, "itemsize", obj)

    def elements(start: int, most: int) -> Iterable[Element]:
        part = c_call(cls, "__getitem__", obj, slice(start, start + most))
        return [(item, None) for item in c_call(cls, "tolist", part)]

    facts = {"typecode": c_get(cls, "typecode", obj), "size_bytes": size * item_bytes}
    return Shown("array", facts=facts, length=size, elements=elements, kind="list", hidden=("itemsize", "typecode"))


def memory_view(obj: Any) -> Shown | None:
    """What it shows of the buffer; the object behind is an attribute."""
    try:
        size = memoryview.__len__(obj)
    except ValueError:  # it was released
        return Shown("memoryview", facts={"state": "released"}, attributes=[])
    except TypeError:  # of no dimensions
        size = 0
    facts = {
        "format": read(memoryview, "format", obj), "shape": list(read(memoryview, "shape", obj)),
        "size_bytes": read(memoryview, "nbytes", obj), "readonly": read(memoryview, "readonly", obj),
    }  # fmt: skip

    def elements(start: int, most: int) -> Iterable[Element]:
        if read(memoryview, "ndim", obj) == 1:
            return _pick(memoryview.tolist(memoryview.__getitem__(obj, slice(start, start + most))), 0, most)
        if facts["size_bytes"] > _MOST_BYTES:
            return []
        return _pick(memoryview.tolist(obj), start, most)

    more = [("obj", read(memoryview, "obj", obj))]
    return Shown("memoryview", facts=facts, length=size, elements=elements, kind="list", attributes=more)


def partial(obj: Any) -> Shown | None:
    """The function, the arguments it is given, and by name those with names."""
    cls = c_class(obj, "functools.partial", "__call__")
    if cls is None:
        return None
    function, arguments, keywords = [c_get(cls, name, obj) for name in ("func", "args", "keywords")]
    if type(arguments) is not tuple or type(keywords) is not dict:
        return None
    named = [pair for pair in dict.items(keywords) if type(pair[0]) is str]

    def elements(start: int, most: int) -> Iterable[Element]:
        first = [(function, None)] if start == 0 and most else []
        return [*first, *_pick(arguments, max(0, start - 1), max(0, most - len(first)))]

    return Shown(
        "call", length=1 + len(arguments), elements=elements, attributes=named,
        facts={"fields": [name for name, _ in named]},
    )  # fmt: skip


def _pick(items: Any, start: int, most: int) -> Iterable[Element]:
    """A part of a list or tuple of our own."""
    return [(item, None) for item in items[start : start + most]]


PRINTERS = {
    "collections.defaultdict": default_dict, "collections.deque": deque, "collections.ChainMap": chain_map,
    "collections.UserDict": user_container, "collections.UserList": user_container,
    "collections.UserString": user_container, "collections.OrderedDict": ordered_dict, "mappingproxy": dict_view,
    "dict_keys": dict_view, "dict_values": dict_view, "dict_items": dict_view, "array.array": array,
    "memoryview": memory_view, "functools.partial": partial,
}  # fmt: skip
MARKERS: dict[str, Any] = {}
