"""What ``typing`` gives to classes as they are made, without importing it: that is a tenth of ``pydelve stack``.

``collections`` is another, and making ten named tuples by it a fifteenth.

To type checkers these are ``typing``'s own. Imported by the modules that a short command needs; a module that is
needed only where ``typing`` is there anyway takes it from there. Annotations are text in all our modules: names that
stand in them alone are imported under ``TYPE_CHECKING``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal as Literal
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
else:
    from _collections import _tuplegetter  # how ``collections.namedtuple`` reads a field

    GenericAlias = type(list[int])

    class Literal:
        """``Literal["a", "b"]``: ``get_args`` knows it; ``rpc.codec`` makes ``typing``'s of it."""

        __class_getitem__ = classmethod(GenericAlias)

    class Protocol:
        """A base that says nothing when it runs."""

    def _new(cls, /, *values, **named):
        if named or len(values) != len(cls._fields):
            values = _filled(cls, values, named)
        return tuple.__new__(cls, values)

    def _filled(cls, values, named):
        """All values in the fields' order; ``TypeError`` where they are not those of the fields."""
        given = {**cls._field_defaults, **dict(zip(cls._fields, values)), **named}  # noqa: B905  told below
        twice = named.keys() & set(cls._fields[: len(values)])
        if twice or len(values) > len(cls._fields) or given.keys() != set(cls._fields):
            raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}; given: {values}, {named}")
        return [given[name] for name in cls._fields]

    def _replace(self, /, **changes):
        return type(self)(**{**dict(zip(self._fields, self, strict=True)), **changes})

    def _values(self):
        return tuple(self)

    def _repr(self):
        shown = ", ".join([f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True)])
        return f"{type(self).__name__}({shown})"

    class _NamedTuples(type):
        """Makes a class of its fields' annotations, their defaults, and its methods; no text is compiled for it."""

        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace["__annotations__"])
            defaults = {field: namespace.pop(field) for field in fields if field in namespace}
            made = {
                "__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults,
                "__new__": _new, "__repr__": _repr, "__getnewargs__": _values, "_replace": _replace,
            }  # fmt: skip
            made.update((field, _tuplegetter(index, "")) for index, field in enumerate(fields))
            return type(name, (tuple,), {**made, **namespace})

    class NamedTuple(metaclass=_NamedTuples):
        """The base of named tuples: what ``typing``'s are, but for ``_make`` and ``_asdict``."""
