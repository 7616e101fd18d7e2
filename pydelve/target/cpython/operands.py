"""What the safe evaluator works with: objects of the target by address, and values that it made itself.

Turning one into Python's own value is by exact type only (``Operands.plain``): what a class could have changed by a
method of its own is refused, by that method's name, as :class:`NeedsToRun`.
"""

from __future__ import annotations

from typing import Any

from pydelve.api.values import Item, Kind, Limits, Value
from pydelve.records import dataclass
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader, TypeInfo
from pydelve.target.cpython.values import ValueReader, int_text, range_length

_MOST_PLAIN = 200_000  # elements, all levels together
_MOST_TEXT = 1 << 24
_MOST_DIGITS = 1 << 16  # of 30 bits
_MOST_DEPTH = 50
_HEAP_TYPE = 1 << 9  # Include/object.h
_TRUE_KINDS = {"function", "method", "builtin", "module", "code", "frame", "generator", "coroutine", "async_generator"}
_LENGTHS = {"list", "tuple", "set", "frozenset", "dict", "str", "bytes", "bytearray", "range"}
_SEQUENCES = {"list", "tuple"}
_SETS = {"set", "frozenset"}


_COMPARED = {
    "none", "ellipsis", "bool", "int", "float", "complex", "str", "bytes", "bytearray", "range", "list", "tuple", "set",
    "frozenset", "dict",
}  # fmt: skip
_OPERATORS = {
    f"__{side}{name}__"
    for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "rshift", "and", "or", "xor",
        "matmul",
    )
    for side in ("", "r")
} | {
    f"__{name}__"
    for name in (
        "eq", "ne", "lt", "le", "gt", "ge", "hash", "bool", "len", "iter", "contains", "getitem", "missing", "neg",
        "pos", "abs", "invert", "index", "int", "float", "complex",
    )
}  # fmt: skip


class NeedsToRun(Exception):
    """What was asked can't be told without running the target's code; the text says why."""


@dataclass(frozen=True, slots=True)
class At:
    """An object of the target."""

    address: int


