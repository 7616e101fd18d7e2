"""New code in place of old: functions of an edited file get what they would have if it were imported now.

Only functions: nothing of the module or of a class is run again, so what the file defines anew is not there, and
defaults, decorators and constants stay what they are. A function that runs at this moment, on any thread, keeps its
code, as do its nested ones that are alive. Called by ``service``, on the thread that is stopped.
"""

from __future__ import annotations

import gc
import sys

from ..interpreter.paths import canonical
from ..interpreter.quiet import FILENAME, quietly
from ..looking import fastlocals
from ..looking.snippet import nested_codes

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

_Function = type(lambda: None)
_Code = type((lambda: None).__code__)
_LOADERS = ("SourceFileLoader", "zipimporter", "NoneType")  # those that compile the source as it is
_KIND = 0x20 | 0x80 | 0x100 | 0x200  # Include/cpython/code.h: CO_GENERATOR, CO_COROUTINE and the like
_STARRED = 0x4 | 0x8  # CO_VARARGS, CO_VARKEYWORDS
_HAS_QUALNAME = sys.version_info >= (3, 11)


class Reload:
    """One reload of a file, and what became of each function."""

    def __init__(self, path: str, source: bytes, running: Iterable[CodeType]) -> None:
        """``path`` is canonical; ``running``: the code that keeps what it is, for each frame.

        Raises:
            SyntaxError: the source does not compile.
            ValueError: it is not what the program's code was made from.
        """
        refuse_other_loaders(path)
        tree = quietly(compile, source, FILENAME, "exec", 0, True)
        self.changed: list[str] = []
        self.moved = 0
        self.kept: list[list[str]] = []
        self.outdated: list[CodeType] = []
        """Code that goes on running though it is not the file's any more."""
        self._holders: dict[int, list[Any]] = {}
        codes: dict[int, CodeType] = {}
        for function in _functions_in(path):
            self._holders.setdefault(id(function.__code__), []).append(function)
            codes[id(function.__code__)] = function.__code__
        self._active = set(map(id, running))
        new = _by_name(_named(tree, ""))
        old = _by_name(_names_of(codes, self._holders))
        for name in sorted(old):
            self._replace_all(name, old[name], new.get(name, []))
        self.gone = sorted(name for name in old if name not in new)
        self.new = sorted(
            name
            for name, found in new.items()
            if name not in old and "<" not in name and fastlocals.is_function(found[0])
        )

    def _replace_all(self, name: str, old: list[CodeType], new: list[CodeType]) -> None:
        if not new:
            self.outdated += old
            return
        if len(old) != len(new):
            if any(not _is_same(code, new[0]) for code in old):
                self._keep(name, old[0], f"there are {len(old)} functions of that name, and now {len(new)}")
            return
        for before, after in zip(old, new):
            if _is_same(before, after) and _lines(before) == _lines(after):
                continue
            why = self._obstacle(before, after)
            if why:
                self._keep(name, before, why)
                continue
            code = _in_file(after, before.co_filename)
            for function in self._holders[id(before)]:
                function.__code__ = code
            if _is_same(before, after):
                self.moved += 1
            else:
                self.changed.append(name)

    def _keep(self, name: str, code: CodeType, why: str) -> None:
        self.kept.append([name, why])
        self.outdated.append(code)

    def _obstacle(self, before: CodeType, after: CodeType) -> str:
        if id(before) in self._active:
            return "it is running"
        if before.co_freevars != after.co_freevars:
            return "it uses other variables of the function around it"
        if (before.co_flags ^ after.co_flags) & _KIND:
            return "it is another kind of function now"
        if _parameters(before) != _parameters(after):
            return "its parameters are others, and their defaults are not known"
        return ""


