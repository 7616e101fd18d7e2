"""Objects by their exact layout: types, texts, numbers, containers, attributes. Addresses in, plain Python out.

Every chain has a bound, every size is checked before it is believed. What does not fit raises
:class:`~pydelve.target.cpython.memory.UnreadableError`. Layouts are those of 64-bit builds with a GIL, CPython 3.9 to
3.15; what no header has is cited beside its number. ``values.py`` makes data for people of what is found here.
"""

from __future__ import annotations

from struct import iter_unpack, unpack

from pydelve.api.values import Kind
from pydelve.light_typing import NamedTuple
from pydelve.target.cpython.layout import Layout
from pydelve.target.cpython.memory import Memory, UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Include/object.h
_INLINE_VALUES, _MANAGED_DICT, HEAP_TYPE, _READY = 1 << 2, 1 << 4, 1 << 9, 1 << 12
_KIND_FLAGS: tuple[tuple[int, Kind], ...] = (
    (1 << 24, "int"), (1 << 25, "list"), (1 << 26, "tuple"), (1 << 27, "bytes"), (1 << 28, "str"), (1 << 29, "dict"),
    (1 << 30, "exception"), (1 << 31, "class"),
)  # fmt: skip
_KIND_NAMES: dict[str, Kind] = {
    "NoneType": "none", "bool": "bool", "float": "float", "complex": "complex", "bytearray": "bytearray",
    "ellipsis": "ellipsis", "range": "range", "slice": "slice", "set": "set", "frozenset": "frozenset",
    "frozendict": "dict", "module": "module", "function": "function", "method": "method",
    "builtin_function_or_method": "builtin", "builtin_method": "builtin", "code": "code", "frame": "frame",
    "generator": "generator", "coroutine": "coroutine", "async_generator": "async_generator",
}  # fmt: skip
_MOST_BASES = 200
_MOST_SIZE = 1 << 40
_MOST_SCANNED = 1 << 20
_CHUNK = 256
_MODULE_DICT = 16  # Objects/moduleobject.c, PyModuleObject.md_dict: the first field of its own
_RANGE_START = 16  # Objects/rangeobject.c, rangeobject: start, stop, step
_OLD_KEYS_SIZE, _OLD_KEYS_COUNT, _OLD_KEYS_INDICES = 8, 32, 40  # Objects/dict-common.h up to 3.10
_SLOT_MEMBER = 16  # Include/structmember.h, T_OBJECT_EX


class TooManyError(UnreadableError):
    """There are more entries than are looked through: what was not found among them may be there."""

    def __init__(self) -> None:
        super().__init__(f"it has more than {_MOST_SCANNED:,} entries, and no more are looked through")


class TypeInfo(NamedTuple):
    """What is needed of a type to read its instances."""

    address: int
    name: str
    """``module.qualname``, without the module for builtins."""
    static_name: str
    """``tp_name`` of a type made in C, "" of a class."""
    kind: Kind
    flags: int
    basic_size: int
    item_size: int
    dict_offset: int
    plain: bool
    """True for exactly the built-in type of the kind."""


