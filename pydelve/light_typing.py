"""What ``typing`` gives to classes as they are made, without importing it: that is a tenth of ``pydelve stack``.

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
    from collections import namedtuple
    from types import GenericAlias

    class Literal:
        """``Literal["a", "b"]``: ``get_args`` knows it; ``rpc.codec`` makes ``typing``'s of it."""

        __class_getitem__ = classmethod(GenericAlias)

    class Protocol:
        """A base that says nothing when it runs."""

    class _NamedTuples(type):
        """Makes a class of its fields' annotations, their defaults, and its methods."""

        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = namespace.pop("__annotations__")
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace.pop("__module__"))  # noqa: PYI024
            for key, value in namespace.items():
                setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_NamedTuples):
        """The base of named tuples."""
