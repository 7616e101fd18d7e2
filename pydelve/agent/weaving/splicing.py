"""Calls of ours spliced into a function's code where it begins, is suspended, goes on and ends: CPython 3.9 to 3.11.

Later versions tell of that by events of their own at no cost elsewhere. Here the instructions are taken apart, calls of
constants put between them, jumps, line tables and exception tables made to fit, and all put together again. The new
code has the same variables, names, lines and columns; what is inserted has the lines of what it stands at, or none.
Knows nothing of traces: ``calls/weaving.py`` is its user. Pure.

Numbers of instructions are those of Include/opcode.h of each version.
"""

from __future__ import annotations

import sys

from ..weaving.tables import (
    entries,
    handled,
    line_range,
    prefixes,
    repeated,
    repeated_pairs,
    repeated_ranges,
    small_steps,
    stretched,
    table_number,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    Condition = tuple[Any, Sequence[str]]  # a callable, and the parameters that it is given
    Part = tuple[int, int, Any]  # instruction, argument, label of a jump's target or None

_VERSION = sys.version_info[:2]
_TABLES = _VERSION >= (3, 11)  # exception tables, relative jumps and caches; before, a stack of blocks
_UNIT = 1 if _VERSION >= (3, 10) else 2  # what jumps count in
_POP_TOP, _POP_EXCEPT, _RETURN_VALUE, _YIELD_VALUE, _YIELD_FROM = 1, 89, 83, 86, 72
_LOAD_CONST, _LOAD_FAST, _EXTENDED_ARG, _JUMP_FORWARD, _POP_JUMP_IF_FALSE = 100, 124, 144, 110, 114
# 3.9 and 3.10
_ROT_TWO, _DUP_TOP, _POP_BLOCK, _CALL_FUNCTION, _SETUP_FINALLY, _GEN_START = 2, 4, 87, 131, 122, 129
# 3.11
_NOP, _CACHE, _PUSH_NULL, _PUSH_EXC_INFO, _RETURN_GENERATOR, _ASYNC_GEN_WRAP, _SWAP, _COPY = (
    9,
    0,
    2,
    35,
    75,
    87,
    99,
    120,
)
_SEND, _COPY_FREE_VARS, _MAKE_CELL, _RESUME, _PRECALL, _CALL = 123, 149, 135, 151, 166, 171
_RERAISE = 48 if _VERSION < (3, 10) else 119
_LOAD_DEREF = 137 if _TABLES else 136
_ABSOLUTE = () if _TABLES else (111, 112, 113, 114, 115, 121)
_FORWARD = (93, 110, 111, 112, 114, 115, 123, 128, 129) if _TABLES else (93, 110, 122, 143, 154)
_BACKWARD = (134, 140, 173, 174, 175, 176) if _TABLES else ()
_JUMPS = frozenset((*_ABSOLUTE, *_FORWARD, *_BACKWARD))
_BEFORE_FIRST = (_COPY_FREE_VARS, _MAKE_CELL, _RETURN_GENERATOR, _RESUME) if _TABLES else (_GEN_START,)
_KEEPS_PLACE = 1  # in an exception table: where it came up is on the stack, below the exception
_SEEN_TO = (_RETURN_VALUE, _YIELD_VALUE)
_CLEAN_UP = 3  # instructions at the end of a handler
_MORE_STACK = 24  # at most: two handlers, a callable, its arguments
_MOST_ARGUMENTS = 100
_ASYNC_GENERATOR = 0x200  # Include/cpython/code.h


class Calls:
    """What is called: each gives its result to nobody, and what it raises goes on.

    Attributes:
        begins: With the values of the parameters.
        returns: With the value.
        raises: In the handler of the exception that leaves the function.
        yields: With the value; that of an asynchronous generator is wrapped, but for 3.9 and 3.10.
        awaits: What a coroutine is suspended with is nobody's business.
        resumes: It goes on.
        thrown: In the handler of an exception that was thrown in.
    """

    __slots__ = ("awaits", "begins", "raises", "resumes", "returns", "thrown", "yields")

    def __init__(self, begins: Any, returns: Any, raises: Any, yields: Any, awaits: Any, resumes: Any, thrown: Any):
        """One of each."""
        self.begins, self.returns, self.raises = begins, returns, raises
        self.yields, self.awaits, self.resumes, self.thrown = yields, awaits, resumes, thrown


def may_splice(code: CodeType) -> bool:
    """Can it be done? Up to 3.10 what awaits, or yields from others, is suspended inside one instruction."""
    if _TABLES:
        return True
    return _YIELD_FROM not in code.co_code[::2]


def spliced(
    code: CodeType, parameters: Sequence[str], calls: Calls, condition: Condition | None = None
) -> CodeType | None:
    """The code with the calls in it, ``begins`` with these parameters; None where that can't be done.

    ``condition``: gives True or False, and is asked first. Where it gives False the function goes on in a second body,
    which is the original's.
    """
    if not may_splice(code) or len(parameters) > _MOST_ARGUMENTS:
        return None
    return _Splice(code, parameters, calls, condition).made()


class _Splice:
    """The work on one code object. Parts are numbered as they come; a label is the number of the instruction that a
    jump goes to, or a text for one of ours.
    """

    def __init__(self, code: CodeType, parameters: Sequence[str], calls: Calls, condition: Condition | None) -> None:
        self._code, self._parameters, self._calls, self._condition = code, parameters, calls, condition
        self._constants: list[Any] = list(code.co_consts)
        self._numbers: dict[int, int] = {}  # id(one of ours): its index
        self._parts: list[Part] = []
        self._labels: dict[Any, int] = {}  # to a part
        self._lines: dict[int, int] = {}  # instruction: the part where its line begins
        self._places: list[int] = []  # of parts, in units
        self._own: set[int] = set()  # parts that no handler of ours is for
        self._yields: list[int] = []
        self._sends: set[int] = set()  # those of them that wait for another generator
        self._thrown_at: list[tuple[int, int]] = []  # with the part where an exception that is thrown in comes up
        self._asked: Sequence[str] = condition[1] if condition is not None else ()
        self._instructions, self._index_at = self._read()
        self._first = self._find_first()

    def made(self) -> CodeType | None:
        """See ``spliced``."""
        parts, labels, lines, sends = self._parts, self._labels, self._lines, self._sends
        before = 0
        for index, part in enumerate(self._instructions):
            operation = part[0]
            if operation in _SEEN_TO or before == _YIELD_VALUE or index == self._first or index - 2 in sends:
                self._add(index)
            else:  # most are
                labels[index] = lines[index] = len(parts)
                parts.append(part)
            before = operation
        self._labels[len(self._instructions)] = self._lines[len(self._instructions)] = len(self._parts)
        self._labels["plain"] = len(self._parts)
        if self._condition is not None:
            self._add_plain()
        self._add_handlers()
        if not self._lay_out() or not self._repeats():
            return None
        changes: dict[str, Any] = {
            "co_code": self._bytes(), "co_consts": tuple(self._constants),
            "co_stacksize": self._code.co_stacksize + len(self._parameters) + len(self._asked) + _MORE_STACK,
        }  # fmt: skip
        if _TABLES:
            changes.update(co_linetable=self._positions(), co_exceptiontable=self._exceptions())
        elif _VERSION >= (3, 10):
            changes.update(co_linetable=self._ranges())
        else:
            changes.update(co_lnotab=self._pairs())
        return self._code.replace(**changes)

    # -- taking apart --------------------------------------------------------------------------------------------------

    def _read(self) -> tuple[list[Part], dict[int, int]]:
        """Instructions with the targets of jumps, and the index of each by its place."""
        operations = self._code.co_code
        found: list[tuple[int, int, int]] = []  # with the place of the one after it
        index_at: dict[int, int] = {}
        start, extended = 0, 0
        for at in range(0, len(operations), 2):
            operation, argument = operations[at], operations[at + 1] | extended << 8
            if operation == _EXTENDED_ARG:
                extended = argument
                continue
            place = at // 2
            index_at[place] = len(found)
            for prefixed in range(start, place):
                index_at[prefixed] = len(found)
            start, extended = place + 1, 0
            found.append((operation, argument, start))
        index_at[len(operations) // 2] = len(found)
        parts: list[Part] = []
        for operation, argument, after in found:
            if operation not in _JUMPS:
                parts.append((operation, argument, None))
            elif operation in _ABSOLUTE:
                parts.append((operation, 0, index_at[argument // _UNIT]))
            elif operation in _FORWARD:
                parts.append((operation, 0, index_at[after + argument // _UNIT]))
            else:
                parts.append((operation, 0, index_at[after - argument]))
        return parts, index_at

    def _find_first(self) -> int:
        """The first instruction of the function's own."""
        index = 0
        for at, (operation, _, _) in enumerate(self._instructions):
            if operation in _BEFORE_FIRST:
                index = at + 1
                if operation in (_RESUME, _GEN_START):
                    break
            elif operation != _POP_TOP or not _TABLES:
                break
        return index

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _call(self, function: Any, loads: list[Part], *, top: bool = False) -> list[Part]:
        """Call with what these instructions load, or with the top of the stack, which stays."""
        number = self._numbers.get(id(function))
        if number is None:
            number = self._numbers[id(function)] = len(self._constants)
            self._constants.append(function)
        load, count = (_LOAD_CONST, number, None), len(loads) + top
        if not _TABLES:
            before = [(_DUP_TOP, 0, None), load, (_ROT_TWO, 0, None)] if top else [load, *loads]
            return [*before, (_CALL_FUNCTION, count, None), (_POP_TOP, 0, None)]
        given = [(_COPY, 3, None)] if top else loads
        return [
            (_PUSH_NULL, 0, None), load, *given, (_PRECALL, count, None), (_CACHE, 0, None), (_CALL, count, None),
            *[(_CACHE, 0, None)] * 4, (_POP_TOP, 0, None),
        ]  # fmt: skip

    def _loads(self, parameters: Sequence[str]) -> list[Part]:
        """These parameters."""
        names, cells = self._code.co_varnames, self._code.co_cellvars
        loads: list[Part] = []
        for name in parameters:
            if name not in cells:
                loads.append((_LOAD_FAST, names.index(name), None))
            else:
                loads.append((_LOAD_DEREF, names.index(name) if _TABLES else cells.index(name), None))
        return loads

    def _add(self, index: int) -> None:
        """An instruction, with what stands before and after it."""
        self._lines[index] = len(self._parts)
        if index == self._first:
            if self._condition is not None:
                self._parts += self._call(self._condition[0], self._loads(self._asked))[:-1]  # the result stays
                self._parts.append((_POP_JUMP_IF_FALSE, 0, "plain"))
            self._parts += self._call(self._calls.begins, self._loads(self._parameters))
            if not _TABLES:
                self._parts.append((_SETUP_FINALLY, 0, "raises"))
        self._labels[index] = len(self._parts)
        part = self._instructions[index]
        if part[0] == _RETURN_VALUE:
            begin = len(self._parts)
            if not _TABLES:
                self._parts.append((_POP_BLOCK, 0, None))
            self._parts += self._call(self._calls.returns, [], top=True)
            self._own.update(range(begin, len(self._parts) + 1))
            self._parts.append(part)
        elif part[0] == _YIELD_VALUE:
            self._add_yield(index, part)
        else:
            self._parts.append(part)
            if _TABLES and index and self._instructions[index - 1][0] == _YIELD_VALUE:
                self._parts += self._call(self._calls.resumes, [])
            elif index - 2 in self._sends:
                self._thrown_at.append((index - 2, len(self._parts)))
                self._parts.append((_NOP, 0, None))
                self._labels[f"sent {index - 2}"] = len(self._parts)
                self._parts += self._call(self._calls.resumes, [])

    def _add_yield(self, index: int, part: Part) -> None:
        before = self._instructions[index - 1]
        if _TABLES and before[0] == _SEND:
            # where what it waits for ends by gen.throw, that looks at the instruction before, and goes on where it
            # jumps to, or raises at the one before that (Objects/genobject.c): a second SEND is there, never run
            if self._code.co_flags & (0x80 | _ASYNC_GENERATOR):
                self._parts += self._call(self._calls.awaits, [])
            else:
                self._parts += self._call(self._calls.yields, [], top=True)
            self._parts += [(_JUMP_FORWARD, 0, f"yield {index}"), (_SEND, 0, f"sent {index}")]
            self._sends.add(index)
        else:
            self._parts += self._call(self._calls.yields, [], top=True)
        if not _TABLES:
            self._parts.append((_SETUP_FINALLY, 0, f"thrown {index}"))
        self._labels[f"yield {index}"] = len(self._parts)
        self._yields.append(index)
        self._thrown_at.append((index, len(self._parts)))
        self._parts.append(part)
        if not _TABLES:
            self._parts.append((_POP_BLOCK, 0, None))
            self._parts += self._call(self._calls.resumes, [])

    def _add_plain(self) -> None:
        """The function's own instructions once more."""
        for index in range(self._first, len(self._instructions)):
            self._labels["plain", index] = len(self._parts)
            operation, argument, label = self._instructions[index]
            self._parts.append((operation, argument, None if label is None else ("plain", label)))
        self._labels["plain", len(self._instructions)] = len(self._parts)

    def _add_handlers(self) -> None:
        """At the end: of what leaves the function, and of what is thrown in at each yield."""
        for label in ("raises", *[f"thrown {index}" for index in self._yields]):
            self._labels[label] = len(self._parts)
            self._parts += self._handler(self._calls.raises if label == "raises" else self._calls.thrown)
            self._labels[f"{label}: fails"] = len(self._parts) - _CLEAN_UP

    def _handler(self, function: Any) -> list[Part]:
        call = self._call(function, [])
        if not _TABLES:  # 3.10: with 1 the frame is again where it was, for those who ask its line later
            return [*call, (_RERAISE, int(_VERSION >= (3, 10)), None)]
        ends = [(_POP_EXCEPT, 0, None), (_RERAISE, 1, None)]
        return [(_PUSH_EXC_INFO, 0, None), *call, (_SWAP, 2, None), *ends, (_COPY, 3, None), *ends]

    # -- putting together ----------------------------------------------------------------------------------------------

    def _lay_out(self) -> bool:
        """Find places for which all jumps are right: a longer one needs prefixes, which move others."""
        sizes = [1 if argument < 256 else 1 + prefixes(argument) for _, argument, _ in self._parts]
        jumps = [number for number, part in enumerate(self._parts) if part[2] is not None]
        while True:
            self._places, place = [], 0
            for size in sizes:
                self._places.append(place)
                place += size
            self._places.append(place)
            grown = False
            for number in jumps:
                needed = 1 + prefixes(self._argument(number))
                if needed > sizes[number]:
                    sizes[number], grown = needed, True
            if not grown:
                break
        return not any(sizes[number] > 1 and self._parts[number][0] == _SEND for number in jumps)

    def _repeats(self) -> bool:
        """3.11: is what stands there once more as long as it was? Its entries in the table of lines are the same."""
        if self._condition is None or not _TABLES:
            return True
        length = len(self._code.co_code) // 2 - self._first_place()
        return self._plain_place(len(self._code.co_code) // 2) - self._places[self._labels["plain"]] == length

    def _argument(self, number: int) -> int:
        operation, argument, label = self._parts[number]
        if label is None:
            return argument
        target, after = self._places[self._labels[label]], self._places[number + 1]
        if operation in _ABSOLUTE:
            return target * _UNIT
        return (after - target if operation in _BACKWARD else target - after) * _UNIT

    def _bytes(self) -> bytes:
        made = bytearray()
        places, add = self._places, made.append
        for number, (operation, argument, label) in enumerate(self._parts):
            if label is not None:
                argument = self._argument(number)
            for prefix in range(places[number + 1] - places[number] - 1, 0, -1):
                add(_EXTENDED_ARG)
                add(argument >> 8 * prefix & 255)
            add(operation)
            add(argument & 255)
        return bytes(made)

    def _new_place(self, place: int) -> int:
        """Where the lines of what stood there begin."""
        return self._places[self._lines[self._index_at[place]]]

    def _plain_place(self, place: int) -> int:
        """Where it stands once more."""
        return self._places[self._labels["plain", self._index_at[place]]]

    def _first_place(self) -> int:
        """Of the first instruction of the function's own, in the original: where what stands before it ends."""
        return min(place for place, index in self._index_at.items() if index == self._first)

    def _pairs(self) -> bytes:
        """3.9: pairs of a byte step and a line step (Objects/lnotab_notes.txt)."""
        table, at, new = bytearray(), 0, 0
        lines = self._code.co_lnotab
        for index in range(0, len(lines), 2):
            at += lines[index]
            step = 2 * self._new_place(at // 2) - new
            new += step
            while step > 255:
                table += b"\xff\0"
                step -= 255
            table += bytes((step, lines[index + 1]))
        if self._condition is not None:
            for place, line in repeated_pairs(lines, 2 * self._first_place()):
                step = 2 * self._plain_place(place // 2) - new
                new += step
                table += small_steps(step, 0) + small_steps(0, line)
        return bytes(table)

    def _ranges(self) -> bytes:
        """3.10: pairs of a length and a line step, -128 for no line (Objects/lnotab_notes.txt)."""
        table, at = bytearray(), 0
        lines = self._code.co_linetable
        for index in range(0, len(lines), 2):
            begin, end = self._new_place(at // 2), self._new_place((at + lines[index]) // 2)
            at += lines[index]
            table += line_range(2 * (end - begin), lines[index + 1])
        if self._condition is not None:
            for start, stop, step in repeated_ranges(lines, 2 * self._first_place()):
                begin, end = self._plain_place(start // 2), self._plain_place(stop // 2)
                table += small_steps(2 * (end - begin), step)
        return bytes(table + line_range(2 * (self._places[-1] - self._places[self._labels["raises"]]), 128))

    def _positions(self) -> bytes:
        """3.11: Objects/locations.md."""
        table, at = bytearray(), 0
        for entry in entries(self._code.co_linetable):
            length = (entry[0] & 7) + 1
            new = self._new_place(at + length) - self._new_place(at)
            at += length
            table += stretched(entry, new)
        if self._condition is not None:  # as long as the original: nothing stands between, and no jump is longer
            table += repeated(self._code.co_linetable, self._first_place(), at)
        return bytes(table + stretched(b"\xf8", self._places[-1] - self._places[self._labels["raises"]]))

    def _exceptions(self) -> bytes:
        """3.11: Objects/exception_handling_notes.txt."""
        last = self._labels["plain"]
        handlers: list[Any] = [None] * len(self._parts)  # (label, depth and whether the place is kept) for each part
        for start, end, target, depth in handled(self._code.co_exceptiontable):
            begin, stop = self._labels[self._index_at[start]], self._labels[self._index_at[end]]
            handlers[begin:stop] = [(self._index_at[target], depth)] * (stop - begin)
            if self._condition is not None and self._index_at[end] > self._first:
                begin, stop = (max(self._index_at[place], self._first) for place in (start, end))
                begin, stop = self._labels["plain", begin], self._labels["plain", stop]
                handlers[begin:stop] = [(("plain", self._index_at[target]), depth)] * (stop - begin)
        for number in range(self._labels[self._first], last):
            if handlers[number] is None and number not in self._own:
                handlers[number] = ("raises", _KEEPS_PLACE)
        self._guard_handler("raises", None, handlers)
        for index, number in self._thrown_at:
            around = handlers[number]
            self._guard_handler(f"thrown {index}", around, handlers)
            handlers[number] = (f"thrown {index}", around[1] | _KEEPS_PLACE)
        table, begin = bytearray(), 0
        for number in range(1, len(handlers) + 1):
            if number == len(handlers) or handlers[number] != handlers[begin]:
                if handlers[begin] is not None:
                    label, depth = handlers[begin]
                    start, end = self._places[begin], self._places[number]
                    entry = (start, end - start, self._places[self._labels[label]], depth)
                    table += b"".join([table_number(value, first=not at) for at, value in enumerate(entry)])
                begin = number
        return bytes(table)

    def _guard_handler(self, label: str, around: Any, handlers: list[Any]) -> None:
        """What one of our handlers raises goes to what is around it, after the state of exceptions is as it was."""
        begin, fails = self._labels[label], self._labels[f"{label}: fails"]
        end, depth = fails + _CLEAN_UP, 0 if around is None else around[1] >> 1
        handlers[begin:end] = [around] * (end - begin)
        called = range(begin + 1, fails - _CLEAN_UP)
        handlers[called.start : called.stop] = [(f"{label}: fails", depth + 2 << 1 | _KEEPS_PLACE)] * len(called)
