"""The line map: which LINE events of a code object are arrivals at a statement.

A *unit* is a simple statement, or the header of a compound one; the debugger finds units in the syntax tree. A *hit*
of a unit is control entering it: once per execution, for a loop's header once per test. Interpreters fire LINE events
more often than that, each version in its own way. This module reads the code object's own line table, once, and decides
per instruction offset; afterwards an event costs one dictionary lookup.

It is not a tracer: it receives no events and holds no state of the program. Breakpoints and stepping call it, on the
thread that fired the event; building a map runs none of the target's code. The rules, and what each version does, are
in docs/internals/line-map.md.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterable, Iterator
    from types import CodeType

    Range = tuple[int, int, int | None]
    UnitSpan = tuple[int, int, str]

_VERSION = sys.version_info[:2]

# Opcode numbers: Lib/opcode.py (3.9 to 3.12), Include/opcode_ids.h (3.13 on). The target may not import `opcode`; a
# test compares this table with it on every interpreter. "-": that version has no such instruction.
_NAMES = (
    "FOR_ITER GET_ANEXT PUSH_EXC_INFO WITH_EXCEPT_START LOAD_CONST LOAD_COMMON_CONSTANT SWAP NOP POP_TOP "
    "POP_EXCEPT RERAISE RESUME RETURN_VALUE END_FOR POP_ITER END_ASYNC_FOR END_SEND CLEANUP_THROW JUMP_FORWARD "
    "EXTENDED_ARG JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT ROT_TWO DUP_TOP POP_BLOCK SETUP_FINALLY "
    "JUMP_ABSOLUTE RAISE_VARARGS RETURN_CONST ROT_THREE ROT_FOUR"
)
_NUMBERS = {
    (3, 9): "93 51 - 49 100 - - 9 1 89 48 - 83 - - 54 - - 110 144 - - 2 4 87 122 113 130 - 3 6",
    (3, 10): "93 51 - 49 100 - - 9 1 89 119 - 83 - - 54 - - 110 144 - - 2 4 87 122 113 130 - 3 6",
    (3, 11): "93 51 35 49 100 - 99 9 1 89 119 151 83 - - 54 - - 110 144 140 134 - - - - - 130 - - -",
    (3, 12): "93 51 35 49 100 - 99 9 1 89 119 151 83 4 - 54 5 55 110 144 140 134 - - - - - 130 121 - -",
    (3, 13): "72 18 33 44 83 - 115 30 32 31 102 149 36 11 - 10 12 8 79 71 77 78 - - - - - 101 103 - -",
    (3, 14): "70 15 32 43 82 81 117 27 31 29 105 128 35 9 30 68 10 7 77 69 75 76 - - - - - 104 - - -",
    (3, 15): "68 15 30 41 81 80 116 25 29 27 104 128 33 9 28 66 10 7 76 67 74 75 - - - - - 103 - - -",
}
OPCODES = {
    name: -1 if number == "-" else int(number)
    for name, number in zip(_NAMES.split(), _NUMBERS[min(max(_VERSION, (3, 9)), (3, 15))].split())
}


def _numbers(names: str) -> frozenset[int]:
    return frozenset(OPCODES[name] for name in names.split()) - {-1}


# Instructions that finish something begun earlier, so that no statement starts with them.
_NEVER_FIRST = _numbers("END_FOR POP_ITER END_ASYNC_FOR END_SEND CLEANUP_THROW RERAISE ROT_TWO ROT_THREE ROT_FOUR")
# What ends a handler that the compiler made up: the exception goes on, or the instruction was all of it.
_HANDLER_END = _numbers("RERAISE END_ASYNC_FOR CLEANUP_THROW JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT")
# How a `with` goes on after its body: __exit__ with an exception, with a value below it, or what is left after it.
_WITH_EXIT = _numbers("PUSH_EXC_INFO WITH_EXCEPT_START NOP POP_EXCEPT POP_BLOCK SWAP ROT_TWO POP_TOP") | _numbers(
    "JUMP_FORWARD JUMP_ABSOLUTE JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT"
)
_LOAD_NONE = _numbers("LOAD_CONST LOAD_COMMON_CONSTANT")
_NO_FALL_THROUGH = _numbers("RETURN_VALUE RETURN_CONST RAISE_VARARGS RERAISE JUMP_FORWARD JUMP_ABSOLUTE") | _numbers(
    "JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT"
)
_UNWIND = _numbers("POP_BLOCK POP_EXCEPT")
_BEFORE_LEAVE = _numbers("EXTENDED_ARG LOAD_CONST POP_TOP ROT_TWO ROT_THREE ROT_FOUR")
_LEAVE = _numbers("RETURN_VALUE JUMP_FORWARD JUMP_ABSOLUTE")


def lines_of(code: CodeType) -> Iterator[Range]:
    """Yield ``(start, end, line)`` in bytes, ascending; ``line`` is None where the compiler gave none."""
    if _VERSION >= (3, 10):
        yield from code.co_lines()
        return
    # Objects/lnotab_notes.txt (3.9): pairs of (bytes forward, lines forward or, as a signed byte, back).
    table = code.co_lnotab
    start = end = 0
    line = code.co_firstlineno
    for at in range(0, len(table), 2):
        if table[at] and table[at + 1]:  # a pair without line change only continues the range
            if end + table[at] > start:
                yield start, end + table[at], line
            start = end + table[at]
        elif table[at + 1] and end > start:
            yield start, end, line
            start = end
        end += table[at]
        line += table[at + 1] - 256 if table[at + 1] >= 128 else table[at + 1]
    if start < len(code.co_code):
        yield start, len(code.co_code), line


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Join adjacent ranges of one line: tables split them where only columns change."""
    merged: list[Range] = []
    for start, end, line in ranges:
        if merged and merged[-1][2] == line and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end, line)
        elif end > start:
            merged.append((start, end, line))
    return merged


