"""Traced calls of functions written in C: which ones, and who tells of them. Any thread of the program.

Functions are built-in functions and methods, as ``len``, ``time.sleep`` and ``str.join``; calls of classes, and what
operators, loops and other C functions call, are none. What tells of a call knows its first argument at most, and
neither its result nor the exception. On 3.12 and later all calls of the program's code come here while such a trace is
on, as a place that calls one function may call another one next; before, all that ``sys.setprofile`` has.
"""

from __future__ import annotations

import sys

from ..calls.matching import Builtin
from ..calls.records import RAISE, RETURN
from ..interpreter.paths import is_agent
from ..looking.anatomy import class_dict, class_mro, kind_of, qualified_name, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType
    from typing import Any

    from ..calls.traces import Traced
    from ..core import Agent

    Found = tuple[object, Builtin | None]  # what is kept, so that its id stays its own; None: nothing to the trace

_FUNCTION, _DESCRIPTOR = type(len), type(str.join)
# the type of methods that are given their class, as those of regular expressions: a class of its own since 3.9
_METHOD = next((cls for cls in type.__subclasses__(_FUNCTION) if cls.__name__ == "builtin_method"), _FUNCTION)
_self_of: Any = vars(_FUNCTION)["__self__"].__get__
_MANY_CALLERS = 16_384  # what is compiled anew each time would be kept for ever
_name_of: Any = vars(_FUNCTION)["__name__"].__get__


class Builtins:
    """The C functions of one trace."""

    def __init__(self, agent: Agent, calls: Traced) -> None:
        """``calls``: is told."""
        self._agent, self._calls = agent, calls
        self._known: dict[int, Found] = {}  # by id of functions that stay as long as their module or class does
        self._methods: dict[tuple[int, str], Found] = {}  # by id of the class that is looked through, and name
        self._named: dict[str, Builtin | None] = {}
        self._callers: dict[int, tuple[CodeType, bool]] = {}

    def callbacks(self, disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring``."""
        known, find, is_caller, is_own_fault = self._known, self._find, self.is_caller, self._agent.is_own_fault
        function_type, descriptor, method, identity, kind_of_object = _FUNCTION, _DESCRIPTOR, _METHOD, id, type
        missing, restricted = sys.monitoring.MISSING, self._calls.matching.restricts_callers  # type: ignore[attr-defined,unused-ignore]

        def on_call(code: CodeType, offset: int, function: object, first: object) -> object:
            try:
                if restricted and not is_caller(code):
                    return disable
                kind = kind_of_object(function)
                if kind is function_type or kind is descriptor or kind is method:
                    source = (known.get(identity(function)) or find(function))[1]
                    if source is not None:
                        if not restricted and not is_caller(code):
                            return disable
                        if first is missing:
                            source.begins()
                        else:
                            source.begins(first)
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        def ends(how: int) -> Any:
            def on_end(code: CodeType, offset: int, function: object, first: object) -> None:
                try:
                    kind = kind_of_object(function)
                    if kind is function_type or kind is descriptor or kind is method:
                        source = (known.get(identity(function)) or find(function))[1]
                        if source is not None and is_caller(code):
                            source.ends(how)
                except BaseException as error:
                    if not is_own_fault(error):
                        raise

            return on_end

        return {"CALL": on_call, "C_RETURN": ends(RETURN), "C_RAISE": ends(RAISE)}

    def is_caller(self, code: CodeType) -> bool:
        """Are calls by this code told of?"""
        found = self._callers.get(id(code))
        if found is None:
            if len(self._callers) >= _MANY_CALLERS:
                self._callers.clear()
            found = self._callers[id(code)] = code, not is_agent(code) and self._calls.matching.is_caller(code)
        return found[1]

    def _find(self, function: Any) -> Found:
        """A function that is seen for the first time, or whose object is made for each call."""
        if type(function) is not _DESCRIPTOR:
            owner = _self_of(function)
            if owner is not None and kind_of(owner) != "module":
                return self._bound(owner if kind_of(owner) == "class" else type(owner), _name_of(function))
        name = qualified_name(function, "builtin")
        found = function, self._source(name if "." in name else f"builtins.{name}")
        if type(function) is _DESCRIPTOR or _self_of(function) is not None:  # others may be made again and again
            self._known[id(function)] = found
        return found

    def _bound(self, cls: type, name: str) -> Found:
        """A method that was taken of an object before it is called; it goes by the class that has it."""
        found = self._methods.get((id(cls), name))
        if found is None:
            owner = next((each for each in class_mro(cls) or () if name in class_dict(each)), cls)
            found = self._methods[id(cls), name] = cls, self._source(f"{type_name(owner)}.{name}")
        return found

    def _source(self, name: str) -> Builtin | None:
        if name not in self._named:
            self._named[name] = self._calls.builtin(name)
        return self._named[name]
