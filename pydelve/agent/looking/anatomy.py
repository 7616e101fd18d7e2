"""What objects are made of, read at the C level: kinds, names, attributes, and numbers as text.

Runs no code of the target; the rules by which that is so are in ``inspection.py``, which makes data of what is found
here, as others do.
"""

from __future__ import annotations

import sys

from ..looking.fastlocals import UNBOUND

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterator
    from typing import Any

# -- the C level -------------------------------------------------------------------------------------------------------

class_mro = type.__dict__["__mro__"].__get__
class_dict = type.__dict__["__dict__"].__get__
_class_name = type.__dict__["__name__"].__get__
_class_qualname: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_class_module = type.__dict__["__module__"].__get__
_class_dictoffset = type.__dict__["__dictoffset__"].__get__

ModuleType: Any = type(sys)
module_dict: Any = ModuleType.__dict__["__dict__"].__get__
_MappingProxy = type(type.__dict__)
GetSet = type(type.__dict__["__dict__"])
Member = type(type.__dict__["__dictoffset__"])


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


Function = type(_function)
_BoundMethod = type(_Method().method)
_BuiltinFunction = type(len)
_Code = type(_function.__code__)
_Frame = type(sys._getframe())
_Generator = type(_generator())
_Coroutine = _type_of_coroutine()
_AsyncGenerator = type(_async_generator())

_BUILTIN_DESCRIPTORS = (
    type(str.join), type(str.__add__), type("".__add__), type(dict.__dict__["fromkeys"]), GetSet, Member,
)  # fmt: skip

_KINDS = {
    id(cls): kind
    for cls, kind in (
        (type(None), "none"), (bool, "bool"), (int, "int"), (float, "float"), (complex, "complex"), (str, "str"),
        (bytes, "bytes"), (bytearray, "bytearray"), (type(...), "ellipsis"), (range, "range"), (slice, "slice"),
        (list, "list"), (tuple, "tuple"), (set, "set"), (frozenset, "frozenset"), (dict, "dict"),
        (ModuleType, "module"), (type, "class"), (Function, "function"), (_BoundMethod, "method"),
        (_BuiltinFunction, "builtin"), *((cls, "builtin") for cls in _BUILTIN_DESCRIPTORS),
        (_Code, "code"), (_Frame, "frame"), (_Generator, "generator"), (_Coroutine, "coroutine"),
        (_AsyncGenerator, "async_generator"), (BaseException, "exception"), (type(UNBOUND), "unbound"),
    )
}  # fmt: skip

_NAMES = {
    id(cls): cls.__name__ for cls in (int, float, str, bytes, bool, type(None), list, tuple, dict, set, frozenset)
}
_HAS_QUALNAME = sys.version_info >= (3, 11)  # and, since then, a generator's frame starts with RETURN_GENERATOR
CLOSED = ("class", "module", "function", "method", "builtin", "code", "frame")
"""Kinds that are opened only when asked for by a handle."""


def find_deque() -> type | None:
    """The program's ``deque``, known as a kind from now on; None where nothing has imported it.

    An import of our own would not do: since 3.12 each import of the module anew makes a class of its own
    (Modules/_collectionsmodule.c).
    """
    module = sys.modules.get("_collections")
    found = module_dict(module).get("deque") if type(module) is ModuleType else None
    if type(found) is not type:
        return None
    _KINDS[id(found)] = "deque"
    return found


def kind_of(obj: object) -> str:
    """The ``Kind`` by exact layout: of the first class along the type's ``__mro__`` that has one."""
    kind = _KINDS.get(id(type(obj)))
    if kind is not None:
        return kind
    for cls in class_mro(type(obj)) or ():
        kind = _KINDS.get(id(cls))
        if kind is not None:
            return kind
    return "object"


def type_name(cls: type) -> str:
    """``module.qualname`` of a class, without the module for builtins."""
    known = _NAMES.get(id(cls))
    if known is not None:
        return known
    name = exact(_class_qualname(cls))
    try:
        module = _class_module(cls)
    except AttributeError:  # a class whose `__module__` was deleted
        module = None
    if not issubclass(type(module), str):
        return name
    module = exact(module)
    return name if module == "builtins" else module + "." + name


