"""The little of an ELF file that finding an interpreter in a process needs: load addresses, two sections, some symbols.

No symbol table is read whole: the exported names are found by the file's own hash table (``.gnu.hash``), in others a
name is searched among the strings, and its place in them among the symbols.
"""

from __future__ import annotations

import mmap
from struct import Struct, error, pack

from pydelve.light_typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_HEADER = Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = Struct("<IIQQQQQQ")
_SECTION_HEADER = Struct("<IIQQQQIIQQ")
_SYMBOL = Struct("<IBBHQQ")
_MAGIC_64 = b"\x7fELF\x02\x01"  # 64 bits, little-endian
_NOTE = Struct("<III")
_HASH_HEADER = Struct("<IIII")  # of .gnu.hash: buckets, first symbol, words of the Bloom filter, its shift
_FIXED_ADDRESS = 2  # ET_EXEC
_LOAD, _NOTES, _BUILD_ID = 1, 4, 3  # PT_LOAD, PT_NOTE, NT_GNU_BUILD_ID
_PAGE_MASK = 4095


class ElfError(Exception):
    """Not an ELF file of 64 bits, or a damaged one."""


class Symbol(NamedTuple):
    """A symbol's place as the file counts, and its size in bytes."""

    value: int
    size: int


class ElfFile:
    """One file, mapped into our memory."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises ``ElfError``."""
        try:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read_headers()
        except (ValueError, OSError, error) as problem:
            raise ElfError(str(problem)) from None

    def close(self) -> None:
        """Unmap it."""
        self._map.close()

    def _read_headers(self) -> None:
        header = _HEADER.unpack_from(self._map, 0)
        if header[0][:6] != _MAGIC_64:
            raise ElfError("not an ELF file of 64 bits")
        self._fixed = header[1] == _FIXED_ADDRESS
        self.machine: int = header[2]
        """``EM_*``."""
        programs, sections, program_size, program_count, section_size, section_count, names = (
            header[5], header[6], header[9], header[10], header[11], header[12], header[13],
        )  # fmt: skip
        self._loads = [
            found[2:6]
            for index in range(program_count)
            if (found := _PROGRAM_HEADER.unpack_from(self._map, programs + index * program_size))[0] == _LOAD
        ]
        self._sections = [
            _SECTION_HEADER.unpack_from(self._map, sections + index * section_size)
            for index in range(section_count if sections else 0)
        ]
        self._names_at = self._sections[names][4] if names < len(self._sections) else 0

    def _section(self, name: bytes) -> tuple[int, ...] | None:
        wanted = name + b"\0"
        for section in self._sections:
            start = self._names_at + section[0]
            if self._map[start : start + len(wanted)] == wanted:
                return section
        return None

    def bias(self, start: int, file_offset: int) -> int:
        """What to add to the file's addresses, where ``file_offset`` of it is mapped at ``start``."""
        if self._fixed:
            return 0
        address: int
        for offset, address, _, _ in self._loads:
            if offset & ~_PAGE_MASK == file_offset:
                return start - (address & ~_PAGE_MASK)
        return start - (self._loads[0][1] & ~_PAGE_MASK if self._loads else 0)

    def section_place(self, name: str) -> Symbol | None:
        """Address and size of a section."""
        section = self._section(name.encode())
        return Symbol(section[3], section[5]) if section else None

    def symbol(self, name: str) -> Symbol | None:
        """A symbol that is defined here, exported or not."""
        for table_name in (b".dynsym", b".symtab"):
            table = self._section(table_name)
            if table is not None and table[6] < len(self._sections):
                strings, wanted = self._sections[table[6]], name.encode() + b"\0"
                hashes = self._section(b".gnu.hash") if table_name == b".dynsym" else None
                if hashes is not None:
                    found = self._hashed_symbol(hashes, table, strings, wanted)
                else:
                    found = self._symbol_in(table, strings, wanted)
                if found is not None:
                    return found
        return None

    def _hashed_symbol(
        self, hashes: tuple[int, ...], table: tuple[int, ...], strings: tuple[int, ...], name: bytes
    ) -> Symbol | None:
        """As the dynamic linker finds it. A damaged table may lead to other symbols, but not out of this one."""
        key = 5381
        for letter in name[:-1]:
            key = key * 33 + letter & 0xFFFFFFFF
        try:
            buckets, first, words, _ = _HASH_HEADER.unpack_from(self._map, hashes[4])
            at = hashes[4] + _HASH_HEADER.size + 8 * words
            chains = at + 4 * buckets - 4 * first
            index = self._number(at + 4 * (key % buckets))
            while first <= index < table[5] // _SYMBOL.size:
                link = self._number(chains + 4 * index)
                if link | 1 == key | 1:
                    place, _, _, section, value, size = _SYMBOL.unpack_from(self._map, table[4] + index * _SYMBOL.size)
                    start = strings[4] + place
                    if section and value and self._map[start : start + len(name)] == name:
                        return Symbol(value, size)
                if link & 1:  # the last of its bucket
                    return None
                index += 1
        except (error, ZeroDivisionError):  # it is damaged
            return None
        return None

    def _number(self, place: int) -> int:
        return int.from_bytes(self._map[place : place + 4], "little")

    def _symbol_in(self, table: tuple[int, ...], strings: tuple[int, ...], name: bytes) -> Symbol | None:
        start, end = strings[4], strings[4] + strings[5]
        symbols = self._map[table[4] : table[4] + table[5]]
        place = self._map.find(name, start, end)
        while place >= 0:  # strings may be stored as the ends of longer ones
            key = pack("<I", place - start)
            index = symbols.find(key)
            while index >= 0:
                if index % _SYMBOL.size == 0 and index + _SYMBOL.size <= len(symbols):
                    _, _, _, section, value, size = _SYMBOL.unpack_from(symbols, index)
                    if section and value:
                        return Symbol(value, size)
                index = symbols.find(key, index + 1)
            place = self._map.find(name, place + 1, end)
        return None

    def word_at(self, address: int) -> int | None:
        """Eight bytes of the file's own content at an address as the file counts; None where it has none."""
        for offset, start, _, size in self._loads:
            if start <= address <= start + size - 8:
                place = offset + address - start
                return int.from_bytes(self._map[place : place + 8], "little")
        return None


def build_id(head: bytes) -> str:
    """The build id in hexadecimal that the first bytes of a file tell; "" where they don't."""
    try:
        header = _HEADER.unpack_from(head, 0)
        if header[0][:6] != _MAGIC_64:
            return ""
        for index in range(header[10]):
            kind, _, offset, _, _, size, _, _ = _PROGRAM_HEADER.unpack_from(head, header[5] + index * header[9])
            if kind == _NOTES and (found := _build_id_in(head[offset : offset + size])):
                return found
    except error:  # the bytes end before
        return ""
    return ""


def _build_id_in(notes: bytes) -> str:
    at = 0
    while at + _NOTE.size <= len(notes):
        name_size, size, kind = _NOTE.unpack_from(notes, at)
        begin = at + _NOTE.size + (name_size + 3 & ~3)
        if kind == _BUILD_ID and notes[at + _NOTE.size : begin] == b"GNU\0" and len(notes) >= begin + size:
            return notes[begin : begin + size].hex()
        at = begin + (size + 3 & ~3)
    return ""