class ObjectReader:
    """Reads objects of one interpreter."""

    def __init__(self, memory: Memory, layout: Layout) -> None:
        self.memory = memory
        self.minor = layout.minor
        self.at = layout.offsets
        self._types: dict[int, TypeInfo] = {}
        self._shared_names: dict[int, list[int]] = {}
        self._shared_indices: dict[tuple[int, str], int] = {}

    # -- types ---------------------------------------------------------------------------------------------------------

    def type_of(self, address: int) -> TypeInfo:
        """The type of the object at an address."""
        type_address = self.memory.word(address + self.at["object.type"])
        return self._types.get(type_address) or self.type_at(type_address)

    def type_at(self, address: int) -> TypeInfo:
        """The type whose type object is at an address."""
        known = self._types.get(address)
        if known is None:
            known = self._types[address] = self._read_type(address)
        return known

    def _read_type(self, address: int) -> TypeInfo:
        memory, at = self.memory, self.at
        flags = memory.word(address + at["type.flags"])
        basic_size = memory.word(address + at["type.basicsize"])
        if not flags & _READY or not 16 <= basic_size < 1 << 24:
            raise UnreadableError(f"no type at {address:#x}")
        own_name = memory.c_string(memory.word(address + at["type.name"]))
        name = self._class_name(address) if flags & HEAP_TYPE else own_name
        static_name = "" if flags & HEAP_TYPE else own_name
        kind = self._kind(address, flags, static_name)
        return TypeInfo(
            address, name, static_name, kind, flags, basic_size,
            item_size=memory.word(address + at["type.itemsize"]),
            dict_offset=memory.signed_word(address + at["type.dictoffset"]),
            plain=_KIND_NAMES.get(static_name, static_name) == kind,
        )  # fmt: skip

    def _class_name(self, address: int) -> str:
        name = self.text(self.memory.word(address + self.at["class.qualname"]))
        module = self.entry(self.memory.word(address + self.at["type.dict"]), "__module__")
        if not module or not self._is_text(module):
            return name
        module_name = self.text(module)
        return name if module_name == "builtins" else f"{module_name}.{name}"

    def _is_text(self, address: int) -> bool:
        """Whether it is a str, told by its type's flags alone: reading a type asks this of its own parts."""
        type_address = self.memory.word(address + self.at["object.type"])
        return bool(self.memory.word(type_address + self.at["type.flags"]) & 1 << 28)

    def _kind(self, address: int, flags: int, static_name: str) -> Kind:
        if static_name in _KIND_NAMES:
            return _KIND_NAMES[static_name]
        for flag, kind in _KIND_FLAGS:
            if flags & flag:
                return kind
        for _ in range(_MOST_BASES):
            address = self.memory.word(address + self.at["type.base"])
            if not address:
                return "object"
            if not self.memory.word(address + self.at["type.flags"]) & HEAP_TYPE:
                name = self.memory.c_string(self.memory.word(address + self.at["type.name"]))
                if name in _KIND_NAMES:
                    return _KIND_NAMES[name]
        raise UnreadableError("a class with too many bases")

    def mro(self, info: TypeInfo) -> tuple[int, ...]:
        """Addresses of the classes along the method resolution order."""
        address = self.memory.word(info.address + self.at["type.mro"])
        if not address:
            return ()
        if self.size(address) > _MOST_BASES:
            raise UnreadableError("a class with too many bases")
        return tuple(self.elements(address, "tuple", _MOST_BASES))

    # -- numbers -------------------------------------------------------------------------------------------------------

    def integer_digits(self, address: int) -> tuple[bool, int]:
        """(negative, number of digits) of an int; a digit has 30 bits."""
        if self.minor >= 12:
            tag = self.memory.word(address + self.at["int.tag"])
            negative, count = tag & 3 == 2, (0 if tag & 3 == 1 else tag >> 3)
        else:
            size = self.memory.signed_word(address + self.at["object.size"])
            negative, count = size < 0, abs(size)
        if count >= _MOST_SIZE:
            raise UnreadableError("an int of implausible size")
        return negative, count

    def integer(self, address: int, *, skip: int = 0, most: int = 1 << 12) -> int:
        """Absolute value of an int less its lowest ``skip`` digits."""
        count = self.integer_digits(address)[1] - skip
        if count > most:
            raise UnreadableError("an int of implausible size")
        raw = self.memory.read(address + self.at["int.digits"] + 4 * skip, 4 * count) if count > 0 else b""
        value = 0
        for digit in unpack(f"<{len(raw) // 4}I", raw)[::-1]:
            if digit >> 30:
                raise UnreadableError("an int with a digit out of range")
            value = value << 30 | digit
        return value

    def floats(self, address: int, count: int) -> tuple[float, ...]:
        """C doubles."""
        return unpack(f"<{count}d", self.memory.read(address, 8 * count))

    # -- texts ---------------------------------------------------------------------------------------------------------

    def text(self, address: int, most: int = 10_000) -> str:
        """The first ``most`` characters of a str."""
        return self.text_and_length(address, most)[0]

    def text_and_length(self, address: int, most: int) -> tuple[str, int]:
        """The first ``most`` characters of a str, of any storage form, and how many it has."""
        memory, at = self.memory, self.at
        length = memory.word(address + at["str.length"])
        state = memory.integer(address + at["str.state"])
        kind_mask = at["str._kind_mask"]
        kind = (state & kind_mask) // (kind_mask & -kind_mask)
        if state & at["str._compact_mask"]:
            data = address + at["str._ascii_size" if state & at["str._ascii_mask"] else "str._compact_size"]
        elif kind == 0 and "str.wstr" in at:  # made by an old C API and not used since (up to 3.11)
            data, kind = memory.word(address + at["str.wstr"]), 4
            length = memory.word(address + at["str.wstr_length"])
        else:
            data = memory.word(address + at["str.data"])
        if kind not in (1, 2, 4) or length >= _MOST_SIZE:
            raise UnreadableError(f"no str at {address:#x}")
        raw = memory.read(data, min(length, most) * kind)
        try:
            return raw.decode({1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[kind], "surrogatepass"), length
        except UnicodeDecodeError:
            raise UnreadableError("a str with characters out of range") from None

    def bytes_and_length(self, address: int, kind: Kind, most: int) -> tuple[bytes, int]:
        """The first ``most`` bytes of a bytes or bytearray, and how many it has."""
        length = self.size(address)
        if kind == "bytes":
            data = address + self.at["bytes.content"]
        else:
            data = self.memory.word(address + self.at["bytearray.start"]) if length else 0
        return self.memory.read(data, min(length, most)) if length else b"", length

    # -- containers ----------------------------------------------------------------------------------------------------

    def size(self, address: int) -> int:
        """``ob_size`` of a list, tuple, bytes or bytearray."""
        size = self.memory.word(address + self.at["object.size"])
        if size >= _MOST_SIZE:
            raise UnreadableError("a container of implausible size")
        return size

    def elements(self, address: int, kind: Kind, most: int) -> Iterator[int]:
        """Addresses of the first elements of a list or tuple."""
        count = min(self.size(address), most)
        start = (
            address + self.at["tuple.items"] if kind == "tuple" else self.memory.word(address + self.at["list.items"])
        )
        for done in range(0, count, _CHUNK):
            yield from self.memory.words(start + 8 * done, min(_CHUNK, count - done))

    def set_length(self, address: int) -> int:
        """Number of elements of a set."""
        mask, used = self.memory.word(address + self.at["set.mask"]), self.memory.word(address + self.at["set.used"])
        if mask & (mask + 1) or mask >= _MOST_SIZE or used > mask:
            raise UnreadableError("a set of implausible size")
        return used

    def set_elements(self, address: int, *, whole: bool = False) -> Iterator[int]:
        """Addresses of a set's elements, in the table's order; :class:`TooManyError` as for a dict.

        Args:
            whole: Look at the whole table, and raise at its end where its elements are not as many as the set says.
        """
        left = self.set_length(address)
        count = self.memory.word(address + self.at["set.mask"]) + 1
        table = self.memory.word(address + self.at["set.table"])
        for done in range(0, min(count, _MOST_SCANNED), _CHUNK):
            raw = self.memory.read(table + 16 * done, 16 * min(_CHUNK, count - done))
            for element, hash_ in iter_unpack("<Qq", raw):
                if element and hash_ != -1:  # an element taken away leaves a dummy with the hash -1
                    yield element
                    left -= 1
            if left <= 0 and not whole:
                return
        if count > _MOST_SCANNED:
            raise TooManyError
        if whole and left:
            raise UnreadableError("a set that has not got as many elements as it says")

    def dict_length(self, address: int) -> int:
        """Number of entries of a dict."""
        used = self.memory.word(address + self.at["dict.used"])
        if used >= _MOST_SIZE:
            raise UnreadableError("a dict of implausible size")
        return used

    def dict_entries(self, address: int) -> Iterator[tuple[int, int]]:
        """(key, value) addresses of a dict in its order, whichever form it is stored in.

        :class:`TooManyError` comes after the last that is looked at, where there are more.
        """
        keys = self.memory.word(address + self.at["dict.keys"])
        values = self.memory.word(address + self.at["dict.values"])
        if not values:
            yield from ((key, value) for key, value in self._key_entries(keys) if value)
        elif self.minor >= 11:
            yield from self._split_entries(keys, values)
        else:
            for index, (key, _) in enumerate(self._key_entries(keys)):
                if value := self.memory.word(values + 8 * index):
                    yield key, value

    def entry(self, address: int, name: str) -> int:
        """Address of the value that a dict has for a str; 0 where it has none.

        Raises:
            TooManyError: it was not found among as many as are looked at.
        """
        length = len(name)
        at_length = self.at["str.length"]
        for key, value in self.dict_entries(address):
            if self.memory.word(key + at_length) == length and self._is_text(key) and self.text(key) == name:
                return value
        return 0

    def _key_entries(self, keys: int) -> Iterator[tuple[int, int]]:
        """(key, value) of a keys object's entries; those deleted have the value 0, those of split dicts any."""
        memory, at = self.memory, self.at
        if self.minor >= 11:
            size = 1 << min(memory.byte(keys + at["keys.log2_size"]), 63)
            count = memory.word(keys + at["keys.count"])
            index_bytes = 1 << min(memory.byte(keys + at["keys.log2_index_bytes"]), 63)
            start = keys + at["keys.indices"] + index_bytes
            entry_format, entry_size = ("<8xQQ", 24) if memory.byte(keys + at["keys.kind"]) == 0 else ("<QQ", 16)
        else:
            size, count = memory.word(keys + _OLD_KEYS_SIZE), memory.word(keys + _OLD_KEYS_COUNT)
            index_size = 1 if size <= 0xFF else 2 if size <= 0xFFFF else 4 if size <= 0xFFFFFFFF else 8
            start, entry_format, entry_size = keys + _OLD_KEYS_INDICES + size * index_size, "<8xQQ", 24
        if count > size or size >= _MOST_SIZE:
            raise UnreadableError("a dict of implausible size")
        for done in range(0, min(count, _MOST_SCANNED), _CHUNK):
            raw = memory.read(start + entry_size * done, entry_size * min(_CHUNK, count - done))
            yield from iter_unpack(entry_format, raw)
        if count > _MOST_SCANNED:
            raise TooManyError

    def _split_entries(self, keys: int, values: int) -> Iterator[tuple[int, int]]:
        """Entries of keys shared by a class's instances, with one instance's values, in the order they were set.

        Include/internal/pycore_dict.h, ``struct _dictvalues``: up to 3.12 the order stands before the values, backwards
        behind its length; from 3.13 after them.
        """
        memory = self.memory
        if self.minor >= 13:
            count = memory.byte(values + self.at["values.size"])
            capacity = memory.byte(values + self.at["values.capacity"])
            order = memory.read(values + self.at["values.values"] + 8 * capacity, count)
        else:
            count = memory.byte(values - 2)
            order = memory.read(values - 2 - count, count)[::-1]
        names = self._shared_keys(keys)
        for index in order:
            if index >= len(names):
                raise UnreadableError("attributes that don't fit their class")
            if value := memory.word(values + self.at["values.values"] + 8 * index):
                yield names[index], value

    def _shared_keys(self, keys: int) -> list[int]:
        known = self._shared_names.get(keys)
        if known is None:
            known = self._shared_names[keys] = [key for key, _ in self._key_entries(keys)]
        return known

    # -- attributes ----------------------------------------------------------------------------------------------------

    def stored(self, address: int, info: TypeInfo, name: str) -> int:
        """Address of what an instance's ``__dict__`` has for a name; 0 where it has none."""
        values, found = self._managed(address, info)
        if values:
            index = self._shared_index(info, name)
            return self.memory.word(values + self.at["values.values"] + 8 * index) if index >= 0 else 0
        if found:
            self._check_dict(found)
            return self.entry(found, name)
        length, at_length = len(name), self.at["str.length"]
        for name_at, value in self.instance_entries(address, info):
            if (
                self.memory.word(name_at + at_length) == length
                and self._is_text(name_at)
                and self.text(name_at) == name
            ):
                return value
        return 0

    def instance_entries(self, address: int, info: TypeInfo) -> Iterator[tuple[int, int]]:
        """(name, value) addresses of an instance's ``__dict__``, wherever its version keeps it."""
        if self.minor >= 11 and info.flags & _MANAGED_DICT:
            yield from self._managed_entries(address, info)
        elif info.dict_offset and not (info.dict_offset == -1 and self.minor >= 12):
            offset = info.dict_offset
            if offset < 0:
                count = self.integer_digits(address)[1] if info.kind == "int" else self.size(address)
                offset += info.basic_size + count * info.item_size + 7 & ~7
            if found := self.memory.word(address + offset):
                self._check_dict(found)
                yield from self.dict_entries(found)

    def _shared_index(self, info: TypeInfo, name: str) -> int:
        """Where instances of a class keep the value of an attribute; -1 where they have none of that name."""
        key = info.address, name
        if key not in self._shared_indices:
            keys = self._shared_keys(self.memory.word(info.address + self.at["class.cached_keys"]))
            self._shared_indices[key] = next((at for at, each in enumerate(keys) if self.text(each) == name), -1)
        return self._shared_indices[key]

    def _managed_entries(self, address: int, info: TypeInfo) -> Iterator[tuple[int, int]]:
        values, found = self._managed(address, info)
        if values:
            yield from self._split_entries(self.memory.word(info.address + self.at["class.cached_keys"]), values)
        elif found:
            self._check_dict(found)
            yield from self.dict_entries(found)

    def _managed(self, address: int, info: TypeInfo) -> tuple[int, int]:
        """Addresses of an instance's values and of its dict, of which there is one at most.

        They stand before the object (Include/internal/pycore_object.h, MANAGED_DICT_OFFSET) or, values, behind it.
        """
        memory = self.memory
        if self.minor < 11 or not info.flags & _MANAGED_DICT:
            return 0, 0
        found = memory.word(address - 24)
        values = 0
        if self.minor == 11:
            values = memory.word(address - 32)
        elif self.minor == 12 and found & 1:
            values = found + 1
        elif self.minor >= 13 and not found and info.flags & _INLINE_VALUES:
            values = address + info.basic_size
            if not memory.byte(values + self.at["values.valid"]):
                return 0, 0
        return values, 0 if values else found

    def _check_dict(self, address: int) -> None:
        if self.type_of(address).kind != "dict":
            raise UnreadableError("its __dict__ is no dict")

    def slot_places(self, info: TypeInfo) -> list[tuple[str, int]]:
        """(name, offset) of the ``__slots__`` of its classes, most derived first; names with two underscores left out.

        An offset of 0 marks a descriptor that does not belong to the class it stands in.
        """
        found: dict[str, int] = {}
        classes = self.mro(info)
        for cls in classes:
            if not self.memory.word(cls + self.at["type.flags"]) & HEAP_TYPE:
                continue
            for name_at, descriptor in self.dict_entries(self.memory.word(cls + self.at["type.dict"])):
                if self.type_of(descriptor).static_name != "member_descriptor" or not self._is_text(name_at):
                    continue
                name = self.text(name_at)
                if name in found or (name.startswith("__") and name.endswith("__")):
                    continue
                definition = self.memory.word(descriptor + self.at["member.definition"])
                if self.memory.integer(definition + self.at["definition.type"]) == _SLOT_MEMBER:
                    offset = self.memory.word(definition + self.at["definition.offset"])
                    owner = self.memory.word(descriptor + self.at["member.owner"])
                    found[name] = offset if owner in classes and offset < info.basic_size else 0
        return list(found.items())

    def module_dict(self, address: int) -> int:
        """Address of a module's dict; 0 where it has none."""
        return self.memory.word(address + _MODULE_DICT)

    def range_bounds(self, address: int) -> tuple[int, ...]:
        """Addresses of a range's start, stop and step."""
        return self.memory.words(address + _RANGE_START, 3)
