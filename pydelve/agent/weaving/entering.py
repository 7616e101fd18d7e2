"""A condition put before a function's first instruction: CPython 3.12 and later. Where it is not true of a call, the
function goes on in a second body, its own instructions once more.

So that of the calls a condition is true of can be told by events of the first body alone: those of the second are
disabled place by place when they first come. Jumps are relative, so each body is what the function's was; tables of
lines and handlers have their entries twice. Up to 3.11 ``splicing.py`` does the same. Knows nothing of traces. Pure.

Numbers of instructions are those of Include/opcode_ids.h of each version (3.12: Include/opcode.h).
"""

from __future__ import annotations

import sys

from ..weaving.tables import handled, part_of, prefixes, repeated, table_number

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

_MINOR = sys.version_info[1]
_NAMES = (
    "LOAD_CONST", "LOAD_FAST", "LOAD_DEREF", "PUSH_NULL", "CALL", "POP_TOP", "POP_JUMP_IF_FALSE", "EXTENDED_ARG",
    "RESUME", "NOT_TAKEN",
)  # fmt: skip
_NUMBERS = {
    12: (100, 124, 137, 2, 171, 1, 114, 144, 151, 0),
    13: (83, 85, 84, 34, 53, 32, 97, 71, 149, 0),
    14: (82, 84, 83, 33, 52, 31, 100, 69, 128, 28),
    15: (81, 83, 82, 31, 50, 29, 99, 67, 128, 26),
}
_CODES = dict(zip(_NAMES, _NUMBERS.get(_MINOR, ())))
_CALL_CACHES, _JUMP_CACHES, _RESUME_CACHES = 3, int(_MINOR >= 13), int(_MINOR >= 15)
_NULL_FIRST = _MINOR < 13  # before what is called
_AT_START = 3  # the low bits of RESUME's argument are 0 where a function begins
_MOST_ARGUMENTS = 100
_MORE_STACK = 4
_NO_LINE = 0xF8  # an entry of the table of lines, of one unit


class Entered:
    """Code with two bodies.

    Attributes:
        code: The new code.
        begin: Where the first body begins, in bytes.
        end: Where it ends, and the second one begins.
    """

    __slots__ = ("begin", "code", "end")

    def __init__(self, code: CodeType, begin: int, end: int) -> None:
        """``begin``, ``end``: in units."""
        self.code, self.begin, self.end = code, 2 * begin, 2 * end


def entered(code: CodeType, condition: Any, parameters: Sequence[str], begins: Any) -> Entered | None:
    """``condition`` is called with these parameters and gives True or False; ``begins`` where it was True.

    None where it can't be done.
    """
    operations = code.co_code
    first = _first(operations)
    if not _CODES or not first or len(parameters) > _MOST_ARGUMENTS:
        return None
    size, number = len(operations) // 2, len(code.co_consts)
    told = _call(number + 1, b"") + _instruction("POP_TOP")
    if _CODES["NOT_TAKEN"]:
        told = _instruction("NOT_TAKEN") + told
    inserted = _call(number, b"".join([_load(code, name) for name in parameters]), len(parameters))
    inserted += _instruction("POP_JUMP_IF_FALSE", len(told) // 2 + size - first) + bytes(2 * _JUMP_CACHES) + told
    begin = first + len(inserted) // 2
    lines = code.co_linetable
    made = code.replace(
        co_code=operations[: 2 * first] + inserted + 2 * operations[2 * first :],
        co_consts=(*code.co_consts, condition, begins),
        co_stacksize=code.co_stacksize + len(parameters) + _MORE_STACK,
        co_linetable=part_of(lines, 0, first)
        + bytes((_NO_LINE,)) * (begin - first)
        + part_of(lines, first, size)
        + repeated(lines, first, size),
        co_exceptiontable=_handlers(code.co_exceptiontable, first, begin - first, size - first),
    )
    return Entered(made, begin, begin + size - first)


def _first(operations: bytes) -> int:
    """The unit after what begins each call; 0 where there is none such."""
    for at in range(0, len(operations), 2):
        if operations[at] == _CODES.get("RESUME") and not operations[at + 1] & _AT_START:
            return at // 2 + 1 + _RESUME_CACHES
    return 0


def _instruction(name: str, argument: int = 0) -> bytes:
    made = bytearray()
    for prefix in range(prefixes(argument), 0, -1):
        made += bytes((_CODES["EXTENDED_ARG"], argument >> 8 * prefix & 255))
    return bytes(made) + bytes((_CODES[name], argument & 255))


def _load(code: CodeType, name: str) -> bytes:
    """A parameter; one that inner functions use is in a cell by then, in the same place."""
    return _instruction("LOAD_DEREF" if name in code.co_cellvars else "LOAD_FAST", code.co_varnames.index(name))


def _call(constant: int, loads: bytes, count: int = 0) -> bytes:
    parts = [_instruction("PUSH_NULL"), _instruction("LOAD_CONST", constant)]
    if not _NULL_FIRST:
        parts.reverse()
    return b"".join(parts) + loads + _instruction("CALL", count) + bytes(2 * _CALL_CACHES)


def _handlers(table: bytes, first: int, inserted: int, body: int) -> bytes:
    """The table of handlers with the entries of both bodies, in order."""
    found = []
    for start, end, target, depth in handled(table):
        if start < first:
            found.append((start, min(end, first), target + inserted, depth))
        if end > first:
            begin = max(start, first)
            found += [(begin + to, end + to, target + to, depth) for to in (inserted, inserted + body)]
    made = bytearray()
    for start, end, target, depth in sorted(found):
        for at, value in enumerate((start, end - start, target, depth)):
            made += table_number(value, first=not at)
    return bytes(made)