@dataclass(frozen=True, slots=True)
class Made:
    """A value that the evaluator made; of an exact built-in type."""

    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """A tuple, list or set that the evaluator made, of operands."""

    kind: Kind
    elements: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has a name and cannot be opened: a method bound to an object."""

    kind: Kind
    name: str
    owner: int
    """Address of the object that it is bound to."""


Operand = At | Made | Group | Named


class Operands:
    """Reads operands. All that is asked raises :class:`NeedsToRun`, or UnreadableError."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._as_built_in: dict[int, bool] = {}

    def type_of(self, address: int) -> TypeInfo:
        """Its type."""
        return self._objects.type_of(address)

    def type_name(self, operand: Operand) -> str:
        """Name of an operand's type."""
        match operand:
            case At(address):
                return self.type_of(address).name
            case Made(value):
                return type(value).__name__
            case Group(kind):
                return kind
            case Named(kind):
                return kind

    def defined(self, info: TypeInfo, name: str) -> str:
        """The class of a type's own MRO, made by a ``class`` statement, that has this name; "" where none has."""
        objects = self._objects
        for cls in objects.mro(info):
            if objects.memory.word(cls + objects.at["type.flags"]) & _HEAP_TYPE:
                names = objects.memory.word(cls + objects.at["type.dict"])
                if names and objects.entry(names, name):
                    return objects.type_at(cls).name
        return ""

    def refuse_if_defined(self, info: TypeInfo, *names: str) -> None:
        """Refuse where a class has one of these methods of its own."""
        for name in names:
            owner = "" if info.plain else self.defined(info, name)
            if owner:
                raise NeedsToRun(f"{owner} has a {name} of its own")

    def is_as_built_in(self, info: TypeInfo) -> bool:
        """Is it of a built-in type that compares by what it holds, or of a class that changes no operator of one?"""
        if info.plain or info.kind not in _COMPARED:
            return info.kind in _COMPARED
        if info.address not in self._as_built_in:
            self._as_built_in[info.address] = self._changes_nothing(info)
        return self._as_built_in[info.address]

    def _changes_nothing(self, info: TypeInfo) -> bool:
        objects = self._objects
        for cls in objects.mro(info):
            found = objects.type_at(cls)
            if found.plain and found.kind == info.kind:
                return True  # the classes behind it are asked after it
            if found.static_name:
                return False
            for name_at, _ in objects.dict_entries(objects.memory.word(cls + objects.at["type.dict"])):
                if objects.type_of(name_at).kind != "str" or objects.text(name_at, 100) in _OPERATORS:
                    return False
        return False

    # -- as Python's own value -----------------------------------------------------------------------------------------

    def plain(self, operand: Operand) -> Any:
        """Python's own value of an exact built-in type, containers with all that is in them."""
        return self._plain(operand, _Budget())

    def _plain(self, operand: Operand, budget: _Budget) -> Any:
        match operand:
            case Made(value):
                return value
            case Group(kind, elements):
                made = (self._plain(element, budget) for element in elements)
                return list(made) if kind == "list" else _as_set(made) if kind == "set" else tuple(made)
            case Named():
                raise NeedsToRun(f"a {operand.kind} is no number, text or container")
            case At(address):
                return self._plain_at(address, budget)

    def _plain_at(self, address: int, budget: _Budget) -> Any:
        info = self.type_of(address)
        if not self.is_as_built_in(info):
            raise NeedsToRun(f"{info.name} is no built-in type")
        scalar = self._scalar(address, info.kind)
        if scalar is not NotImplemented:
            return scalar
        objects = self._objects
        with budget.level():
            match info.kind:
                case "list" | "tuple":
                    budget.take(objects.size(address))
                    found = [self._plain_at(each, budget) for each in objects.elements(address, info.kind, _MOST_PLAIN)]
                    return found if info.kind == "list" else tuple(found)
                case "set" | "frozenset":
                    budget.take(objects.set_length(address))
                    made = _as_set(self._plain_at(each, budget) for each in objects.set_elements(address))
                    return made if info.kind == "set" else frozenset(made)
                case "dict":
                    budget.take(objects.dict_length(address))
                    return {
                        _hashable(self._plain_at(key, budget)): self._plain_at(value, budget)
                        for key, value in objects.dict_entries(address)
                    }
        raise NeedsToRun(f"a {info.kind} is no number, text or container")

    def _scalar(self, address: int, kind: Kind) -> Any:
        """A number, a text or a constant; NotImplemented for all others."""
        objects = self._objects
        match kind:
            case "none":
                return None
            case "ellipsis":
                return ...
            case "bool" | "int":
                negative, _ = objects.integer_digits(address)
                number = objects.integer(address, most=_MOST_DIGITS) * (-1 if negative else 1)
                return bool(number) if kind == "bool" else number
            case "float":
                return objects.floats(address + objects.at["float.value"], 1)[0]
            case "complex":
                return complex(*objects.floats(address + objects.at["complex.value"], 2))
            case "str":
                text, length = objects.text_and_length(address, _MOST_TEXT)
                return _whole(text, length)
            case "bytes" | "bytearray":
                raw, length = objects.bytes_and_length(address, kind, _MOST_TEXT)
                raw = _whole(raw, length)
                return raw if kind == "bytes" else bytearray(raw)
            case "range":
                return range(*(self._scalar(bound, "int") for bound in objects.range_bounds(address)))
        return NotImplemented

    # -- what is asked of any operand ----------------------------------------------------------------------------------

    def truth(self, operand: Operand) -> bool:
        """Is it true?"""
        if isinstance(operand, Made):
            return bool(operand.value)
        if isinstance(operand, Group):
            return bool(operand.elements)
        if isinstance(operand, Named):
            return True
        info = self.type_of(operand.address)
        if info.kind in _LENGTHS:
            self.refuse_if_defined(info, "__bool__", "__len__")
            if info.kind == "range":  # no len() of a long one
                found = self._scalar(operand.address, "range")
                return range_length(found.start, found.stop, found.step) > 0
            return self.length(operand) > 0
        if info.plain and info.kind in {"none", "bool", "int", "float", "complex", "ellipsis"}:
            return bool(self._plain_at(operand.address, _Budget()))
        if (info.plain and info.kind in _TRUE_KINDS) or (info.kind == "class" and info.static_name == "type"):
            return True
        self.refuse_if_defined(info, "__bool__", "__len__")
        if info.kind in {"object", "exception"} and info.flags & _HEAP_TYPE and self._made_of_object(info):
            return True
        raise NeedsToRun(f"whether {_a(info.name)} is true is told by C code of its own")

    def _made_of_object(self, info: TypeInfo) -> bool:
        """Are all its classes made by ``class`` statements, but for object and the exceptions?"""
        for cls in self._objects.mro(info):
            found = self._objects.type_at(cls)
            if found.static_name not in {"", "object"} and found.kind != "exception":
                return False
        return True

    def length(self, operand: Operand) -> int:
        """What ``len`` gives."""
        if isinstance(operand, Group):
            return len(operand.elements)
        if isinstance(operand, Made):
            return _length_of(operand.value)
        if isinstance(operand, Named):
            raise EvaluationFailed(TypeError(f"object of type '{operand.kind}' has no len()"))
        address, objects = operand.address, self._objects
        info = self.type_of(address)
        self.refuse_if_defined(info, "__len__")
        match info.kind:
            case "list" | "tuple" | "bytes" | "bytearray":
                return objects.size(address)
            case "set" | "frozenset":
                return objects.set_length(address)
            case "dict":
                return objects.dict_length(address)
            case "str":
                return objects.text_and_length(address, 0)[1]
            case "range":
                return _length_of(self._scalar(address, "range"))
        if info.plain:
            raise EvaluationFailed(TypeError(f"object of type '{info.name}' has no len()"))
        raise NeedsToRun(f"the length of {_a(info.name)} is told by code of its own")

    def same(self, left: Operand, right: Operand) -> bool:
        """What ``is`` gives."""
        if isinstance(left, At) and isinstance(right, At):
            return left.address == right.address
        constants = [self._constant(side) for side in (left, right)]
        if all(constant is not _NO_CONSTANT for constant in constants):
            return constants[0] is constants[1]
        if any(constant is not _NO_CONSTANT for constant in constants):
            return False
        raise NeedsToRun("identity is known of the program's own objects, and of None, True, False and ...")

    def _constant(self, operand: Operand) -> Any:
        """None, True, False or ...; else a mark."""
        if isinstance(operand, Made):
            value = operand.value
            return value if value is None or value is ... or isinstance(value, bool) else _NO_CONSTANT
        if isinstance(operand, At) and self.type_of(operand.address).kind in {"none", "bool", "ellipsis"}:
            return self._plain_at(operand.address, _Budget())
        return _NO_CONSTANT

    # -- for people ----------------------------------------------------------------------------------------------------

    def value(self, operand: Operand, values: ValueReader, limits: Limits) -> Value:
        """As data for people."""
        match operand:
            case At(address):
                return values.read(address)
            case Group(kind, elements):
                shown = elements[: limits.max_items]
                items = tuple(Item(self.value(element, values, limits)) for element in shown)
                return Value(kind, kind, "", len(elements), items, len(items))
            case Named(kind, name):
                return Value(kind, kind, name)
            case Made(value):
                return made_value(value, limits)


