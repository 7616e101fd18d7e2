"""What could be typed next: names of a frame, attributes and keys of an object, parameters of a function.

Runs no code of the target, by the rules of ``inspection.py``: an object is found from a frame's variables by steps that
are looked up where they are stored, and whatever would have to be computed (a property, a ``__getattr__``, a call)
has no answer. Called by the thread that is stopped; each answer is limited in size and in what it looks at.
"""

from __future__ import annotations

from itertools import islice

from ..looking import fastlocals
from ..looking.anatomy import Member, attributes, class_dict, class_mro, find_deque, kind_of, qualified_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

    Steps = list[tuple[str, Any]]

_MOST = 1000  # answers
_LOOKED_AT = 50_000  # names or keys
_LONGEST = 200  # characters of a name, or of a key that is text
_INDICES = 50  # offered of a sequence
_WRAPPERS = 10  # functions that wrap one another, as decorators do
_TYPED = {id(cls) for cls in (str, int, bool, bytes, type(None), float)}

_function = type(find_deque)
_code = _function.__dict__["__code__"].__get__
_defaults = _function.__dict__["__defaults__"].__get__
_keyword_defaults = _function.__dict__["__kwdefaults__"].__get__
_function_dict = _function.__dict__["__dict__"].__get__
_inside: dict[int, Any] = {id(cls): cls.__dict__["__func__"].__get__ for cls in (classmethod, staticmethod)}


class _Unknown(Exception):
    """It can't be found without running the target's code, or it is not there."""


# -- from a frame to an object -----------------------------------------------------------------------------------------


def _find(frame: FrameType, steps: Steps) -> tuple[Any, bool]:
    """The object, and whether it is a function that gets its first argument from what it was looked up on.

    Steps: ``("name", NAME)`` or ``("value", CONSTANT)`` first, then ``("attribute", NAME)``, ``("item", CONSTANT)``
    and ``("index", NAME)``, a variable.
    """
    how, what = steps[0]
    found, bound = (_variable(frame, what) if how == "name" else what), False
    for how, what in steps[1:]:
        if how == "attribute":
            found, bound = _attribute(found, what)
        else:
            found, bound = _item(found, _variable(frame, what) if how == "index" else what), False
    return found, bound


def _variable(frame: FrameType, name: str) -> Any:
    for known, _, value in fastlocals.read_locals(frame):
        if known == name and value is not fastlocals.UNBOUND:
            return value
    for scope in (frame.f_globals, _builtins(frame)):
        for known, value in dict.items(scope):
            if known is name or (type(known) is str and known == name):
                return value
    raise _Unknown


def _builtins(frame: FrameType) -> dict[str, Any]:
    found = frame.f_builtins
    return found if type(found) is dict else {}


def _attribute(obj: Any, name: str) -> tuple[Any, bool]:
    kind = kind_of(obj)
    in_class = None
    if kind not in ("module", "class"):
        in_class = _in_mro(type(obj), name)
        if in_class is not None and type(in_class[0]) is Member:
            in_class = None  # a slot: it is among the attributes
        elif in_class is not None and _computes(in_class[0], "__set__"):
            raise _Unknown  # a property: comes before what the instance has under this name
    for known, value in islice(attributes(obj, kind), _LOOKED_AT):
        if known == name:
            if value is fastlocals.UNBOUND:
                raise _Unknown
            return _unwrapped(value, kind == "class")
    if kind == "class":
        in_class = _in_mro(obj, name)
    if in_class is None:
        raise _Unknown
    return _unwrapped(in_class[0], kind == "class")


def _unwrapped(value: Any, on_class: bool) -> tuple[Any, bool]:
    """What a lookup makes of a value stored in a class: by exact type, as a user's descriptors would have to run."""
    if type(value) is _function:
        return value, not on_class
    if id(type(value)) in _inside:
        return _inside[id(type(value))](value), type(value) is classmethod
    if _computes(value, "__get__") and kind_of(value) not in ("class", "builtin", "method"):
        raise _Unknown
    return value, False


def _in_mro(cls: type, name: str) -> tuple[Any] | None:
    for base in class_mro(cls) or ():
        for known, value in list(class_dict(base).items()):
            if type(known) is str and known == name:
                return (value,)
    return None


def _computes(value: Any, method: str) -> bool:
    """Is it a descriptor with this method?"""
    return any(method in class_dict(base) for base in class_mro(type(value)) or ())