def _handlers(code: CodeType) -> set[int]:
    """Offsets that exceptions jump to."""
    targets: set[int] = set()
    if _VERSION < (
        3,
        11,
    ):  # SETUP_FINALLY pushes a block (Python/ceval.c); its jump counts bytes on 3.9, code units on 3.10
        operations = code.co_code
        argument = 0
        for at in range(0, len(operations), 2):
            argument = argument << 8 | operations[at + 1]
            if operations[at] == OPCODES["SETUP_FINALLY"]:
                targets.add(at + 2 + (argument if _VERSION < (3, 10) else 2 * argument))
            if operations[at] != OPCODES["EXTENDED_ARG"]:
                argument = 0
        return targets
    table = code.co_exceptiontable  # Objects/exception_handling_notes.txt
    field = value = 0
    for position, byte in enumerate(table):
        if byte & 0x80:
            field = 0
        value = (value << 6 | byte & 0x3F) if position and table[position - 1] & 0x40 else byte & 0x3F
        if not byte & 0x40:
            if field == 2:  # of start, length, target, depth
                targets.add(value * 2)
            field += 1
    return targets


class _Group:
    """Units whose instructions interleave: one statement, or a definition with its decorators."""

    __slots__ = ("end_line", "kind", "line", "members")

    def __init__(self, line: int, end_line: int, kind: str) -> None:
        self.line = line
        self.end_line = end_line
        self.kind = kind
        self.members = [(line, end_line)]


def _grouped(units: Iterable[UnitSpan]) -> list[_Group]:
    """Units in line order; those that share a line become one, a decorated definition one with several members."""
    groups: list[_Group] = []
    for line, end_line, kind in sorted(units, key=lambda unit: unit[:1]):  # stable: outer before inner on one line
        last = groups[-1] if groups else None
        if last is not None and last.kind == "decorator" and kind in ("decorator", "definition"):
            last.members.append((line, end_line))
            last.end_line = max(last.end_line, end_line)
            last.kind = kind
        elif last is not None and line <= last.end_line:
            first_line, first_end = last.members[-1]
            last.members[-1] = (first_line, max(first_end, end_line))
            last.end_line = max(last.end_line, end_line)
            last.kind = "one-line loop" if "loop" in last.kind else "simple"
        else:
            groups.append(_Group(line, end_line, kind))
    return groups