class EvaluationFailed(Exception):
    """The expression raises this, wherever it is evaluated."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"{type(error).__name__}: {error}")


def _length_of(value: Any) -> int:
    try:
        return len(value)
    except (TypeError, OverflowError) as error:
        raise EvaluationFailed(error) from None


class _Budget:
    """How much more may be turned into Python's own values."""

    def __init__(self) -> None:
        self._left = _MOST_PLAIN
        self._depth = 0

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise NeedsToRun(f"it has more than {_MOST_PLAIN:,} elements, which is more than is compared here")

    def level(self) -> _Budget:
        return self

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise NeedsToRun(f"it is nested more than {_MOST_DEPTH} levels deep")

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


_NO_CONSTANT = object()


def made_value(value: Any, limits: Limits) -> Value:
    """A value of an exact built-in type as data for people."""
    name = type(value).__name__
    match value:
        case None:
            return Value("NoneType", "none", "None")
        case bool():
            return Value("bool", "bool", str(value))
        case int():
            text, length, shown = int_text(value < 0, abs(value), limits.max_text)
            return Value("int", "int", text, length, shown=shown)
        case float() | complex():
            return Value(name, "float" if isinstance(value, float) else "complex", repr(value))
        case str():
            text = value[: limits.max_text]
            return Value("str", "str", text, len(value), shown=len(text))
        case bytes() | bytearray():
            raw = bytes(value[: limits.max_text]).decode("latin-1")
            return Value(name, "bytes" if name == "bytes" else "bytearray", raw, len(value), shown=len(raw))
        case range():
            return Value("range", "range", repr(value), range_length(value.start, value.stop, value.step))
        case list() | tuple() | set() | frozenset():
            items = tuple(Item(made_value(each, limits)) for each in list(value)[: limits.max_items])
            return Value(name, _CONTAINER_KINDS[name], "", len(value), items, len(items))
        case dict():
            pairs = list(value.items())[: limits.max_items]
            items = tuple(Item(made_value(each, limits), made_value(key, limits)) for key, each in pairs)
            return Value("dict", "dict", "", len(value), items, len(items))
    return Value("ellipsis", "ellipsis", "Ellipsis")


_CONTAINER_KINDS: dict[str, Kind] = {"list": "list", "tuple": "tuple", "set": "set", "frozenset": "frozenset"}


def _whole(part: Any, length: int) -> Any:
    if len(part) < length:
        raise NeedsToRun(f"it is longer than {_MOST_TEXT:,} characters, which is more than is read here")
    return part


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError as error:
        raise UnreadableError(f"a key of a dict that is {error}") from None
    return value


def _as_set(values: Any) -> set[Any]:
    return {_hashable(value) for value in values}


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
