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

import _collections  # type: ignore[import-not-found]
import sys
from itertools import islice

from .fastlocals import UNBOUND

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterator
    from typing import Any

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


# -- the C level -------------------------------------------------------------------------------------------------------

_class_mro = type.__dict__["__mro__"].__get__
_class_dict = type.__dict__["__dict__"].__get__
_class_name = type.__dict__["__name__"].__get__
_class_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_class_module = type.__dict__["__module__"].__get__
_class_dictoffset = type.__dict__["__dictoffset__"].__get__

_ModuleType: Any = type(sys)
_module_dict: Any = _ModuleType.__dict__["__dict__"].__get__
_MappingProxy = type(type.__dict__)
_GetSet = type(type.__dict__["__dict__"])
_Member = type(type.__dict__["__dictoffset__"])


def _function() -> None:
    pass


def _generator() -> Iterator[None]:
    yield


async def _coroutine() -> None:
    pass


async def _async_generator() -> Any:
    yield


def _type_of_coroutine() -> type:
    coroutine = _coroutine()
    coroutine.close()
    return type(coroutine)


class _Method:
    def method(self) -> None:
        pass


_Function = type(_function)
_BoundMethod = type(_Method().method)
_BuiltinFunction = type(len)
_Code = type(_function.__code__)
_Frame = type(sys._getframe())
_Generator = type(_generator())
_Coroutine = _type_of_coroutine()
_AsyncGenerator = type(_async_generator())

_BUILTIN_DESCRIPTORS = (
    type(str.join), type(str.__add__), type("".__add__), type(dict.__dict__["fromkeys"]), _GetSet, _Member,
)  # fmt: skip

_KINDS = {
    id(cls): kind
    for cls, kind in (
        (type(None), "none"), (bool, "bool"), (int, "int"), (float, "float"), (complex, "complex"), (str, "str"),
        (bytes, "bytes"), (bytearray, "bytearray"), (type(...), "ellipsis"), (range, "range"), (slice, "slice"),
        (list, "list"), (tuple, "tuple"), (set, "set"), (frozenset, "frozenset"), (dict, "dict"),
        (_collections.deque, "deque"), (_ModuleType, "module"), (type, "class"), (_Function, "function"),
        (_BoundMethod, "method"), (_BuiltinFunction, "builtin"), *((cls, "builtin") for cls in _BUILTIN_DESCRIPTORS),
        (_Code, "code"), (_Frame, "frame"), (_Generator, "generator"), (_Coroutine, "coroutine"),
        (_AsyncGenerator, "async_generator"), (BaseException, "exception"), (type(UNBOUND), "unbound"),
    )
}  # fmt: skip

_HAS_QUALNAME = sys.version_info >= (3, 11)  # and, since then, a generator's frame starts with RETURN_GENERATOR
_TEXTS: dict[str, Any] = {"str": str, "bytes": bytes, "bytearray": bytearray}
_SEQUENCES: dict[str, Any] = {"list": list, "tuple": tuple}
_ITERABLES = {"set": set, "frozenset": frozenset, "deque": _collections.deque}
_CLOSED = (
    "class",
    "module",
    "function",
    "method",
    "builtin",
    "code",
    "frame",
)  # opened only when asked for by a handle


def kind_of(obj: object) -> str:
    """The ``Kind`` by exact layout: of the first class along the type's ``__mro__`` that has one."""
    for cls in _class_mro(type(obj)) or ():
        kind = _KINDS.get(id(cls))
        if kind is not None:
            return kind
    return "object"


def type_name(cls: type) -> str:
    """``module.qualname`` of a class, without the module for builtins."""
    name = _class_qualname(cls)
    try:
        module = _class_module(cls)
    except AttributeError:  # a class whose `__module__` was deleted
        module = None
    if not issubclass(type(module), str):
        return name
    module = str.__str__(module)
    return name if module == "builtins" else module + "." + name


class _UnreadableError(Exception):
    """Why a part of an object can't be read."""


# -- attributes --------------------------------------------------------------------------------------------------------