def _item(obj: Any, key: Any) -> Any:
    kind = kind_of(obj)
    if kind == "dict":
        for known, value in islice(dict.items(obj), _LOOKED_AT):
            if type(known) is type(key) and id(type(key)) in _TYPED and known == key:
                return value
    elif type(key) is int and kind in ("list", "tuple", "str", "bytes"):
        base: Any = {"list": list, "tuple": tuple, "str": str, "bytes": bytes}[kind]
        if -base.__len__(obj) <= key < base.__len__(obj):
            return base.__getitem__(obj, key)
    raise _Unknown


# -- what there is to choose from --------------------------------------------------------------------------------------


def complete(frame: FrameType, steps: Steps, what: str, typed: str) -> list[list[Any]]:
    """``[[name or key, what it is], ...]`` that have the characters of ``typed`` in this order, first those that begin
    with it.

    Args:
        frame: Where names are looked up.
        steps: The object it is about (``_find``); none for ``names``.
        what: ``names``, ``attributes`` or ``keys``.
        typed: What was typed of it so far.
    """
    find_deque()  # known as a kind from here on, if the program has imported it
    try:
        if what == "names":
            found = _names(frame)
        elif what == "attributes":
            found = _attributes(_find(frame, steps)[0])
        else:
            found = _keys(_find(frame, steps)[0])
        lower = typed.lower()
        answers: list[list[Any]] = []
        others: list[list[Any]] = []
        for name, value in islice(found, _LOOKED_AT):
            if len(answers) >= _MOST:
                break
            if type(name) is not str or name.startswith(typed):
                answers.append([name, value])
            elif len(others) < _MOST and _fits(lower, name.lower()):
                others.append([name, value])
    except (_Unknown, AttributeError, TypeError, ValueError, KeyError, RuntimeError, RecursionError, MemoryError):
        return []  # an object in an odd state, or that changes meanwhile: nothing to choose from
    return (answers + others)[:_MOST]


def _fits(typed: str, name: str) -> bool:
    at = -1
    for letter in typed:
        at = name.find(letter, at + 1)
        if at < 0:
            return False
    return True


def _names(frame: FrameType) -> Iterator[tuple[str, str]]:
    seen = set()
    for name, scope, value in fastlocals.read_locals(frame):
        if value is not fastlocals.UNBOUND and name.isidentifier():
            seen.add(name)
            yield name, "argument" if scope == "argument" else _meta(value)
    for scope_dict in (frame.f_globals, _builtins(frame)):
        for name, value in list(dict.items(scope_dict)):
            if type(name) is str and name not in seen:
                seen.add(name)
                yield name, _meta(value)


def _attributes(obj: Any) -> Iterator[tuple[str, str]]:
    seen = set()
    kind = kind_of(obj)
    for name, value in attributes(obj, kind):
        if name not in seen and name.isidentifier():
            seen.add(name)
            yield name, "" if value is fastlocals.UNBOUND else _meta(value)
    if kind == "module":
        return
    for base in class_mro(obj if kind == "class" else type(obj)) or ():
        for name, value in list(class_dict(base).items()):
            if type(name) is str and name not in seen:
                seen.add(name)
                yield name, "property" if _computes(value, "__set__") else _meta(value)


def _keys(obj: Any) -> Iterator[tuple[Any, str]]:
    kind = kind_of(obj)
    if kind == "dict":
        for key, value in dict.items(obj):
            if id(type(key)) in _TYPED and not (type(key) in (str, bytes) and len(key) > _LONGEST):
                yield key, _meta(value)
    elif kind in ("list", "tuple", "deque", "str", "bytes"):
        kinds: dict[str, Any] = {"list": list, "tuple": tuple, "deque": find_deque(), "str": str, "bytes": bytes}
        length = kinds[kind].__len__(obj)
        for index in (*range(min(length, _INDICES)), *((-1,) if length else ())):
            yield index, ""
    else:
        raise _Unknown


def _meta(value: Any) -> str:
    """What a value is, in a word: a kind for code, else its type."""
    if id(type(value)) in _inside:
        return "method"
    kind = kind_of(value)
    return kind if kind in ("module", "class", "function", "method", "builtin") else type_name(type(value))


# -- parameters --------------------------------------------------------------------------------------------------------