class LineMap:
    """Which offsets of one code object are arrivals, and at which unit.

    Attributes:
        arrivals: Unit's line by the byte offset (``f_lasti``) of the event that is its hit.
        entry: Line of the unit that the start of the code (``PY_START``) is the hit of, since no LINE event comes
            for it: 3.13 and later, where the first statement stands on the line of ``def`` or ``class``. Else 0.
        repeats: Offsets of ``arrivals`` that a jump within the same unit may reach again, each with the end of the
            unit's instructions: an event there counts only if the frame's previous LINE event came from outside.
        silent: Offsets of ``arrivals`` for which 3.9 may fire no LINE event: a handler that goes on with the line
            before it. A tracer sets ``f_trace_opcodes`` at an ``exception`` event of such a code, and takes the one
            ``opcode`` event that follows for the LINE event.
    """

    __slots__ = ("_code", "_handlers", "arrivals", "entry", "repeats", "silent")

    def __init__(self, code: CodeType, units: Iterable[UnitSpan] | None) -> None:
        """Build the map.

        Args:
            code: The code object.
            units: ``(line, end_line, kind)`` of every unit in its scope; ``None`` where there is no source: then each
                line is taken for a unit.
        """
        self.arrivals: dict[int, int] = {}
        self.entry = 0
        self.repeats: dict[int, int] = {}
        self.silent: set[int] = set()
        self._code = code.co_code
        self._handlers = _handlers(code)
        ranges = _merged(lines_of(code))
        if units is None:
            units = [(line, line, "simple") for line in {line for _, _, line in ranges if line}]
        groups = _grouped(units)
        of_line = {line: group for group in groups for line in range(group.line, group.end_line + 1)}
        stretches: dict[int, list[list[Range]]] = {group.line: [] for group in groups}
        for group, stretch in self._stretches(ranges, of_line):
            stretches[group.line].append(stretch)
        for group in groups:
            self._add(group, stretches[group.line])
        self._move_entry()
        if _VERSION < (3, 10):
            self.silent = self._handlers.intersection(self.arrivals).difference(start for start, _, _ in ranges)

    def unit_at(self, offset: int, previous: int = -1) -> int:
        """Return the line of the unit that a LINE event at ``offset`` is an arrival at, 0 if none.

        ``previous`` is the offset of the frame's preceding LINE event; it matters only where ``repeats`` is not empty
        (one-line ``while`` on 3.9).
        """
        if offset in self.repeats and offset <= previous < self.repeats[offset]:
            return 0
        return self.arrivals.get(offset, 0)

    def arrives(self, offset: int, line: int) -> bool:
        """Return whether a LINE event at ``offset`` is an arrival at the unit that starts on ``line``.

        The event's own line may be another one: a unit's first instruction is often on its second line.
        """
        return self.arrivals.get(offset) == line

    def has_code(self, line: int) -> bool:
        """Return whether any event can be an arrival at the unit on ``line``."""
        return line == self.entry or line in self.arrivals.values()

    def _stretches(self, ranges: list[Range], of_line: dict[int, _Group]) -> Iterator[tuple[_Group, list[Range]]]:
        """Yield physically connected instructions of one group; ranges without a line neither join nor part."""
        group: _Group | None = None
        stretch: list[Range] = []
        for start, end, line in self._visible(ranges):
            if line is None:
                if group is not None and any(self._enters_handler(at) for at in range(start, end, 2)):
                    yield group, stretch
                    group = None
                continue
            found = of_line.get(line)
            if found is not group or self._enters_handler(start) or (stretch and self._is_copy(stretch, start)):
                if group is not None:
                    yield group, stretch
                group, stretch = found, []
            stretch.append((start, end, line))
        if group is not None:
            yield group, stretch

    def _visible(self, ranges: list[Range]) -> Iterator[Range]:
        """Leave made-up handlers out; part ranges where a jump's target may begin a copy of the statement."""
        cleanup = self._cleanup_offsets() if _VERSION >= (3, 11) else set()
        operations = self._code
        for start, end, line in ranges:
            at = start
            while at < end:
                if at in cleanup:
                    if start < at:
                        yield start, at, line
                    start = at + 2
                elif start < at and (
                    (operations[at - 2] in _NO_FALL_THROUGH) or (at in self._handlers and self._enters_handler(at))
                ):
                    yield start, at, line
                    start = at
                at += 2
            if start < end:
                yield start, end, line

    def _is_copy(self, stretch: list[Range], start: int) -> bool:
        """Return whether ``start`` begins another copy of the statement that the stretch holds.

        3.10 and later copy a statement that leaves the function (``raise``, ``return``) to each place that jumps to it,
        and the copies may be neighbours.
        """
        return self._code[stretch[-1][1] - 2] in _NO_FALL_THROUGH and self._operations(start, 2) == self._operations(
            stretch[0][0], 2
        )

    def _enters_handler(self, at: int) -> bool:
        """Return whether a handler of the source begins at ``at``: ``except``, or ``finally`` with an exception."""
        if at not in self._handlers:
            return False
        if _VERSION >= (3, 11):
            return self._code[at] == OPCODES["PUSH_EXC_INFO"]
        # Not what unbinds the name of `except E as name`: LOAD_CONST, STORE_x, DELETE_x, RERAISE.
        operations = [operation for operation, _ in self._operations(at, 4)]
        return operations[0] != OPCODES["LOAD_CONST"] or operations[3] != OPCODES["RERAISE"]

    def _operations(self, at: int, count: int) -> list[tuple[int, int]]:
        """Return ``count`` opcodes from ``at`` on with their arguments, (-1, 0) past the end; no inline caches."""
        found: list[tuple[int, int]] = []
        argument = 0
        while at < len(self._code) and len(found) < count:
            argument = argument << 8 | self._code[at + 1]
            if self._code[at] and self._code[at] != OPCODES["EXTENDED_ARG"]:
                found.append((self._code[at], argument))
            if self._code[at] != OPCODES["EXTENDED_ARG"]:
                argument = 0
            at += 2
        return found + [(-1, 0)] * (count - len(found))

    def _cleanup_offsets(self) -> set[int]:
        """Offsets of handlers that no source stands for: they restore a comprehension's variables, or re-raise."""
        offsets: set[int] = set()
        for target in self._handlers:
            at = target
            while at < len(self._code) and self._code[at] != OPCODES["PUSH_EXC_INFO"]:
                offsets.add(at)
                if self._code[at] in _HANDLER_END:
                    break
                at += 2
        return offsets

    def _add(self, group: _Group, stretches: list[list[Range]]) -> None:
        """Add the arrivals of one group."""
        if group.kind == "loop" and stretches and self._length(stretches[0]) == 1:
            return  # `while True`: no test, and from version to version a jump or nothing
        genuine = [stretch for stretch in stretches if not self._continues(group, stretch)]
        if (
            genuine
        ):  # 3.10+ copies a short way out into each arm of `x = a or b if c else d`: such a stretch starts at an arm
            starts = {group.line, genuine[0][0][2]}
            genuine = [stretch for stretch in genuine if stretch[0][2] in starts or len(group.members) > 1]
        if group.kind == "expression":  # a comprehension on one line comes by it in several ways: as it starts
            genuine = genuine[:1]
        if _VERSION < (3, 10):
            genuine = self._without_unwound(stretches, genuine)
        for stretch in genuine or stretches[:1]:
            seen = set()
            for start, _, line in stretch:
                for first, last in group.members:
                    if line is not None and first <= line <= last and first not in seen:
                        seen.add(first)
                        self.arrivals[start] = first
            one_line = group.kind == "one-line loop" or self._jumps_back(stretch)
            if group.kind == "loop" and not one_line:
                self._add_tests(group, stretch)
            elif "loop" in group.kind and _VERSION < (3, 10):
                self.repeats[stretch[0][0]] = stretch[-1][1]

    def _add_tests(self, group: _Group, stretch: list[Range]) -> None:
        """Add where a ``for`` asks its iterator: the body jumps there."""
        code = self._code
        for start, end, _ in reversed(stretch):
            for at in range(end - 2, start - 2, -2):  # the last one: an inlined comprehension's come before
                if code[at] == OPCODES["FOR_ITER"]:
                    test = at
                elif code[at] == OPCODES["GET_ANEXT"]:
                    test = at - 2 if code[at - 2] == OPCODES["SETUP_FINALLY"] else at
                else:
                    continue
                while code[test - 2] == OPCODES["EXTENDED_ARG"]:  # jumps go to the prefix
                    test -= 2
                if test == start and test != stretch[0][0]:
                    self.arrivals.pop(stretch[0][0], None)  # the event comes on entry too: count it instead
                self.arrivals[test] = group.line
                return

    def _jumps_back(self, stretch: list[Range]) -> bool:
        """Return whether a loop's header and body are one stretch, so that they stand on one line.

        From 3.12 on no event comes at the jump, and a comprehension in the header would jump too.
        """
        if _VERSION >= (3, 12):
            return False
        argument = 0
        for at in range(stretch[0][0], stretch[-1][1], 2):
            argument = argument << 8 | self._code[at + 1]
            if self._code[at] == OPCODES["JUMP_ABSOLUTE"]:
                target = argument if _VERSION < (3, 10) else 2 * argument
            elif self._code[at] == OPCODES["JUMP_BACKWARD"]:
                target = at + 2 - 2 * argument
            else:
                target = at
            if stretch[0][0] <= target < at:
                return True
            if self._code[at] != OPCODES["EXTENDED_ARG"]:
                argument = 0
        return False

    def _continues(self, group: _Group, stretch: list[Range]) -> bool:
        """Return whether a stretch finishes what another one of its group began."""
        first, second = self._operations(stretch[0][0], 2)
        if first[0] in _NEVER_FIRST:
            return True
        if group.kind != "with":
            return False
        if first[0] in _WITH_EXIT:
            return True
        # __exit__(None, None, None): the same constant over again, on 3.9 and 3.10 by DUP_TOP.
        return first[0] in _LOAD_NONE and (first == second or second[0] == OPCODES["DUP_TOP"])

    def _without_unwound(self, stretches: list[list[Range]], genuine: list[list[Range]]) -> list[list[Range]]:
        """3.9 gives what follows an inlined ``finally`` the line of the ``return``, ``break`` or ``continue``."""
        unwinding = False
        kept = []
        for stretch in stretches:
            start, end = stretch[0][0], stretch[-1][1]
            at = start
            while self._code[at] in _BEFORE_LEAVE and at < end - 2:
                at += 2
            leaves = self._code[at] in _LEAVE | _UNWIND
            if stretch in genuine and not (unwinding and leaves):
                kept.append(stretch)
            unwinding = self._code[end - 2] in _UNWIND
        return kept

    def _length(self, stretch: list[Range]) -> int:
        """Count instructions; inline caches (opcode 0) are none."""
        return sum(1 for start, end, _ in stretch for at in range(start, end, 2) if self._code[at])

    def _move_entry(self) -> None:
        """No event comes at the RESUME of the start: it comes after it, from 3.13 on not on its line at all."""
        if _VERSION < (3, 11):
            return
        at = 0
        # 3.15: a generator expression has one before, with a 4, where it is made
        while self._code[at] != OPCODES["RESUME"] or self._code[at + 1] & 7:
            at += 2
        starts = [offset for offset in range(0, at + 2, 2) if offset in self.arrivals]
        for offset in starts:
            line = self.arrivals.pop(offset)
            if _VERSION >= (3, 13):
                self.entry = line
            else:
                self.arrivals[at + 2] = line