def _instance_dict(obj: object) -> Any:
    """The instance's dict, or None where it has none.

    From 3.11 reading it makes a dict of what the object kept as inline values. That is acceptable: the program can't
    tell, and nothing but a layout per version would avoid it.
    """
    cls = type(obj)
    for base in _class_mro(cls) or ():
        descriptor = _class_dict(base).get("__dict__")
        # a property of that name would be the program's code: only the C getset, which itself checks that it fits the
        # object
        if type(descriptor) is _GetSet or type(descriptor) is _Member:
            try:
                found = type(descriptor).__get__(descriptor, obj, cls)
            except (AttributeError, TypeError) as error:
                raise _UnreadableError(BaseException.__str__(error)) from None
            return found if issubclass(type(found), dict) else None
    if _class_dictoffset(cls):
        raise _UnreadableError("its class hides it behind a '__dict__' of its own")
    return None


def _slots(obj: object) -> Iterator[tuple[str, object]]:
    """(name, value or UNBOUND) of the slots along the MRO, most derived class first, and of members of C structs."""
    cls = type(obj)
    seen = []
    for base in _class_mro(cls) or ():
        for name, descriptor in list(_class_dict(base).items()):
            if type(descriptor) is not _Member or type(name) is not str or name in seen:
                continue
            if name[:2] == "__" and name[-2:] == "__":
                continue
            seen.append(name)
            try:
                yield name, _Member.__get__(descriptor, obj, cls)
            except AttributeError:
                yield name, UNBOUND
            except TypeError as error:  # a descriptor of another class, moved here
                yield name, _Unreadable(BaseException.__str__(error))


class _Unreadable:
    """Stands for an attribute that can't be read."""

    def __init__(self, reason: str):
        self.reason = reason


def _own_attributes(obj: object, kind: str) -> Iterator[tuple[str, object]]:
    """What a built-in object of this kind has besides its dict and slots."""
    if kind == "exception":
        yield "args", _read(BaseException, "args", obj)
        for name in ("__cause__", "__context__"):
            value = _read(BaseException, name, obj)
            if value is not None:
                yield name, value
    elif kind == "method":
        yield "__func__", _read(_BoundMethod, "__func__", obj)
        yield "__self__", _read(_BoundMethod, "__self__", obj)
    elif kind == "frame":
        yield "f_lineno", _read(_Frame, "f_lineno", obj)
    elif kind in _RUNNABLES:
        cls, prefix = _RUNNABLES[kind]
        yield "state", _runnable_state(obj, cls, prefix)
        for name in ("gi_yieldfrom", "cr_await", "ag_await"):
            if name in _class_dict(cls):
                yield name, _read(cls, name, obj)


_RUNNABLES = {
    "generator": (_Generator, "gi_"), "coroutine": (_Coroutine, "cr_"), "async_generator": (_AsyncGenerator, "ag_"),
}  # fmt: skip


def _runnable_state(obj: object, cls: type, prefix: str) -> str:
    if _read(cls, prefix + "running", obj):
        return "running"
    frame = _read(cls, prefix + "frame", obj)
    if frame is None:
        return "closed"
    # 3.11+ have gi_suspended, but asynchronous generators only later; an instruction before the first was never run.
    if prefix + "suspended" in _class_dict(cls):
        return "suspended" if _read(cls, prefix + "suspended", obj) else "created"
    if _HAS_QUALNAME:
        return "created" if frame.f_lasti <= _first_yield(frame.f_code) else "suspended"
    return "created" if frame.f_lasti == -1 else "suspended"


def _first_yield(code: Any) -> int:
    """Offset of the instruction where a new generator waits (3.11: RETURN_GENERATOR, number 75 in Include/opcode.h)."""
    return int(code.co_code.find(b"\x4b", 0, 512))


def _read(cls: type, name: str, obj: object) -> Any:
    """An attribute by the C descriptor of exactly this built-in class."""
    descriptor = _class_dict(cls)[name]
    return type(descriptor).__get__(descriptor, obj, type(obj))


def _attributes(obj: object, kind: str) -> Iterator[tuple[str, object]]:
    """(name, value) of all attributes, in this order: the kind's own, the instance dict's, the slots'.

    For a class or a module its dict is all there is.
    """
    if kind == "class":
        entries: Any = _class_dict(obj)
        yield from _named(_MappingProxy.items(entries))
        return
    yield from _own_attributes(obj, kind)
    try:
        found = _module_dict(obj) if kind == "module" else _instance_dict(obj)
        if found is not None:
            yield from _named(dict.items(found))
    except _UnreadableError as error:
        yield "__dict__", _Unreadable(error.args[0])
    if kind not in _CLOSED and kind not in _RUNNABLES:
        yield from _slots(obj)