exact = str.__str__  # a name may be of a class derived from str, whose methods must not run


class UnreadableError(Exception):
    """Why a part of an object can't be read."""


# -- attributes --------------------------------------------------------------------------------------------------------


def instance_dict(obj: object) -> Any:
    """The instance's dict, or None where it has none.

    From 3.11 reading it makes a dict of what the object kept as inline values. That is acceptable: the program can't
    tell, and nothing but a layout per version would avoid it.
    """
    cls = type(obj)
    for base in class_mro(cls) or ():
        descriptor = class_dict(base).get("__dict__")
        # a property of that name would be the program's code: only the C getset, which itself checks that it fits the
        # object
        if type(descriptor) is GetSet or type(descriptor) is Member:
            try:
                found = type(descriptor).__get__(descriptor, obj, cls)
            except (AttributeError, TypeError) as error:
                raise UnreadableError(BaseException.__str__(error)) from None
            return found if issubclass(type(found), dict) else None
    if _class_dictoffset(cls):
        raise UnreadableError("its class hides it behind a '__dict__' of its own")
    return None


def _slots(obj: object) -> Iterator[tuple[str, object]]:
    """(name, value or UNBOUND) of the slots along the MRO, most derived class first, and of members of C structs."""
    cls = type(obj)
    seen = []
    for base in class_mro(cls) or ():
        for name, descriptor in list(class_dict(base).items()):
            if type(descriptor) is not Member or type(name) is not str or name in seen:
                continue
            if name[:2] == "__" and name[-2:] == "__":
                continue
            seen.append(name)
            try:
                yield name, Member.__get__(descriptor, obj, cls)
            except AttributeError:
                yield name, UNBOUND
            except TypeError as error:  # a descriptor of another class, moved here
                yield name, Unreadable(BaseException.__str__(error))


class Unreadable:
    """Stands for an attribute that can't be read."""

    def __init__(self, reason: str):
        self.reason = reason


def _own_attributes(obj: object, kind: str) -> Iterator[tuple[str, object]]:
    """What a built-in object of this kind has besides its dict and slots."""
    if kind == "exception":
        yield "args", read(BaseException, "args", obj)
        for name in ("__cause__", "__context__"):
            value = read(BaseException, name, obj)
            if value is not None:
                yield name, value
    elif kind == "method":
        yield "__func__", read(_BoundMethod, "__func__", obj)
        yield "__self__", read(_BoundMethod, "__self__", obj)
    elif kind == "frame":
        yield "f_lineno", read(_Frame, "f_lineno", obj)
    elif kind in RUNNABLES:
        cls, prefix = RUNNABLES[kind]
        yield "state", runnable_state(obj, cls, prefix)
        for name in ("gi_yieldfrom", "cr_await", "ag_await"):
            if name in class_dict(cls):
                yield name, read(cls, name, obj)


RUNNABLES = {
    "generator": (_Generator, "gi_"), "coroutine": (_Coroutine, "cr_"), "async_generator": (_AsyncGenerator, "ag_"),
}  # fmt: skip


def runnable_state(obj: object, cls: type, prefix: str) -> str:
    """``created``, ``suspended``, ``running`` or ``closed``, of a generator or coroutine."""
    if read(cls, prefix + "running", obj):
        return "running"
    frame = read(cls, prefix + "frame", obj)
    if frame is None:
        return "closed"
    # 3.11+ have gi_suspended, but asynchronous generators only later; an instruction before the first was never run.
    if prefix + "suspended" in class_dict(cls):
        return "suspended" if read(cls, prefix + "suspended", obj) else "created"
    if _HAS_QUALNAME:
        return "created" if frame.f_lasti <= _first_yield(frame.f_code) else "suspended"
    return "created" if frame.f_lasti == -1 else "suspended"


