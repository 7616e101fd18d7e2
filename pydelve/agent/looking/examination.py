"""Everything that can be said of one object without running code of the target: size, referrers, where attributes are.

Where ``inspection.py`` shows what an object holds, this says from where each attribute comes that ``x.name`` would
find: the instance, a slot, a class, a property, which is not run. Called by the thread that is stopped, by a person's
``examine`` only: to count the referrers the garbage collector goes through all that it knows.
"""

from __future__ import annotations

import gc
import sys

from ..interpreter.paths import is_agent
from ..looking.anatomy import (
    GetSet,
    Member,
    UnreadableError,
    class_dict,
    class_mro,
    exact,
    instance_dict,
    kind_of,
    module_dict,
    read,
    type_name,
)
from ..looking.fastlocals import UNBOUND
from ..looking.inspection import inspect_value
from ..printers.shown import c_call

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Iterator
    from typing import Any

    from ..looking.inspection import Handles, Limits

    Found = tuple[str, str, str, object]
    """Name, origin, name of the class it comes from ("" for the instance), value or UNBOUND where it is not read."""

_Frame: Any = type(sys._getframe())
_GC_TYPE = 1 << 14  # Include/object.h: Py_TPFLAGS_HAVE_GC
_GC_HEAD_BYTES = 16  # Include/internal/pycore_gc.h, PyGC_Head: stands before the object
_MOST_REFERRERS = 10
_FUNCTIONS = ("function", "builtin")
_Property: Any = property
_BOUND = (id(staticmethod), id(classmethod))


def examine(obj: object, limits: Limits, handles: Handles) -> dict[str, Any]:
    """The wire form of ``api.values.Examination``, less what an evaluation says."""
    referrers = _referrers(obj)  # before we refer to it ourselves
    attributes: list[list[Any]] = []
    cut = False
    for name, origin, owner, value in _attributes(obj):
        if len(attributes) >= limits.max_items:
            cut = True
            break
        attributes.append([name, origin, owner, None if value is UNBOUND else inspect_value(value, limits, handles)])
    return {
        "value": inspect_value(obj, limits, handles),
        "size": _size(obj),
        "referrers": referrers,
        "attributes": attributes,
        "cut": cut,
    }


# -- size and referrers ------------------------------------------------------------------------------------------------


def _size(obj: object) -> int:
    """Bytes of the object alone, as ``sys.getsizeof`` would say if no class of the program's overrode it."""
    cls = type(obj)
    size = 0
    for base in class_mro(cls) or ():
        try:
            size = int(c_call(base, "__sizeof__", obj))
        except (AttributeError, TypeError, ValueError):  # none, not C's, or the object is in an odd state
            continue
        break
    return size + (_GC_HEAD_BYTES if read(type, "__flags__", cls) & _GC_TYPE else 0)


def _referrers(obj: object) -> list[list[Any]]:
    """``[type, how many]`` of the objects that refer to it, most frequent first; frames' variables are not counted."""
    counts: dict[str, int] = {}
    found = gc.get_referrers(obj)
    for referrer in found:
        if type(referrer) is _Frame or _is_ours(referrer):
            continue
        name = type_name(type(referrer))
        counts[name] = counts.get(name, 0) + 1
    pairs = sorted([(-count, name) for name, count in counts.items()])
    return [[name, -count] for count, name in pairs[:_MOST_REFERRERS]]


def _is_ours(referrer: object) -> bool:
    """Is it a cell or a function of the agent's?"""
    return kind_of(referrer) == "function" and is_agent(read(type(referrer), "__code__", referrer))


# -- attributes --------------------------------------------------------------------------------------------------------


def _attributes(obj: Any) -> Iterator[Found]:
    """All but those with two underscores on either side, as ``x.name`` finds them, each name once."""
    if kind_of(obj) == "module":
        yield from _entries(module_dict(obj), "instance", "")
        return
    classes = class_mro(obj) if kind_of(obj) == "class" else class_mro(type(obj))
    known: set[str] = set()
    for found in _every(obj, classes or ()):
        if found[0] not in known:
            known.add(found[0])
            yield found


def _every(obj: Any, classes: Any) -> Iterator[Found]:
    """Those of the instance first, unless a class has a descriptor of that name that comes before."""
    from_classes = [found for cls in classes for found in _of_class(obj, cls)]
    first = {name for name, origin, _, _ in from_classes if origin in ("slot", "property", "computed")}
    if kind_of(obj) != "class":
        try:
            entries = instance_dict(obj)
        except UnreadableError:
            entries = None
        for found in _entries(entries, "instance", ""):
            if found[0] not in first:
                yield found
    yield from from_classes


def _entries(entries: Any, origin: str, owner: str) -> Iterator[Found]:
    for name, value in dict.items(entries or {}):
        if issubclass(type(name), str) and not _is_special(exact(name)):
            yield exact(name), origin, owner, value


def _is_special(name: str) -> bool:
    return name[:2] == "__" and name[-2:] == "__"


def _of_class(obj: Any, cls: type) -> Iterator[Found]:
    owner = type_name(cls)
    for name, value in list(class_dict(cls).items()):
        if not issubclass(type(name), str) or _is_special(exact(name)):
            continue
        kind = kind_of(value)
        if kind_of(obj) == "class" and (type(value) is Member or type(value) is GetSet):
            yield exact(name), "descriptor", owner, UNBOUND
        elif type(value) is Member:
            yield exact(name), "slot", owner, _member(value, obj)
        elif type(value) is GetSet:
            yield exact(name), "computed", owner, UNBOUND
        elif issubclass(type(value), _Property):
            yield exact(name), "property", owner, UNBOUND
        elif kind in _FUNCTIONS or id(type(value)) in _BOUND:
            yield exact(name), "method", owner, UNBOUND
        elif any("__get__" in class_dict(base) for base in class_mro(type(value)) or ()):
            yield exact(name), "descriptor", owner, UNBOUND
        else:
            yield exact(name), "class", owner, value


def _member(descriptor: Any, obj: object) -> object:
    try:
        return Member.__get__(descriptor, obj, type(obj))
    except (AttributeError, TypeError):
        return UNBOUND