def _named(pairs: Any) -> Iterator[tuple[str, object]]:
    for name, value in pairs:
        yield (str.__str__(name) if issubclass(type(name), str) else "<" + type_name(type(name)) + ">"), value


# -- texts -------------------------------------------------------------------------------------------------------------


def _qualified_name(obj: Any, kind: str) -> str:
    """The name that a function, class, module or the like goes by."""
    if kind == "class":
        return type_name(obj)
    if kind == "module":
        name = dict.get(_module_dict(obj) or {}, "__name__")
        return str.__str__(name) if issubclass(type(name), str) else ""
    if kind == "function":
        return str(_read(_Function, "__qualname__", obj))
    if kind == "method":
        function = _read(_BoundMethod, "__func__", obj)
        return _qualified_name(function, kind_of(function)) if kind_of(function) != "method" else ""
    if kind == "builtin":
        return _builtin_name(obj)
    if kind == "code":
        return str(obj.co_qualname if _HAS_QUALNAME else obj.co_name)
    if kind == "frame":
        return _qualified_name(obj.f_code, "code")
    if kind in _RUNNABLES:
        return str(_read(_RUNNABLES[kind][0], "__qualname__", obj))
    return ""


def _builtin_name(obj: Any) -> str:
    """``len``, ``math.sin``, ``str.join``: by parts, since the C ``__qualname__`` asks the owner's metaclass."""
    cls = type(obj)
    if cls is not _BuiltinFunction:
        if "__objclass__" not in _class_dict(cls):
            return _read(cls, "__name__", obj) if "__name__" in _class_dict(cls) else ""
        return type_name(_read(cls, "__objclass__", obj)) + "." + str(_read(cls, "__name__", obj))
    name: str = _read(cls, "__name__", obj)
    owner = _read(cls, "__self__", obj)
    if owner is None or kind_of(owner) == "module":
        module = _qualified_name(owner, "module") if owner is not None else ""
        return name if module in ("", "builtins") else module + "." + name
    return type_name(owner if kind_of(owner) == "class" else type(owner)) + "." + name


_DECIMAL_DIGITS = 640  # the least that sys.set_int_max_str_digits can be set to (Include/internal/pycore_long.h)


def _int_text(obj: Any, digits: int, start: int) -> tuple[str, int]:
    """Literal of an int, and how many bits it shows (0: all).

    Decimal is quadratic and limited by ``sys.set_int_max_str_digits``, so what is longer is in hexadecimal, cut by a
    shift.
    """
    bits = int.bit_length(obj)
    if not start and bits * 0.30103 < min(digits, _DECIMAL_DIGITS):
        return int.__repr__(obj), 0
    first = start // 4
    every = (bits + 3) // 4
    rest = max(0, every - first - digits)
    head = int.__rshift__(abs(int.__add__(obj, 0)), 4 * rest)
    shown = max(0, min(digits, every - first))
    hexadecimal = "%x" % (head & ((1 << (4 * shown)) - 1))
    sign = "-" if int.__lt__(obj, 0) else ""
    text = sign + "0x" + "0" * (shown - len(hexadecimal)) + (hexadecimal if shown else "")
    return text, 0 if not start and not rest else min(bits, 4 * shown)


def _range_text(obj: Any, digits: int) -> str:
    """``range(0, 9)``; by hand, since ``repr`` would use that of bounds whose class is derived from int."""
    parts = [_int_text(_read(range, name, obj), digits, 0)[0] for name in ("start", "stop", "step")]
    if parts[2] == "1":
        parts.pop()
    return "range(" + ", ".join(parts) + ")"


# -- the walk ----------------------------------------------------------------------------------------------------------


