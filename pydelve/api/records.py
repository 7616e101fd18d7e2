"""``dataclass`` as the standard library's, but made in half the time; every type here and in ``target`` is made by it.

The generated ``__repr__``, ``__eq__`` and ``__hash__`` are half of what making a frozen dataclass costs, and a hundred
are made on the way to the first prompt: one of each serves them all. To type checkers it is the original.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


def dataclass(**options: Any) -> Callable[[type], type]:
    """``dataclasses.dataclass(**options)``, without ``repr``, ``eq`` and ``hash`` of its own."""

    def make(cls: type) -> type:
        made: Any = dataclasses.dataclass(**options, repr=False, eq=False)(cls)
        made.__repr__, made.__eq__, made.__hash__ = _repr, _eq, _hash
        return made  # type: ignore[no-any-return]

    return make


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))
