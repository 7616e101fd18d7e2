"""Makes :class:`pydelve.api.values.Value` of objects in memory: what the agent's ``inspection`` does, from outside.

The same limits, order and fields, so that both say the same of the same object; but objects whose layout is not known
here (most types made in C) show their type alone. Where values can be opened further, ``handle`` is the address. What
can't be read has the kind "unreadable" with the reason; no method here raises.
"""

from __future__ import annotations

from itertools import islice

from pydelve.api.values import Item, Kind, Limits, Value
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader, TypeInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DECIMAL_DIGITS = 640  # as the agent: the least that sys.set_int_max_str_digits can be set to
_CLOSED = {"class", "module", "function", "method", "builtin", "code", "frame"}
_NO_CHILDREN = {"int", "float", "complex", "str", "bytes", "bytearray", "range"}
_CONTAINERS = {"list", "tuple", "set", "frozenset", "dict"}
_SINGLETONS = {"none", "bool", "ellipsis"}
_TEXTUAL = {"str", "bytes", "bytearray", "int"}
_METHOD_DEFINITION, _METHOD_SELF = 16, 24
_RUNNABLES = {"generator", "coroutine", "async_generator"}

_Child = tuple[int, int, str | None]
"""Addresses of a value (0: not assigned) and its key (0: none), and the attribute's name."""