def _first_yield(code: Any) -> int:
    """Offset of the instruction where a new generator waits (3.11: RETURN_GENERATOR, number 75 in Include/opcode.h)."""
    return int(code.co_code.find(b"\x4b", 0, 512))


def read(cls: type, name: str, obj: object) -> Any:
    """An attribute by the C descriptor of exactly this built-in class."""
    descriptor = class_dict(cls)[name]
    return type(descriptor).__get__(descriptor, obj, type(obj))


def attributes(obj: object, kind: str) -> Iterator[tuple[str, object]]:
    """(name, value) of all attributes, in this order: the kind's own, the instance dict's, the slots'.

    For a class or a module its dict is all there is.
    """
    if kind == "class":
        entries: Any = class_dict(obj)
        yield from named(_MappingProxy.items(entries))
        return
    yield from _own_attributes(obj, kind)
    try:
        found = module_dict(obj) if kind == "module" else instance_dict(obj)
        if found is not None:
            yield from named(dict.items(found))
    except UnreadableError as error:
        yield "__dict__", Unreadable(error.args[0])
    if kind not in CLOSED and kind not in RUNNABLES:
        yield from _slots(obj)


def named(pairs: Any) -> Iterator[tuple[str, object]]:
    """The pairs with names that are exact strings."""
    for name, value in pairs:
        yield (exact(name) if issubclass(type(name), str) else "<" + type_name(type(name)) + ">"), value


# -- texts -------------------------------------------------------------------------------------------------------------


def qualified_name(obj: Any, kind: str) -> str:
    """The name that a function, class, module or the like goes by."""
    if kind == "class":
        return type_name(obj)
    if kind == "module":
        name = dict.get(module_dict(obj) or {}, "__name__")
        return exact(name) if issubclass(type(name), str) else ""
    if kind == "function":
        return exact(read(Function, "__qualname__", obj))
    if kind == "method":
        function = read(_BoundMethod, "__func__", obj)
        return qualified_name(function, kind_of(function)) if kind_of(function) != "method" else ""
    if kind == "builtin":
        return _builtin_name(obj)
    if kind == "code":
        return exact(obj.co_qualname if _HAS_QUALNAME else obj.co_name)
    if kind == "frame":
        return qualified_name(obj.f_code, "code")
    if kind in RUNNABLES:
        return exact(read(RUNNABLES[kind][0], "__qualname__", obj))
    return ""


def _builtin_name(obj: Any) -> str:
    """``len``, ``math.sin``, ``str.join``: by parts, since the C ``__qualname__`` asks the owner's metaclass."""
    cls = type(obj)
    if _BuiltinFunction in read(type, "__mro__", cls):  # or the type of methods that get their class, as re's
        cls = _BuiltinFunction
    if cls is not _BuiltinFunction:
        if "__objclass__" not in class_dict(cls):
            return exact(read(cls, "__name__", obj)) if "__name__" in class_dict(cls) else ""
        return type_name(read(cls, "__objclass__", obj)) + "." + exact(read(cls, "__name__", obj))
    name = exact(read(cls, "__name__", obj))
    owner = read(cls, "__self__", obj)
    if owner is None or kind_of(owner) == "module":
        module = qualified_name(owner, "module") if owner is not None else ""
        return name if module in ("", "builtins") else module + "." + name
    return type_name(owner if kind_of(owner) == "class" else type(owner)) + "." + name


_DECIMAL_DIGITS = 640  # the least that sys.set_int_max_str_digits can be set to (Include/internal/pycore_long.h)


def int_text(obj: Any, digits: int, start: int) -> tuple[str, int]:
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


def range_text(obj: Any, digits: int) -> str:
    """``range(0, 9)``; by hand, since ``repr`` would use that of bounds whose class is derived from int."""
    parts = [int_text(read(range, name, obj), digits, 0)[0] for name in ("start", "stop", "step")]
    if parts[2] == "1":
        parts.pop()
    return "range(" + ", ".join(parts) + ")"
