"""``dataclass`` as the standard library's, made in a tenth of the time: what is generated is made when it is needed.

Nearly all that making a frozen dataclass costs is compiling the text of its methods, and more than a hundred are made
on the way to the first prompt, most of which nobody makes an instance of there. So ``__init__`` is compiled by the
first instance, and all other methods are the same functions for every class. To type checkers it is the original.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

_set = object.__setattr__


def _record(*, frozen: bool, slots: bool) -> Callable[[type], type]:
    """``dataclasses.dataclass(frozen=True, slots=True)``; there is no other kind here."""
    assert frozen
    assert slots

    def make(cls: type) -> type:
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        made.__init__ = _first_init(made)
        made.__repr__, made.__eq__, made.__hash__ = _repr, _eq, _hash
        made.__setattr__, made.__delattr__ = _refuse_set, _refuse_delete
        made.__getstate__, made.__setstate__ = _values, _restore
        return made  # type: ignore[no-any-return]

    return make


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _record


def _first_init(cls: Any) -> Callable[..., None]:
    def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807
        cls.__init__ = _init_of(cls)
        cls.__init__(self, *values, **named)

    return __init__


def _init_of(cls: Any) -> Callable[..., None]:
    """What ``dataclasses`` would have made: parameters in the fields' order, with their defaults."""
    known: dict[str, Any] = {"_set": _set}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(cls):
        name, default = field.name, ""
        value = name
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"], known["_missing"], default = field.default_factory, dataclasses.MISSING, "=_missing"
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"], default = field.default, f"=_default_{name}"
        parameters.append(name + default)
        lines.append(f"    _set(self, {name!r}, {value})\n")
    text = f"def __init__({', '.join(parameters)}):\n" + ("".join(lines) or "    pass\n")
    exec(text, known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _restore(self: Any, values: tuple[Any, ...]) -> None:
    for name, value in zip(self.__dataclass_fields__, values, strict=True):
        _set(self, name, value)


def _refuse_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_fields__)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))
