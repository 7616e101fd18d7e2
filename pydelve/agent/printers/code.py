"""Printers of functions, methods, classes, modules, generators and coroutines: signatures, places, states."""

from __future__ import annotations

from ..looking.anatomy import (
    RUNNABLES,
    Function,
    Member,
    class_dict,
    class_mro,
    exact,
    int_text,
    kind_of,
    module_dict,
    read,
    runnable_state,
    type_name,
)
from ..printers.shown import Shown, is_text, shortened, slice_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from typing import Any

_CO_VARARGS, _CO_VARKEYWORDS = 0x4, 0x8
_MOST_ARGUMENTS = 20  # of an exception that members are compared with
_CONTAINERS = (id(tuple), id(list), id(dict))
_MOST_DEFAULT = 20  # characters of a default value


def function(obj: Any) -> Shown:
    """Its signature and place."""
    return Shown("function", facts=_function_facts(obj))


def method(obj: Any) -> Shown:
    """Those of its function, and the type of what it is bound to."""
    inner = read(type(obj), "__func__", obj)
    facts = _function_facts(inner) if kind_of(inner) == "function" else {}
    bound = read(type(obj), "__self__", obj)
    facts["of"] = type_name(bound if kind_of(bound) == "class" else type(bound))
    return Shown("function", facts=facts)


def class_(obj: Any) -> Shown:
    """Its bases."""
    bases = read(type, "__bases__", obj)
    return Shown("class", facts={"bases": [type_name(base) for base in bases if base is not object]})


def module(obj: Any) -> Shown:
    """Its file."""
    for name, value in dict.items(module_dict(obj) or {}):
        if type(name) is str and name == "__file__" and is_text(value):
            return Shown("module", facts={"file": shortened(exact(value))})
    return Shown("module")


def runnable(obj: Any) -> Shown:
    """A generator's or coroutine's state and, while it is suspended, its line."""
    cls, prefix = RUNNABLES[kind_of(obj)]
    state = runnable_state(obj, cls, prefix)
    code = read(cls, prefix + "code", obj)
    facts = {"state": state, "file": shortened(code.co_filename), "line": code.co_firstlineno}
    frame = read(cls, prefix + "frame", obj)
    if frame is not None and frame.f_lineno:
        facts["line"] = frame.f_lineno
    return Shown("generator", facts=facts)


def _function_facts(obj: Any) -> dict[str, Any]:
    code = read(Function, "__code__", obj)
    return {
        "signature": _signature(obj, code), "file": shortened(exact(code.co_filename)), "line": code.co_firstlineno,
    }  # fmt: skip


def _signature(obj: Any, code: Any) -> str:
    """``(a, /, b=1, *rest, c, **more)``, as ``inspect.signature`` would say, without annotations."""
    names = code.co_varnames
    positional, count = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    defaults = read(Function, "__defaults__", obj) or ()
    shown = list(names[:positional])
    if type(defaults) is tuple:
        for index, value in enumerate(defaults[-positional:] if positional else (), positional - len(defaults)):
            if index >= 0:
                shown[index] += "=" + _default(value)
    if code.co_posonlyargcount:
        shown.insert(code.co_posonlyargcount, "/")
    following = count
    if code.co_flags & _CO_VARARGS:
        shown.append("*" + names[following])
        following += 1
    elif code.co_kwonlyargcount:
        shown.append("*")
    by_name = read(Function, "__kwdefaults__", obj)
    known = [pair for pair in dict.items(by_name) if type(pair[0]) is str] if type(by_name) is dict else []
    for name in names[positional:count]:
        value = [default for other, default in known if other == name]
        shown.append(name + ("=" + _default(value[0]) if value else ""))
    if code.co_flags & _CO_VARKEYWORDS:
        shown.append("**" + names[following])
    return "(" + ", ".join(shown) + ")"


def _default(value: Any) -> str:
    """A simple value as Python writes it, else ``...``."""
    if value is None or type(value) is bool or type(value) is float:
        return str(value)
    if type(value) is int:
        return int_text(value, _MOST_DEFAULT, 0)[0]
    if type(value) is str and len(value) <= _MOST_DEFAULT:
        return repr(value)
    if id(type(value)) in _CONTAINERS and not value:
        return repr(value)
    return "..."


def exception(obj: Any) -> Shown:
    """As it was raised: what its own members repeat of the arguments is left out, as are members that are not set."""
    arguments = read(BaseException, "args", obj)
    # Python's own tracebacks leave the context out where there is a cause, too
    hidden = ["args"] if read(BaseException, "__cause__", obj) is None else ["args", "__context__"]
    known = [id(argument) for argument in tuple.__getitem__(arguments, slice(0, _MOST_ARGUMENTS))]
    for cls in class_mro(type(obj)):
        if not read(type, "__flags__", cls) & _HEAP_TYPE:
            for name, descriptor in class_dict(cls).items():
                if type(descriptor) is Member and (name in _GROUP or _is_no_news(cls, name, obj, known)):
                    hidden.append(name)
    return Shown(
        "exception", length=tuple.__len__(arguments), hidden=tuple(hidden),
        elements=lambda start, most: slice_of(arguments, tuple, start, most),
    )  # fmt: skip


_HEAP_TYPE = 1 << 9  # Include/object.h: Py_TPFLAGS_HEAPTYPE; the exceptions made in C have it not
_GROUP = ("message", "exceptions")  # an exception group's, which are its arguments


def _is_no_news(cls: type, name: str, obj: object, known: list[int]) -> bool:
    """Is a member not set, or one of the arguments?"""
    try:
        value = read(cls, name, obj)
    except AttributeError:
        return True
    return value is None or id(value) in known


KINDS = {
    "function": function, "method": method, "class": class_, "module": module, "generator": runnable,
    "coroutine": runnable, "async_generator": runnable, "exception": exception,
}  # fmt: skip
"""These are known by their kind, which no class of the program's can take away."""