def signature(frame: FrameType, steps: Steps) -> list[Any] | None:
    """``[name, [parameter, ...]]`` of what is called, parameters as they are written; None where it isn't known."""
    try:
        found, bound = _find(frame, steps)
        return _signature(found, bound)
    except (_Unknown, AttributeError, TypeError, ValueError, KeyError, RuntimeError, RecursionError):
        return None


def _signature(obj: Any, bound: bool) -> list[Any] | None:
    kind = kind_of(obj)
    name = qualified_name(obj, kind)
    if kind == "method":
        obj, bound = dict(attributes(obj, kind))["__func__"], True
    elif kind == "class":
        name = type_name(obj).rpartition(".")[2]
        made = next((found for special in ("__init__", "__new__") for found in [_in_mro(obj, special)] if found), None)
        made_by: Any = made[0] if made else None
        made_by = _inside[id(type(made_by))](made_by) if id(type(made_by)) in _inside else made_by
        if type(made_by) is not _function:
            return _by_text(name, obj)
        obj, bound = made_by, True
    elif kind == "object":
        called = _in_mro(type(obj), "__call__")
        name = type_name(type(obj)).rpartition(".")[2]
        if called is None or type(called[0]) is not _function:
            return None
        obj, bound = called[0], True
    if type(obj) is not _function:
        return _by_text(name, obj)
    parameters = _parameters(_innermost(obj))
    if bound and parameters and parameters[0] not in ("*", "/") and parameters[0][0] != "*":
        parameters = parameters[1:]
        if parameters[:1] == ["/"]:
            parameters = parameters[1:]
    return [name, parameters]


def _innermost(function: Any) -> Any:
    """The function that a well-behaved decorator wraps (``functools.wraps``)."""
    for _ in range(_WRAPPERS):
        inside = _function_dict(function).get("__wrapped__")
        if type(inside) is not _function:
            break
        function = inside
    return function


def _parameters(function: Any) -> list[str]:
    code = _code(function)
    defaults = _defaults(function) or ()
    keyword_defaults = _keyword_defaults(function) or {}
    positional, names = code.co_argcount, code.co_varnames
    shown = []
    for index in range(positional):
        at = index - positional + len(defaults)
        shown.append(names[index] + ("=" + _short(defaults[at]) if at >= 0 else ""))
        if index + 1 == code.co_posonlyargcount:
            shown.append("/")
    keywords = names[positional : positional + code.co_kwonlyargcount]
    rest = positional + code.co_kwonlyargcount
    if code.co_flags & 4:  # CO_VARARGS (CPython Include/cpython/code.h)
        shown.append("*" + names[rest])
        rest += 1
    elif keywords:
        shown.append("*")
    for name in keywords:
        default = keyword_defaults.get(name, fastlocals.UNBOUND)
        shown.append(name + ("" if default is fastlocals.UNBOUND else "=" + _short(default)))
    if code.co_flags & 8:  # CO_VARKEYWORDS
        shown.append("**" + names[rest])
    return shown


def _short(value: Any) -> str:
    """A default as it may have been written; ``...`` for what is no short constant."""
    if id(type(value)) in _TYPED and not (type(value) in (str, bytes) and len(value) > 20):
        text = repr(value)
        return text if len(text) <= 25 else "..."
    kind = kind_of(value)
    if kind in ("class", "function", "builtin"):
        return qualified_name(value, kind) or "..."
    empty = {"tuple": "()", "list": "[]", "dict": "{}"}.get(kind, "...")
    return empty if type(value) in (tuple, list, dict) and not value else "..."


def _by_text(name: str, obj: Any) -> list[Any] | None:
    """A function or class in C says its parameters in its documentation, as text."""
    owner = type if kind_of(obj) == "class" else type(obj)
    text = class_dict(owner)["__text_signature__"].__get__(obj)
    if type(text) is not str or text[:1] != "(" or text[-1:] != ")":
        return None
    parameters, depth, start = [], 0, 1
    for index in range(1, len(text)):
        if text[index] in "([{":
            depth += 1
        elif text[index] in ")]}" and index < len(text) - 1:
            depth -= 1
        elif (text[index] == "," and not depth) or index == len(text) - 1:
            parameters.append(text[start:index].strip())
            start = index + 1
    own = [parameter for parameter in parameters if parameter and parameter[0] != "$"]
    if len(own) < len(parameters) and own[:1] == ["/"]:
        own = own[1:]
    return [name, own]
