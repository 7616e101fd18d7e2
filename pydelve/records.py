"""Frozen dataclasses with slots, made in a twentieth of the time: what is generated is made when it is needed.

``dataclass(frozen=True, slots=True)``, ``field`` and ``replace`` are what the standard library calls so, and to type
checkers they are those. Nearly all that making a dataclass costs is compiling the text of its methods, and more than
a hundred are made on the way to the first prompt, most of which nobody makes an instance of there; the standard
module itself costs what half of ``pydelve stack`` does. So ``__init__`` is compiled by the fifth instance, all other
methods are the same functions for every class, and ``dataclasses`` is imported when somebody asks it about a record.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import replace as replace
    from typing import Any

_set = object.__setattr__
_REQUIRED = object()
_UNCOMPILED = 4  # instances: of many a class there are no more, and compiling takes what ten of them do


def _standard() -> Any:
    import dataclasses  # noqa: PLC0415  # what it costs is what this module is there to save

    return dataclasses


class Field:
    """One field of a record."""

    __slots__ = ("default", "factory", "metadata", "required")

    def __init__(self, default: Any, factory: Callable[[], Any] | None = None, metadata: Any = None) -> None:
        self.required = default is _REQUIRED and factory is None
        self.default: Any = default
        """An object like no other where there is none."""
        self.factory = factory
        """What makes the default, anew for each instance."""
        self.metadata: Mapping[str, Any] = metadata or {}


class _StandardFields:
    """Fields as ``dataclasses`` describes them, for its functions; made when somebody asks."""

    def __get__(self, record: Any, cls: Any) -> Any:
        dataclasses = _standard()
        described = []
        for name, known in cls.__record_fields__.items():
            how = {"default_factory": known.factory} if known.factory else {"default": known.default}
            own = {} if known.required else how
            described.append((name, "object", dataclasses.field(metadata=known.metadata or None, **own)))
        like = dataclasses.make_dataclass(cls.__name__, described, init=False, repr=False, eq=False)
        cls.__dataclass_fields__ = like.__dataclass_fields__
        return cls.__dataclass_fields__


def _record(*, frozen: bool, slots: bool) -> Callable[[type], type]:
    """``dataclasses.dataclass(frozen=True, slots=True)``; there is no other kind here."""
    assert frozen
    assert slots

    def make(cls: Any) -> type:
        namespace = dict(cls.__dict__)
        own = [name for name, hint in cls.__annotations__.items() if not str(hint).startswith("ClassVar")]
        fields: dict[str, Field] = {}
        for base in reversed(cls.__mro__[1:]):
            fields |= base.__dict__.get("__record_fields__", {})
        for name in own:
            default = namespace.pop(name, _REQUIRED)
            fields[name] = default if isinstance(default, Field) else Field(default)
        for name in ("__dict__", "__weakref__"):
            namespace.pop(name, None)
        namespace |= _METHODS
        namespace["__slots__"] = own
        namespace["__record_fields__"] = fields
        namespace["__match_args__"] = tuple(fields)
        namespace["__dataclass_fields__"] = _StandardFields()
        made: Any = type(cls)(cls.__name__, cls.__bases__, namespace)
        made.__qualname__ = cls.__qualname__
        made.__init__ = _first_init(made)
        return made  # type: ignore[no-any-return]

    return make


def _first_init(cls: Any) -> Callable[..., None]:
    fields: Mapping[str, Field] = cls.__record_fields__
    plain = all(field.factory is None for field in fields.values())
    made = 0

    def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807
        nonlocal made
        made += 1
        given = dict(zip(fields, values)) | named  # noqa: B905  what is wrong with them is told below
        right = len(given) == len(values) + len(named) and given.keys() <= fields.keys()
        if made <= _UNCOMPILED and plain and right and all(n in given or not f.required for n, f in fields.items()):
            for name, field in fields.items():
                _set(self, name, given.get(name, field.default))
            return
        cls.__init__ = _init_of(cls)
        cls.__init__(self, *values, **named)

    return __init__


def _init_of(cls: Any) -> Callable[..., None]:
    """What ``dataclasses`` would have made: parameters in the fields' order, with their defaults."""
    known: dict[str, Any] = {"_set": _set, "_required": _REQUIRED}
    parameters, lines = ["self"], []
    for name, field in cls.__record_fields__.items():
        value, text = name, ""
        if field.factory is not None:
            known[f"_make_{name}"], text = field.factory, "=_required"
            value = f"_make_{name}() if {name} is _required else {name}"
        elif not field.required:
            known[f"_default_{name}"], text = field.default, f"=_default_{name}"
        parameters.append(name + text)
        lines.append(f"    _set(self, {name!r}, {value})\n")
    text = f"def __init__({', '.join(parameters)}):\n" + ("".join(lines) or "    pass\n")
    exec(text, known)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _values(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in self.__record_fields__])


def _restore(self: Any, values: tuple[Any, ...]) -> None:
    for name, value in zip(self.__record_fields__, values, strict=True):
        _set(self, name, value)


def _refuse_set(self: Any, name: str, value: object) -> None:
    raise _standard().FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise _standard().FrozenInstanceError(f"cannot delete field {name!r}")


def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record_fields__)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _field(*, default: Any = _REQUIRED, default_factory: Callable[[], Any] | None = None, metadata: Any = None) -> Any:
    return Field(default, default_factory, metadata)


def _replace(record: Any, /, **changes: Any) -> Any:
    """The same record but for the fields named."""
    values: Mapping[str, Any] = {name: getattr(record, name) for name in record.__record_fields__} | changes
    return type(record)(**values)


_METHODS = {
    "__repr__": _repr, "__eq__": _eq, "__hash__": _hash, "__setattr__": _refuse_set, "__delattr__": _refuse_delete,
    "__getstate__": _values, "__setstate__": _restore,
}  # fmt: skip


def is_record(kind: object) -> bool:
    """Whether it is a class made here."""
    return isinstance(kind, type) and hasattr(kind, "__record_fields__")


def fields_of(kind: Any) -> Mapping[str, Field]:
    """The fields of a class made here by name, in their order."""
    fields: dict[str, Field] = kind.__record_fields__
    return fields


if not TYPE_CHECKING:
    dataclass, field, replace = _record, _field, _replace
