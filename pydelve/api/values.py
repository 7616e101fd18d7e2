"""Values as data: what looking at an object gives, with no object of the target in it.

A value that was cut says so (``shown`` < ``length``), and one that can be opened further carries a ``handle``, good
until the target resumes. Front ends make text of it; nothing here does.
"""

from __future__ import annotations

from pydelve.light_typing import Literal
from pydelve.records import dataclass

Kind = Literal[
    "none", "bool", "int", "float", "complex", "str", "bytes", "bytearray", "ellipsis", "range", "slice",
    "list", "tuple", "set", "frozenset", "dict", "deque", "module", "class", "function", "method", "builtin",
    "code", "frame", "generator", "coroutine", "async_generator", "exception", "object", "unbound", "unreadable",
]  # fmt: skip


Fact = None | bool | int | float | str | tuple[int | str, ...]
"""A plain thing that is known of a value."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the target, read without running the target's code.

    ``text`` holds: for scalars the Python literal (a str's or bytes' content is *raw*, without quotes, cut to the
    limit); for classes, functions, modules and the like their qualified name; for "unreadable" the reason; else "".
    """

    type: str
    """Name of the type, ``module.qualname``, without the module for builtins: ``int``, ``bank.Account``."""
    kind: Kind
    """What the object is by exact layout; a subclass of list has the kind "list" and its own ``type``."""
    text: str = ""
    """See above."""
    length: int | None = None
    """Elements of a container, characters of a str, bytes of a bytes; None where there is no such thing."""
    items: tuple[Item, ...] = ()
    """The first children: elements, key/value pairs, then attributes (``name`` set). Order: the container's own."""
    shown: int = 0
    """How many elements (or characters) of ``length`` are here; less than ``length`` means cut."""
    attributes_cut: bool = False
    """True where more attributes exist than ``items`` shows."""
    handle: int = 0
    """Opens the value further by ``Expand`` until the target resumes; 0 means there is nothing more to open."""
    address: int = 0
    """``id()`` of the object in the target; 0 where not known."""
    cycle: bool = False
    """True where the object is one of its own ancestors in this tree and is not opened again."""
    form: str = ""
    """What a printer knows it as (``docs/reference/printers.md``): "decimal", "record", "array"; "" where none does.

    ``text`` is then what the printer says of it, if it says anything.
    """
    facts: tuple[tuple[str, Fact], ...] = ()
    """What matters of it, by name; which there are goes by ``form``. Units are in the names."""

    def fact(self, name: str) -> Fact:
        """The fact of that name; None where it is not known."""
        return next((fact for known, fact in self.facts if known == name), None)

    def attribute(self, name: str) -> Value | None:
        """The attribute of that name among ``items``; None where it is not there."""
        return next((item.value for item in self.items if item.name == name), None)

    @property
    def elements(self) -> tuple[Item, ...]:
        """Those of ``items`` that are no attributes."""
        return tuple(item for item in self.items if item.name is None)

    @property
    def attributes(self) -> tuple[Item, ...]:
        """Those of ``items`` that have names."""
        return tuple(item for item in self.items if item.name is not None)


@dataclass(frozen=True, slots=True)
class Item:
    """A child of a value: an element (no name, no key), a pair (key), or an attribute (name)."""

    value: Value
    key: Value | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A named value of a frame."""

    name: str
    value: Value
    scope: Literal["argument", "local", "cell", "free", "global"] = "local"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a value is asked for; what is over is cut and marked."""

    max_text: int = 200
    """Characters of one str, bytes of one bytes, digits of one int."""
    max_items: int = 64
    """Elements of one container at the top; nested ones show fewer."""
    max_depth: int = 2
    """Levels of containers opened below the value itself."""
    max_total: int = 2000
    """Values in one answer, all levels together."""


Origin = Literal["instance", "slot", "class", "method", "property", "computed", "descriptor"]
"""Where an attribute is found: the instance's dict, a slot of a class, a value in a class's dict, a function there; a
property, a getter made in C, or another object that would compute it, none of which is run.
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an examined object."""

    name: str
    origin: Origin
    owner: str
    """Name of the class that has it; "" for the instance, and in a module."""
    value: Value | None = None
    """None where it would have to be computed, or is not set."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of one object."""

    value: Value
    size_bytes: int
    """Of the object alone, not of what it refers to."""
    referrers: tuple[tuple[str, int], ...]
    """Types of the objects that refer to it, and how many of each, most frequent first; without frames' variables."""
    attributes: tuple[Attribute, ...]
    """Each name once, those of the instance first, then along the MRO; names such as ``__init__`` are left out."""
    attributes_cut: bool
    evaluation: Evaluation
    """How long finding the object took; its value is None."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a piece of Python gave in a frame."""

    value: Value | None
    """None for statements, which have no value."""
    took_s: float
    """Seconds that the target's code ran for it."""
    others_ran: bool
    """True where other threads of the target may have moved meanwhile."""
    output: str = ""