class ValueReader:
    """Values of one interpreter, within limits."""

    def __init__(self, objects: ObjectReader, limits: Limits, *, opens: bool = False) -> None:
        """``opens``: what has more to see gets a handle, for :meth:`open`."""
        self._objects = objects
        self._limits = limits
        self._opens = opens
        self._start, self._count = 0, -1
        self._left = 0
        self._ancestors: list[int] = []
        self._slots: dict[int, list[tuple[str, int]]] = {}

    def read(self, address: int) -> Value:
        """The value of the object at an address; 0 is a variable that has none."""
        self._left = self._limits.max_total
        self._ancestors.clear()
        return self._value(address, 0)

    def open(self, handle: int, start: int, count: int) -> Value:
        """The value with its children ``start`` to ``start + count``: elements or characters, then attributes."""
        self._start, self._count = max(0, start), max(0, count)
        try:
            return self.read(handle)
        finally:
            self._start, self._count = 0, -1

    def _value(self, address: int, depth: int) -> Value:
        self._left -= 1
        if not address:
            return Value("", "unbound")
        type_name = ""
        try:
            info = self._objects.type_of(address)
            type_name = info.name
            if address in self._ancestors:
                return Value(type_name, info.kind, address=address, cycle=True)
            self._ancestors.append(address)
            try:
                return self._filled(address, info, depth)
            finally:
                self._ancestors.pop()
        except UnreadableError as error:
            return Value(type_name, "unreadable", str(error), address=address)

    def _filled(self, address: int, info: TypeInfo, depth: int) -> Value:
        kind = info.kind
        start, count = (self._start, self._count) if depth == 0 else (0, -1)
        text, length, shown = self._content(address, info, start, count)
        if kind in _SINGLETONS:
            return Value(info.name, kind, text)
        cut_text = length is not None and kind in _TEXTUAL and shown < length
        if info.plain and kind in _NO_CHILDREN:
            block = address if kind in ("bytes", "bytearray") and length else 0  # its memory can be read
            handle = address if self._opens and (cut_text or block) else 0
            return Value(info.name, kind, text, length, shown=shown, handle=handle, address=block)
        most = self._most(kind, depth, count)
        items: list[Item] = []
        if kind in _CONTAINERS:
            length = self._length(address, kind)
            items = self._items(islice(self._elements(address, kind, start + most), start, start + most), depth)
            shown = len(items)
        cut = has_attributes = False
        if not (info.plain and kind in _CONTAINERS) and (kind not in _CLOSED or self._opens):
            skip = max(0, start - (length or 0)) if kind not in _TEXTUAL else 0
            most -= len(items) if count >= 0 else 0
            attributes = list(islice(self._attributes(address, info), skip, skip + most + 1))
            has_attributes = bool(attributes) or skip > 0
            room = min(most, max(self._left, 0))
            cut = len(attributes) > room and (kind not in _CLOSED or room > 0)
            items += self._items(attributes[:room], depth)
        handle = address if self._opens and (cut_text or has_attributes or (kind in _CONTAINERS and length)) else 0
        return Value(info.name, kind, text, length, tuple(items), shown, cut, handle, address)

    def _most(self, kind: Kind, depth: int, count: int) -> int:
        """How many children are shown."""
        if count >= 0:
            return count
        if kind in _CLOSED or self._left <= 0 or (depth and depth > self._limits.max_depth):
            return 0
        most = self._limits.max_items
        return most if depth == 0 else min(most, max(3, most // 4))

    def _items(self, children: Iterator[_Child] | list[_Child], depth: int) -> list[Item]:
        items = []
        for value, key, name in children:
            if self._left <= 0:
                break
            # A key is shown, not explored: as if it stood at the deepest level that is still opened.
            shown_key = self._value(key, max(depth + 1, self._limits.max_depth)) if key else None
            items.append(Item(self._value(value, depth + 1), shown_key, name))
        return items

    # -- what it says of itself ----------------------------------------------------------------------------------------

    def _content(self, address: int, info: TypeInfo, start: int, count: int) -> tuple[str, int | None, int]:
        """Text, length and how much of it is shown."""
        objects, most = self._objects, self._limits.max_text if count < 0 else start + count
        match info.kind:
            case "str":
                text, length = objects.text_and_length(address, most)
                return text[start:], length, len(text[start:])
            case "bytes" | "bytearray":
                raw, length = objects.bytes_and_length(address, info.kind, most)
                return raw[start:].decode("latin-1"), length, len(raw[start:])
            case "int":
                return self._int(address)
            case "range":
                bounds = [objects.integer(bound) * (-1) ** objects.integer_digits(bound)[0]
                          for bound in objects.range_bounds(address)]  # fmt: skip
                if not bounds[2]:
                    raise UnreadableError("a range with the step 0")
                shown = bounds if bounds[2] != 1 else bounds[:2]
                return f"range({', '.join(map(str, shown))})", range_length(*bounds), 0
            case kind:
                describe = _TEXTS.get(kind)
                return describe(self, address) if describe else "", None, 0

    def _int(self, address: int) -> tuple[str, int | None, int]:
        """Decimal where it is short, else the highest hexadecimal digits; then length and shown count bits."""
        negative, count = self._objects.integer_digits(address)
        top = self._objects.integer(address, skip=max(0, count - 1))
        bits = 30 * (count - 1) + top.bit_length() if count else 0
        if is_short(bits, self._limits.max_text):
            return f"{'-' if negative else ''}{self._objects.integer(address)}", None, 0
        skip = max(0, bits - 4 * self._limits.max_text) // 30
        head = self._objects.integer(address, skip=skip)
        return int_text(negative, head, self._limits.max_text, bits=bits)

    def _bool(self, address: int) -> str:
        return str(bool(self._objects.integer(address)))

    def _float(self, address: int) -> str:
        return repr(self._objects.floats(address + self._objects.at["float.value"], 1)[0])

    def _complex(self, address: int) -> str:
        return repr(complex(*self._objects.floats(address + self._objects.at["complex.value"], 2)))

    def _module_name(self, address: int) -> str:
        found = self._objects.module_dict(address)
        name = self._objects.entry(found, "__name__") if found else 0
        return self._text_at(name) if name else ""

    def _text_at(self, address: int) -> str:
        return self._objects.text(address, 1000) if self._objects.type_of(address).kind == "str" else ""

    def _text_field(self, address: int, field: str) -> str:
        return self._text_at(self._objects.memory.word(address + self._objects.at[field]))

    def _method_name(self, address: int) -> str:
        function = self._objects.memory.word(address + self._objects.at["method.function"])
        return self._text_field(function, "function.qualname") if self._objects.type_of(function).plain else ""

    def _builtin_name(self, address: int) -> str:
        """``len``, ``math.sin``, ``list.append``: Include/cpython/methodobject.h, m_ml and m_self."""
        objects, memory = self._objects, self._objects.memory
        name = memory.c_string(memory.word(memory.word(address + _METHOD_DEFINITION)))
        owner = memory.word(address + _METHOD_SELF)
        if not owner or objects.type_of(owner).kind == "module":
            module = self._module_name(owner) if owner else ""
            return name if module in {"", "builtins"} else f"{module}.{name}"
        info = objects.type_of(owner)
        return f"{(objects.type_at(owner) if info.kind == 'class' else info).name}.{name}"

    def _code_name(self, address: int) -> str:
        return self._text_field(address, "code.qualname" if self._objects.minor >= 11 else "code.name")

    # -- what is in it -------------------------------------------------------------------------------------------------

    def _length(self, address: int, kind: Kind) -> int:
        if kind == "dict":
            return self._objects.dict_length(address)
        return self._objects.set_length(address) if kind in {"set", "frozenset"} else self._objects.size(address)

    def _elements(self, address: int, kind: Kind, most: int) -> Iterator[_Child]:
        if kind == "dict":
            return ((value, key, None) for key, value in self._objects.dict_entries(address))
        if kind in {"set", "frozenset"}:
            return ((element, 0, None) for element in self._objects.set_elements(address))
        return ((element, 0, None) for element in self._objects.elements(address, kind, most))

    def attributes_of(self, address: int) -> list[tuple[str, int]]:
        """(name, address) of what is stored in the object itself: its dict and its slots, as far as it can be read.

        Raises:
            UnreadableError: its type can't be read.
        """
        return [(name, value) for value, _, name in self._attributes(address, self._objects.type_of(address)) if name]

    def _attributes(self, address: int, info: TypeInfo) -> Iterator[_Child]:
        """Its kind's own, those of its dict, those of its slots."""
        objects, memory = self._objects, self._objects.memory
        if info.kind in {"class", "module"}:
            at = (
                memory.word(address + objects.at["type.dict"]) if info.kind == "class" else objects.module_dict(address)
            )
            for name_at, value in objects.dict_entries(at) if at else ():
                yield value, 0, self._text_at(name_at) or f"<{objects.type_of(name_at).name}>"
            return
        if info.kind == "exception":
            yield memory.word(address + objects.at["exception.args"]), 0, "args"
            for name in ("cause", "context"):
                if found := memory.word(address + objects.at[f"exception.{name}"]):
                    yield found, 0, f"__{name}__"
        for name_at, value in objects.instance_entries(address, info):
            name_type = objects.type_of(name_at)
            yield value, 0, objects.text(name_at, 1000) if name_type.kind == "str" else f"<{name_type.name}>"
        if info.kind in _RUNNABLES or info.static_name:
            return
        if info.address not in self._slots:
            self._slots[info.address] = objects.slot_places(info)
        for name, offset in self._slots[info.address]:
            if offset:
                yield memory.word(address + offset), 0, name


_TEXTS: dict[str, Callable[[ValueReader, int], str]] = {
    "none": lambda reader, address: "None",
    "ellipsis": lambda reader, address: "Ellipsis",
    "bool": ValueReader._bool,
    "float": ValueReader._float,
    "complex": ValueReader._complex,
    "class": lambda reader, address: reader._objects.type_at(address).name,
    "module": ValueReader._module_name,
    "function": lambda reader, address: reader._text_field(address, "function.qualname"),
    "method": ValueReader._method_name,
    "builtin": ValueReader._builtin_name,
    "code": ValueReader._code_name,
    **dict.fromkeys(_RUNNABLES, lambda reader, address: reader._text_field(address, "generator.qualname")),
}


def range_length(start: int, stop: int, step: int) -> int:
    """Number of elements, without ``len``, which fails on what no C long holds; it is said as the largest one."""
    return min(max(0, (stop - start + step + (-1 if step > 0 else 1)) // step), (1 << 63) - 1)


def is_short(bits: int, most: int) -> bool:
    """Is an int of so many bits shown in decimal? As the agent decides."""
    return bits * 0.30103 < min(most, _DECIMAL_DIGITS)


def int_text(negative: bool, number: int, most: int, *, bits: int = 0) -> tuple[str, int | None, int]:
    """Decimal where it is short, else the highest hexadecimal digits; then length and shown count bits.

    ``number`` is the absolute value, or, where it has ``bits`` in all, its highest ones, as many as are shown.
    """
    sign, bits = "-" if negative else "", bits or number.bit_length()
    if is_short(bits, most):
        return f"{sign}{number}", None, 0
    every = (bits + 3) // 4
    shown = min(every, most)
    below = bits - number.bit_length()  # bits that ``number`` leaves away
    head = number >> max(0, 4 * (every - shown) - below)
    if shown == every:
        return f"{sign}0x{head:x}", None, 0
    return f"{sign}0x{head:0{max(shown, 1)}x}", bits, min(bits, 4 * shown)
