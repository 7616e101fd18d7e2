"""The tables of a code object, entry by entry: which line and which handler each instruction has. Pure.

Entries are stretched, cut and repeated here, for who puts instructions between others (``splicing.py``) or puts them
twice (``entering.py``). The formats are those of Objects/lnotab_notes.txt, Objects/locations.md and
Objects/exception_handling_notes.txt, CPython 3.9 to 3.15.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterator

_ONE_LINE, _NO_COLUMN, _LONG, _NO_LINE = 10, 13, 14, 15  # forms of entries; smaller ones are on the line before
_NO_STEP = 128  # 3.10: such a range has no line


def prefixes(argument: int) -> int:
    """So many prefixes an instruction with this argument needs."""
    return (argument > 0xFF) + (argument > 0xFFFF) + (argument > 0xFFFFFF)


def line_range(length: int, step: int) -> bytes:
    """3.10: a range of this many bytes."""
    table = bytearray()
    while length > 254:
        table += bytes((254, step))
        length, step = length - 254, step if step == 128 else 0
    return bytes(table + bytes((length, step)))


def entries(table: bytes) -> Iterator[bytes]:
    """3.11 and later: the entries of a location table; each begins with a byte that has its highest bit set."""
    begin = 0
    for at in range(1, len(table) + 1):
        if at == len(table) or table[at] & 0x80:
            yield table[begin:at]
            begin = at


def stretched(entry: bytes, length: int) -> bytes:
    """3.11 and later: an entry of a location table for another number of units; it holds eight at most."""
    form, rest = entry[0] >> 3 & 15, entry[1:]
    table = bytearray()
    while length > 0:
        size = min(length, 8)
        table += bytes((0x80 | form << 3 | size - 1,)) + rest
        length -= size
        if 10 <= form <= 12:  # on the line that is 0 to 2 after the last
            form = 10
        elif form in (13, 14):  # the step of the line comes first
            skip = 1
            while rest[skip - 1] & 0x40:
                skip += 1
            rest = b"\0" + rest[skip:]
    return bytes(table)


def handled(table: bytes) -> Iterator[tuple[int, int, int, int]]:
    """3.11 and later: begin, end, handler, and depth with its flag, of each entry of an exception table."""
    at = 0
    while at < len(table):
        values = []
        for _ in range(4):
            value = table[at] & 63
            while table[at] & 64:
                at += 1
                value = value << 6 | table[at] & 63
            at += 1
            values.append(value)
        yield values[0], values[0] + values[1], values[2], values[3]


def table_number(value: int, *, first: bool) -> bytes:
    """3.11 and later: a number in an exception table; an entry's first has its highest bit set."""
    groups = [value & 63]
    while value > 63:
        value >>= 6
        groups.append(value & 63 | 64)
    made = bytearray(reversed(groups))
    made[0] |= 128 * first
    return bytes(made)


# -- the same instructions once more, behind all others ----------------------------------------------------------------


def repeated_pairs(table: bytes, first: int) -> Iterator[tuple[int, int]]:
    """3.9: place and step of the line, from the place ``first`` on."""
    steps = [step - 256 * (step > 127) for step in table[1::2]]
    at, line, begun = 0, -sum(steps), False
    for length, step in zip(table[::2], steps):
        if at + length > first and not begun:
            begun = True
            yield first, line
        at, line = at + length, line + step
        if begun:
            yield at, step
    if not begun:
        yield first, line


def repeated_ranges(table: bytes, first: int) -> Iterator[tuple[int, int, int | None]]:
    """3.10: begin, end and step of the line, None for no line, from the place ``first`` on."""
    steps = [None if step == _NO_STEP else step - 256 * (step > _NO_STEP) for step in table[1::2]]
    at = line = 0
    before = sum([step or 0 for step in steps])
    for length, step in zip(table[::2], steps):
        begin, at, line = at, at + length, line + (step or 0)
        if at > first:
            yield max(begin, first), at, None if step is None else line - before
            before = before if step is None else line


def small_steps(length: int, step: int | None) -> bytes:
    """3.9 and 3.10: pairs, or ranges of no length, for a step of the line that one of them may not hold."""
    if step is None:
        return line_range(length, _NO_STEP)
    table = bytearray()
    while not -127 <= step <= 127:
        part = 127 if step > 0 else -127
        table += bytes((0, part & 255))
        step -= part
    return bytes(table) + line_range(length, step & 255)


def part_of(table: bytes, begin: int, end: int) -> bytes:
    """3.11 and later: the entries of the units from ``begin`` to ``end``, where they stand behind those before."""
    return _part_of(table, begin, end, None)


def repeated(table: bytes, begin: int, end: int) -> bytes:
    """3.11 and later: the same, where they stand behind all of the table."""
    return _part_of(table, begin, end, sum([_step(entry) for entry in entries(table)]))


def _part_of(table: bytes, begin: int, end: int, before: int | None) -> bytes:
    made, at, line = bytearray(), 0, 0
    for entry in entries(table):
        start, at = at, at + (entry[0] & 7) + 1
        line += _step(entry)
        if at <= begin or start >= end:
            continue
        shown = entry
        if entry[0] >> 3 & 15 != _NO_LINE:
            if before is not None:
                shown, before = _stepping(entry, line - before), None
            elif start < begin:
                shown = _stepping(entry, 0)
        made += stretched(shown, min(at, end) - max(start, begin))
    return bytes(made)


def _step(entry: bytes) -> int:
    """How many lines an entry is after the one before."""
    form = entry[0] >> 3 & 15
    if form in (_NO_COLUMN, _LONG):
        value = shift = 0
        for byte in entry[1:]:
            value |= (byte & 63) << shift
            shift += 6
            if not byte & 64:
                break
        return -(value >> 1) if value & 1 else value >> 1
    return form - _ONE_LINE if _ONE_LINE <= form < _NO_COLUMN else 0


def _stepping(entry: bytes, step: int) -> bytes:
    """An entry that has a line, so many lines after the one before."""
    form, rest = entry[0] >> 3 & 15, entry[1:]
    steps = _varint(step << 1 if step >= 0 else -step << 1 | 1)
    if form < _ONE_LINE:
        column = form << 3 | rest[0] >> 4
        rest = b"\0" + _varint(column + 1) + _varint(column + (rest[0] & 15) + 1)
    elif form < _NO_COLUMN:
        rest = b"\0" + _varint(rest[0] + 1) + _varint(rest[1] + 1)
    else:
        skip = 1
        while rest[skip - 1] & 64:
            skip += 1
        rest = rest[skip:]
    return bytes((0x80 | (form if form == _NO_COLUMN else _LONG) << 3 | entry[0] & 7,)) + steps + rest


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 63:
        made.append(value & 63 | 64)
        value >>= 6
    made.append(value)
    return bytes(made)