class _Walk:
    """One answer: limits, what is left of them, and the ancestors of the value being read."""

    def __init__(self, limits: Limits, handles: Handles):
        self._limits = limits
        self._handles = handles
        self._left = limits.max_total
        self._ancestors: list[int] = []

    def value(self, obj: object, depth: int, start: int = 0, count: int | None = None) -> Wire:
        """The wire form of one value; ``start`` and ``count`` (None: by the limits) choose its children."""
        self._left -= 1
        if type(obj) is _Unreadable:
            return {"type": "", "kind": "unreadable", "text": obj.reason}
        kind = kind_of(obj)
        if kind == "unbound":
            return {"type": "", "kind": "unbound"}
        wire: Wire = {"type": type_name(type(obj)), "kind": kind}
        if id(obj) in self._ancestors:
            wire.update(address=id(obj), cycle=True)
            return wire
        self._ancestors.append(id(obj))
        try:
            self._fill(wire, obj, kind, depth, start, count)
        except (AttributeError, TypeError, ValueError, KeyError, OverflowError, RecursionError, MemoryError) as error:
            # C-level reading failed on an object in an odd state; whatever it is, it is data and not a failed listing
            return {"type": wire["type"], "kind": "unreadable", "text": _error_text(error), "address": id(obj)}
        finally:
            self._ancestors.pop()
        return wire

    def _fill(self, wire: Wire, obj: Any, kind: str, depth: int, start: int, count: int | None) -> None:
        wants_more = False
        if kind in _TEXTS:
            wants_more = self._text(wire, obj, kind, start, count)
        elif kind == "int":
            wants_more = self._int(wire, obj, start, count)
        elif kind in _SCALARS:
            wire["text"] = _SCALARS[kind](obj)
        elif kind == "range":
            wire["text"] = _range_text(obj, self._limits.max_text)
            wire["length"] = _range_length(obj)
        else:
            wire["text"] = _qualified_name(obj, kind)
        for field, default in (("text", ""), ("shown", 0)):
            if wire.get(field, None) == default:
                del wire[field]
        if kind in ("none", "bool", "ellipsis"):
            return
        if id(type(obj)) not in _PLAIN:
            wants_more = self._children(wire, obj, kind, depth, start, count) or wants_more
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
        wire["text"], shown = _int_text(obj, digits, start)
        if shown or not digits:
            wire["length"], wire["shown"] = int.bit_length(obj), shown
        return bool(shown)

    def _children(self, wire: Wire, obj: Any, kind: str, depth: int, start: int, count: int | None) -> bool:
        """Elements, then attributes. True where there is anything to open."""
        limits = self._limits
        opened = (depth == 0 or (depth <= limits.max_depth and kind not in _CLOSED)) and self._left > 0
        if kind in _CLOSED and count is None:
            opened = False
        most = limits.max_items if depth == 0 else min(limits.max_items, max(3, limits.max_items // 4))
        most = (most if count is None else count) if opened else 0
        items: list[list[Any]] = []
        length = 0
        if kind in _ELEMENTS:
            length = wire["length"] = _CONTAINERS[kind].__len__(obj)
            self._add(items, self._elements(obj, kind, start, most), depth)
            if items:
                wire["shown"] = len(items)
        skip = max(0, start - length) if kind in _ELEMENTS else (start if kind not in _TEXTS and kind != "int" else 0)
        room = max(0, most - len(items)) if count is not None else most
        has_attributes = False
        if id(type(obj)) not in _BARE:
            has_attributes = self._add_attributes(wire, items, obj, kind, depth, skip, room)
        if items:
            wire["items"] = items
        return bool(length) or has_attributes

    def _add_attributes(self, wire: Wire, items: Any, obj: Any, kind: str, depth: int, skip: int, room: int) -> bool:
        """Attributes ``skip`` to ``skip + room``; True where the object has any."""
        has_any = skip > 0
        found = islice(_attributes(obj, kind), skip, None)
        added: list[tuple[Any, Any, str | None]] = []
        try:
            for name, value in found:
                has_any = True
                if len(added) >= room or len(added) >= self._left:
                    if kind not in _CLOSED or room:
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


def _range_length(obj: Any) -> int:
    """Elements of a range; more than a C long holds are said as the largest one."""
    try:
        return range.__len__(obj)
    except OverflowError:
        return sys.maxsize


def _error_text(error: BaseException) -> str:
    """Our own errors of C-level reading: exact built-in classes, whose text is safe to make."""
    return type_name(type(error)) + ": " + BaseException.__str__(error)


_CONTAINERS: dict[str, Any] = {**_SEQUENCES, **_ITERABLES, "dict": dict}
_ELEMENTS = tuple(_CONTAINERS)
_SCALARS: dict[str, Callable[[Any], str]] = {
    "none": lambda obj: "None",
    "bool": bool.__repr__,
    "float": float.__repr__,
    "complex": complex.__repr__,
    "ellipsis": lambda obj: "Ellipsis",
}
# exact types, by id, that have neither elements nor attributes to open, and those that have no attributes
_PLAIN = tuple(id(cls) for cls in (int, float, complex, str, bytes, bytearray, range))
_BARE = tuple(id(cls) for cls in _CONTAINERS.values())