def refuse_other_loaders(path: str) -> None:
    """ValueError where the module's code is not what its source compiles to, as of pytest's rewritten asserts."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None) if type(module) is type(sys) else None
        file = names.get("__file__") if names else None
        if type(file) is str and canonical(file) == path:
            loader = type(names.get("__loader__")).__name__ if names else ""
            if loader not in _LOADERS:
                raise ValueError("its code was made by " + loader + ", and not by Python's own import")


def _functions_in(path: str) -> Iterator[Any]:
    """Every function whose code is from the file; also those that ``gc.freeze`` hides, as far as modules have them."""
    seen = set()
    todo: list[Any] = gc.get_objects()
    todo += [value for module in list(sys.modules.values()) for value in _members(module)]
    while todo:
        found = todo.pop()
        kind = type(found)
        if kind is staticmethod or kind is classmethod:
            found = found.__func__
        elif kind is property:
            todo += [found.fget, found.fset, found.fdel]
        if type(found) is not _Function or id(found) in seen or not fastlocals.is_function(found.__code__):
            continue  # what runs a module or a class body is a function too, from 3.11 on
        if canonical(found.__code__.co_filename) == path:
            seen.add(id(found))
            yield found


def _members(module: Any) -> list[Any]:
    """What a module holds, and what its classes hold."""
    if type(module) is not type(sys):
        return []
    values = list(module.__dict__.values())
    for value in list(values):
        if type(value) is type:
            values += list(type.__dict__["__dict__"].__get__(value).values())
    return values


def _named(code: CodeType, name: str) -> Iterator[tuple[str, CodeType]]:
    """``(qualified name, code)`` of all code in a code object, as ``co_qualname`` is from 3.11 on."""
    for inner in nested_codes(code):
        separator = "" if not name else ".<locals>." if fastlocals.is_function(code) else "."
        own = name + separator + inner.co_name
        yield own, inner
        yield from _named(inner, own)


def _names_of(codes: dict[int, CodeType], holders: dict[int, list[Any]]) -> Iterator[tuple[str, CodeType]]:
    """The same for the code of functions that are alive."""
    if _HAS_QUALNAME:
        yield from ((code.co_qualname, code) for code in codes.values())  # type: ignore[attr-defined,unused-ignore]
        return
    found: dict[int, str] = {}
    for number, code in codes.items():
        name = holders[number][0].__qualname__
        if name.rpartition(".")[2] == code.co_name:  # else functools.wraps gave it another's
            found[number] = name
            for inner_name, inner in _named(code, name):
                found.setdefault(id(inner), inner_name)
    yield from ((found.get(number, code.co_name), code) for number, code in codes.items())


def _by_name(named: Iterable[tuple[str, CodeType]]) -> dict[str, list[CodeType]]:
    """Those of one name (a property's two functions) by their place in the file."""
    found: dict[str, list[CodeType]] = {}
    for name, code in named:
        found.setdefault(name, []).append(code)
    for codes in found.values():
        codes.sort(key=lambda code: code.co_firstlineno)
    return found


def _is_same(before: CodeType, after: CodeType) -> bool:
    """Do they do the same, wherever they stand in the file?"""
    if before.co_code != after.co_code or len(before.co_consts) != len(after.co_consts):
        return False
    for name in ("co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags"):
        if getattr(before, name) != getattr(after, name):
            return False
    return _parameters(before) == _parameters(after) and all(map(_is_same_constant, before.co_consts, after.co_consts))


def _is_same_constant(before: Any, after: Any) -> bool:
    if type(before) is not type(after):
        return False
    if type(before) is _Code:
        return _is_same(before, after)
    return repr(before) == repr(after)  # 0.0 and -0.0, (1,) and (True,) are equal, and not the same


def _lines(code: CodeType) -> Any:
    table = getattr(code, "co_linetable", None) or code.co_lnotab
    return code.co_firstlineno, table, [_lines(inner) for inner in nested_codes(code)]


def _parameters(code: CodeType) -> tuple[Any, ...]:
    count = code.co_argcount + code.co_kwonlyargcount + bin(code.co_flags & _STARRED).count("1")
    starred = code.co_flags & _STARRED
    return code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, starred, code.co_varnames[:count]


def _in_file(code: CodeType, filename: str) -> CodeType:
    """The code with the file's name in it and in all code in it."""
    constants = tuple(_in_file(each, filename) if type(each) is _Code else each for each in code.co_consts)
    return code.replace(co_filename=filename, co_consts=constants)