def line_at_start(code: CodeType, offset: int) -> int:
    """Return the line that ``PY_START`` at ``offset`` stands for, since no LINE event comes for it; 0 where one does.

    From 3.13 on the line of ``RESUME`` has no event, and the first statement may stand on it. Needs no units.
    """
    if _VERSION < (3, 13) or code.co_code[offset] != OPCODES["RESUME"] or code.co_code[offset + 1] & 3:
        return 0  # RESUME's low bits: 0 at the start, else after a yield or an await
    for start, end, line in _merged(lines_of(code)):
        if start <= offset < end:
            return line if line and any(code.co_code[at] for at in range(offset + 2, end, 2)) else 0
    return 0


def leaves_with(code: CodeType, offset: int) -> bool:
    """Return whether a LINE event at ``offset`` is for ``__exit__`` at the end of a ``with``. Needs no units."""
    operations = code.co_code
    names: list[int] = []
    arguments: list[int] = []
    argument = 0
    for at in range(offset, min(offset + 32, len(operations)), 2):
        argument = argument << 8 | operations[at + 1]
        if operations[at] == OPCODES["EXTENDED_ARG"]:
            continue
        if operations[at] and len(names) < 3:
            names.append(operations[at])
            arguments.append(argument)
        argument = 0
    handler = OPCODES["WITH_EXCEPT_START"]
    if handler in names[:1] or (names[:1] == [OPCODES["PUSH_EXC_INFO"]] and names[1:2] == [handler]):
        return True
    if len(names) < 3 or names[0] not in _LOAD_NONE:
        return False
    return names[1:] == [OPCODES["DUP_TOP"]] * 2 or (names == names[:1] * 3 and arguments == arguments[:1] * 3)
