"""Bytes of a target's address space, by pages that are kept; the base of every source of memory.

Addresses and sizes are the target's. What can't be read raises :class:`UnreadableError`, and nothing else does: callers
make data of it. What was read stays until :meth:`Memory.forget`.
"""

from __future__ import annotations

from struct import Struct, calcsize, unpack

from pydelve.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE_SIZE = 4096
_PAGE_BITS, _IN_PAGE = 12, PAGE_SIZE - 1
_MOST_BYTES = 1 << 26
ADDRESS_END = 1 << 56  # user addresses have at most 56 bits, with five levels of page tables
BYTES_CONTENT, BYTEARRAY_START = 32, 40
"""Offsets of ``ob_sval`` (Include/cpython/bytesobject.h) and ``ob_start`` (bytearrayobject.h), alike from 3.9 to 3.15
with a GIL: for who has an agent there, and loads no layout."""
_WORD = Struct("<Q").unpack_from


def read_content(
    read: Callable[[int, int], bytes], address: int, size: int, content: str, offset: int
) -> tuple[int, bytes]:
    """Where memory begins that a client has asked for, and its bytes, as far as there are so many.

    Args:
        read: Gives ``size`` bytes at an address, or fewer.
        address: Of the memory, or of an object.
        size: In bytes.
        content: ``bytes`` or ``bytearray``: ``address`` is that of such an object, and what it holds is meant.
        offset: So far behind it.

    Raises:
        UsageError: no memory can be there.
    """
    start = address
    if content == "bytes":
        start += BYTES_CONTENT
    elif content == "bytearray":
        start = int.from_bytes(read(start + BYTEARRAY_START, 8), "little")
    start += offset
    if not 0 <= start < ADDRESS_END or address < 0 or size < 0:
        raise UsageError(f"{start:#x} and {size} bytes are no memory", why="there is no such address")
    return start, read(start, min(size, ADDRESS_END - start))


class UnreadableError(Exception):
    """Why something can't be read, for people to see in place of the value."""


class Fields:
    """Fields of a structure that are read at once: a fifth of the time that one after the other takes."""

    def __init__(self, forms: Mapping[str, str], offsets: Mapping[str, int]) -> None:
        """``forms`` are ``struct``'s letters by name; names that have no offset are left out.

        Raises:
            UnreadableError: they overlap, or lie further apart than those of one structure do.
        """
        places = sorted((offsets[name], name) for name in forms if name in offsets)
        text, end = "<", 0
        for offset, name in places:
            if not end <= offset < PAGE_SIZE:
                raise UnreadableError(f"{name} at {offset:,} is implausible")
            text += f"{offset - end}x{forms[name]}"
            end = offset + calcsize(forms[name])
        form = Struct(text)
        self.size, self.unpack_from = form.size, form.unpack_from
        names = [name for _, name in places]
        self.order = [names.index(name) if name in names else -1 for name in forms]
        """Where each of the names, in their order, is among the values; -1 for one that was left out."""


class Memory:
    """Reads little-endian 64-bit memory through :meth:`_read_page`, which a subclass gives."""

    def __init__(self) -> None:
        self._pages: dict[int, bytes] = {}

    def _read_page(self, number: int) -> bytes:
        """The whole page that starts at ``number * PAGE_SIZE``.

        Raises:
            UnreadableError: it is not there, or may not be read.
        """
        raise NotImplementedError

    def forget(self) -> None:
        """Read everything anew from here on."""
        self._pages.clear()

    def _page(self, number: int) -> bytes:
        if not 0 < number < ADDRESS_END // PAGE_SIZE:
            raise UnreadableError(f"{number * PAGE_SIZE:#x} is no address")
        page = self._pages[number] = self._read_page(number)
        return page

    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes.

        Raises:
            UnreadableError: not all of them can be read, or there are implausibly many.
        """
        if not 0 <= size <= _MOST_BYTES:
            raise UnreadableError(f"{size:,} bytes at {address:#x} are implausible")
        number, offset = address >> _PAGE_BITS, address & _IN_PAGE
        if offset + size <= PAGE_SIZE:
            return (self._pages.get(number) or self._page(number))[offset : offset + size]
        parts = []
        while size > 0:
            part = (self._pages.get(number) or self._page(number))[offset : offset + size]
            parts.append(part)
            size -= len(part)
            number, offset = number + 1, 0
        return b"".join(parts)

    def read_some(self, address: int, size: int) -> bytes:
        """The same, up to the first byte that can't be read."""
        parts = []
        while size > 0:
            try:
                parts.append(self.read(address, min(size, PAGE_SIZE - address % PAGE_SIZE)))
            except UnreadableError:
                break
            address, size = address + len(parts[-1]), size - len(parts[-1])
        return b"".join(parts)

    def word(self, address: int) -> int:
        """Eight bytes, unsigned: a pointer or a size."""
        offset = address & _IN_PAGE
        if offset <= PAGE_SIZE - 8:
            number = address >> _PAGE_BITS
            value: int = _WORD(self._pages.get(number) or self._page(number), offset)[0]
            return value
        return int.from_bytes(self.read(address, 8), "little")

    def fields(self, address: int, fields: Fields) -> tuple[int, ...]:
        """Several fields of the structure at an address; ``fields.order`` says which is which."""
        offset = address & _IN_PAGE
        if offset <= PAGE_SIZE - fields.size:
            number = address >> _PAGE_BITS
            return fields.unpack_from(self._pages.get(number) or self._page(number), offset)
        return fields.unpack_from(self.read(address, fields.size))

    def signed_word(self, address: int) -> int:
        """Eight bytes, signed: a ``Py_ssize_t``."""
        return int.from_bytes(self.read(address, 8), "little", signed=True)

    def integer(self, address: int) -> int:
        """Four bytes, signed: a C ``int``."""
        return int.from_bytes(self.read(address, 4), "little", signed=True)

    def byte(self, address: int) -> int:
        """One byte, unsigned."""
        return self.read(address, 1)[0]

    def signed_byte(self, address: int) -> int:
        """One byte, signed: a C ``int8_t``."""
        return int.from_bytes(self.read(address, 1), "little", signed=True)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """``count`` words from ``address`` on."""
        return unpack(f"<{count}Q", self.read(address, 8 * count)) if count else ()

    def c_string(self, address: int, *, most: int = 512) -> str:
        """Text that ends with a zero byte.

        Raises:
            UnreadableError: it doesn't end within ``most`` bytes, or is no UTF-8.
        """
        raw = b""
        while b"\0" not in raw:
            if len(raw) >= most:
                raise UnreadableError(f"no text at {address:#x}")
            raw += self.read(address + len(raw), min(64, PAGE_SIZE - (address + len(raw)) % PAGE_SIZE))
        try:
            return raw[: raw.index(b"\0")].decode()
        except UnicodeDecodeError:
            raise UnreadableError(f"no text at {address:#x}") from None
