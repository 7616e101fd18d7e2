"""An exception as data: class, message, notes, and the exceptions that belong to it. Runs none of the target's code.

Pure reading, like ``inspection.py``; on the thread that is stopped.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterator
    from typing import Any

_MOST = 200
"""Exceptions that are told of one."""
_PLAIN = {id(cls) for cls in (str, int, float, complex, bytes, bool, type(None))}
_SEQUENCES = (id(tuple), id(list))
_MESSAGE_TEXT = 10_000
_HEAP_TYPE = 1 << 9  # Include/object.h: Py_TPFLAGS_HEAPTYPE
_builtins: Any = globals()["__builtins__"]
_Group: Any = (_builtins if type(_builtins) is dict else vars(_builtins)).get("BaseExceptionGroup")
_Member = type(OSError.__dict__["errno"])
_mro = type.__dict__["__mro__"].__get__
_own = type.__dict__["__dict__"].__get__
_qualname = type.__dict__["__qualname__"].__get__


def class_names(cls: type) -> list[tuple[str, str]]:
    """(module, qualified name) of an exception's classes, its own first."""
    return [(_module(each), _qualname(each)) for each in _mro(cls)]


def _module(cls: type) -> str:
    try:
        module = type.__dict__["__module__"].__get__(cls)
    except AttributeError:  # a class whose `__module__` was deleted
        return ""
    return module if type(module) is str else ""


def describe(error: BaseException) -> dict[str, Any]:
    """``{"type", "message", "notes"}``."""
    module, name = class_names(type(error))[0]
    return {
        "type": name if module in ("builtins", "") else module + "." + name,
        "message": _message(error),
        "notes": _notes(error),
    }


def _message(error: BaseException) -> str:
    """What ``str`` makes of it, where that runs no code but the interpreter's; else its arguments."""
    args: Any = BaseException.__dict__["args"].__get__(error)
    counted = args[:1] if _is_group(error) else args  # a group's text has its message and a number
    maker = next(cls for cls in _mro(type(error)) if "__str__" in _own(cls))
    if _is_built_in(maker) and all(map(_is_plain, counted)) and _has_plain_fields(error):
        return str.__str__(str(error))[:_MESSAGE_TEXT]
    shown = [
        argument
        if type(argument) is str
        else repr(argument)
        if _is_plain(argument)
        else "<%s>" % _qualname(type(argument))
        for argument in args
    ]
    return ", ".join(shown)[:_MESSAGE_TEXT]


def _is_built_in(cls: type) -> bool:
    """Is it the interpreter's own? What a class says of its module is the program's."""
    return _module(cls) == "builtins" and not type.__dict__["__flags__"].__get__(cls) & _HEAP_TYPE


def _is_group(error: BaseException) -> bool:
    return _Group is not None and _Group in _mro(type(error))


def _has_plain_fields(error: BaseException) -> bool:
    """OSError, SyntaxError and the like make their text of fields, which the program may have put anything into."""
    for cls in _mro(type(error)):
        if cls is BaseException or cls is object:
            continue
        for field in _own(cls).values():
            if type(field) is _Member:
                try:
                    value = _Member.__get__(field, error)
                except AttributeError:  # it was never set
                    continue
                if not _is_plain(value) and id(type(value)) not in _SEQUENCES:
                    return False
    return True


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(id(type(part)) in _PLAIN for part in value)
    return id(type(value)) in _PLAIN


def _notes(error: BaseException) -> list[str]:
    fields = object.__getattribute__(error, "__dict__")
    notes = fields.get("__notes__") if type(fields) is dict else None
    return [note for note in notes if type(note) is str] if type(notes) is list else []


def related(error: BaseException) -> Iterator[tuple[BaseException, str, int, bool]]:
    """``(exception, how, index of the one it belongs to, hidden)``, itself first, then what belongs to each in turn.

    ``how``: "", "cause" (``raise ... from``), "context" (it was being handled), "member" (of a group); hidden: a
    context that a traceback leaves out.
    """
    seen: set[int] = set()
    todo: list[tuple[BaseException, str, int, bool]] = [(error, "", -1, False)]
    index = 0
    while todo and index < _MOST:
        entry = todo.pop(0)
        if id(entry[0]) in seen:
            continue
        seen.add(id(entry[0]))
        yield entry
        todo = _of(entry[0], index) + todo
        index += 1


def _of(error: BaseException, index: int) -> list[tuple[BaseException, str, int, bool]]:
    found: list[tuple[BaseException, str, int, bool]] = []
    if _is_group(error):
        members: Any = _Group.__dict__["exceptions"].__get__(error)
        found += [(member, "member", index, False) for member in members]
    cause = BaseException.__dict__["__cause__"].__get__(error)
    context = BaseException.__dict__["__context__"].__get__(error)
    if cause is not None:
        found.append((cause, "cause", index, False))
    if context is not None and context is not cause:
        found.append((context, "context", index, BaseException.__dict__["__suppress_context__"].__get__(error)))
    return found
