"""Values as short text, made where a traced call is recorded: fast, and without any code of the program.

The rules of looking are those of ``inspection``; what is made here is text and not a tree, since it is read once and
there may be a million a second. Any thread of the program.
"""

from __future__ import annotations

import sys
from itertools import islice

from ..looking.anatomy import CLOSED, attributes, int_text, kind_of, qualified_name, range_text, read, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

_CO_VARARGS, _CO_VARKEYWORDS = 4, 8  # Include/cpython/code.h
_SHORT_BITS = 256
_OPEN = {"list": ("[", "]"), "tuple": ("(", ")"), "dict": ("{", "}"), "set": ("{", "}"), "frozenset": ("{", "}")}
_BASES: dict[str, Any] = {"list": list, "tuple": tuple, "dict": dict, "set": set, "frozenset": frozenset}
_ERRORS = (AttributeError, TypeError, ValueError, KeyError, OverflowError, RecursionError, MemoryError, RuntimeError)
_NAMED = {"class": "class", "module": "module", "function": "function", "method": "method", "builtin": "built-in"}
# an exact built-in type's own text, by its id: a class is hashed by its metaclass
_EXACT: dict[int, Callable[[Any], str]] = {
    id(bool): bool.__repr__,
    id(float): float.__repr__,
    id(complex): complex.__repr__,
    id(type(None)): lambda value: "None",
    id(type(...)): lambda value: "Ellipsis",
}
CLEARS = sys.version_info[:2] == (3, 12)
"""See ``arguments``."""


class Brief:
    """How much of a value is shown."""

    def __init__(self, max_text: int, max_items: int, max_depth: int, opens: bool) -> None:
        """``opens``: objects are shown with their attributes."""
        self._max_text, self._max_items, self._max_depth, self._opens = max_text, max_items, max_depth, opens

    def text(self, value: object, depth: int = 0) -> str:
        """One line."""
        cls = id(type(value))
        if cls == _INT and -_SHORT <= value <= _SHORT:  # type: ignore[operator]
            return int.__repr__(value)
        if cls == _STR:
            return self._cut(value, str)
        exact = _EXACT.get(cls)
        if exact is not None:
            return exact(value)
        try:
            text = self._other(value, depth)
        except _ERRORS as error:  # an object in an odd state, or one that changes at this moment
            text = f"<unreadable: {type_name(type(error))}>"
        return text if text.isprintable() else repr(text)[1:-1]

    def _cut(self, value: Any, base: Any) -> str:
        rest = base.__len__(value) - self._max_text
        text: str = base.__repr__(value if rest <= 0 else base.__getitem__(value, slice(0, self._max_text)))
        return text if rest <= 0 else f"{text}...+{rest:,} more"

    def _other(self, value: Any, depth: int) -> str:
        kind = kind_of(value)
        name = type_name(type(value))
        if kind in _BASES:
            return self._container(value, kind, name, depth)
        if kind in ("str", "bytes", "bytearray", "int"):
            text = int_text(value, self._max_text, 0)[0] if kind == "int" else self._cut(value, _TEXTS[kind])
            return text if name == kind or kind == "bytearray" else f"{name}({text})"
        if kind == "range":
            return range_text(value, self._max_text)
        if kind == "exception":
            arguments = read(BaseException, "args", value)
            shown = ", ".join([self.text(each, depth + 1) for each in tuple.__getitem__(arguments, slice(0, 3))])
            return f"{name}({shown})"
        if kind in _NAMED:
            return f"<{_NAMED[kind]} {qualified_name(value, kind)}>"
        if self._opens and kind not in CLOSED and depth < self._max_depth:
            return self._object(value, kind, name, depth)
        return f"<{name}>"

    def _object(self, value: Any, kind: str, name: str, depth: int) -> str:
        found = list(islice(attributes(value, kind), self._max_items + 1))
        parts = [f"{attribute}={self.text(each, depth + 1)}" for attribute, each in found[: self._max_items]]
        if len(found) > self._max_items:
            parts.append("...")
        return f"{name}({', '.join(parts)})" if parts else f"<{name}>"

    def _container(self, value: Any, kind: str, name: str, depth: int) -> str:
        base = _BASES[kind]
        before, after = _OPEN[kind]
        length = base.__len__(value)
        if kind == "set" and not length:
            before, after = "set(", ")"
        elif name != kind or kind == "frozenset":
            before, after = f"{name}({before}", f"{after})"
        count = self._max_items if depth < self._max_depth else 0
        pairs = kind == "dict"
        # one call of C code each: no other thread changes it meanwhile
        elements = list(islice(dict.items(value) if pairs else base.__iter__(value), count))
        if pairs:
            parts = [f"{self.text(key, depth + 1)}: {self.text(each, depth + 1)}" for key, each in elements]
        else:
            parts = [self.text(each, depth + 1) for each in elements]
        if length > len(parts):
            parts.append(f"...+{length - len(parts):,} more")
        comma = "," if kind == "tuple" and length == 1 and elements else ""
        return f"{before}{', '.join(parts)}{comma}{after}"


def parameters(code: CodeType) -> tuple[list[str], list[str]]:
    """Names of a function's parameters, in their order: as its code has them, and as they are shown."""
    plain = code.co_argcount
    end = plain + code.co_kwonlyargcount
    names = list(code.co_varnames[:end])
    shown = list(names)
    if code.co_flags & _CO_VARARGS:
        names.insert(plain, code.co_varnames[end])
        shown.insert(plain, "*" + code.co_varnames[end])
        end += 1
    if code.co_flags & _CO_VARKEYWORDS:
        names.append(code.co_varnames[end])
        shown.append("**" + code.co_varnames[end])
    kept = [index for index, name in enumerate(names) if not name.startswith(".")]
    return [names[index] for index in kept], [shown[index] for index in kept]


def arguments(frame: FrameType, names: list[str]) -> list[object]:
    """Their values in a frame that has just begun; a parameter that has none is left away with those after it.

    3.13 has a view of the frame, up to 3.11 the trace function's caller has made this dict already. 3.12 makes one that
    would keep the values alive as long as the frame: it is emptied, and filled anew where it is asked for.
    """
    found = frame.f_locals
    values = []
    try:
        for name in names:
            values.append(found[name])  # noqa: PERF401  those before one that is missing are kept
    except KeyError:
        pass
    if CLEARS:
        found.clear()
    return values


_INT, _STR = id(int), id(str)
_SHORT = 1 << _SHORT_BITS
_TEXTS: dict[str, Any] = {"str": str, "bytes": bytes, "bytearray": bytearray}
