"""Line numbers, and depths of handlers, from code objects' tables, for the three encodings that 3.9 to 3.15 have. Pure.

``offset`` is that of the instruction in bytes; 0 is given back where the code has no line there. A damaged table gives
a wrong number or 0, never an error.
"""

from __future__ import annotations

_NO_LINE_310 = -128
_NO_LINE_CODE, _LONG_CODE, _NO_COLUMN_CODE, _FIRST_ONE_LINE_CODE = 15, 14, 13, 10


def line_of(minor: int, table: bytes, first_line: int, offset: int) -> int:
    """The line of the instruction at ``offset``; the code's first one before it was begun."""
    if offset < 0:
        return first_line
    if minor >= 11:
        line = _line_311(table, first_line, offset)
    elif minor == 10:
        line = _line_310(table, first_line, offset)
    else:
        line = _line_39(table, first_line, offset)
    return max(line, 0)


def _signed(byte: int) -> int:
    return byte - 256 if byte >= 128 else byte


def _line_39(table: bytes, line: int, offset: int) -> int:
    """``co_lnotab``: pairs of (bytes, lines) to add (CPython 3.9 Objects/lnotab_notes.txt)."""
    at = 0
    for size, lines in zip(table[::2], table[1::2], strict=False):
        at += size
        if at > offset:
            break
        line += _signed(lines)
    return line


def _line_310(table: bytes, line: int, offset: int) -> int:
    """``co_linetable``: pairs of (bytes covered, lines to add) (CPython 3.10 Objects/lnotab_notes.txt)."""
    end = 0
    for size, lines in zip(table[::2], table[1::2], strict=False):
        end += size
        delta = _signed(lines)
        if delta != _NO_LINE_310:
            line += delta
        if offset < end:
            return 0 if delta == _NO_LINE_310 else line
    return 0


def _line_311(table: bytes, line: int, offset: int) -> int:
    """Location entries, each begun by a byte with its top bit set (CPython 3.11 Objects/locations.md)."""
    at = end = 0
    while at < len(table):
        head = table[at]
        code = head >> 3 & 15
        if code in (_LONG_CODE, _NO_COLUMN_CODE):
            line += _signed_varint(table, at + 1)
        elif _FIRST_ONE_LINE_CODE <= code < _NO_COLUMN_CODE:
            line += code - _FIRST_ONE_LINE_CODE
        end += ((head & 7) + 1) * 2
        if offset < end:
            return 0 if code == _NO_LINE_CODE else line
        at += 1
        while at < len(table) and not table[at] & 0x80:
            at += 1
    return 0


def _signed_varint(table: bytes, at: int) -> int:
    """Six bits a byte, lowest first, bit 6 set where more follow; bit 0 of the whole is the sign."""
    number = shift = 0
    for byte in table[at : at + 8]:
        number |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            break
    return -(number >> 1) if number & 1 else number >> 1


def handler_depth(table: bytes, offset: int) -> int:
    """How deep the stack is where an exception at ``offset`` is handled; 0 where it is not (3.11 and newer).

    Objects/exception_handling_notes.txt: start, length, target and depth of each range, six bits a byte, highest first,
    in instructions; bit 6 says that more follow, bit 7 that an entry begins.
    """
    numbers: list[int] = []
    depth = number = 0
    for byte in table:
        if byte & 0x80:
            numbers.clear()
            number = 0
        number = number << 6 | byte & 63
        if byte & 64:
            continue
        numbers.append(number)
        number = 0
        if len(numbers) == 4 and numbers[0] * 2 <= offset < (numbers[0] + numbers[1]) * 2:
            depth = numbers[3] >> 1  # the lowest bit says whether the instruction is kept
    return depth
