"""Would a frame handle an exception that comes up in it now? Told from its bytecode, from 3.11 on, without running any.

The exception table names the handler of each instruction (``Objects/exception_handling_notes.txt``); what that does is
read as the compiler writes it (``Python/compile.c``, ``codegen.c``): clauses that compare, in order; a ``finally`` or a
clause's clean-up, which raises again; a ``with``, whose manager is on the frame's own stack. Three answers: it PASSES
on, it is CAUGHT, or that is UNKNOWN, where an expression would have to be evaluated, a path depends on more than is
known, or a context manager decides by code of its own.
"""

from __future__ import annotations

import sys

from ..looking import fastlocals
from ..looking.anatomy import class_dict, class_mro, module_dict

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import Any

PASSES, CAUGHT, UNKNOWN = "passes", "caught", "unknown"
SUPPORTED = sys.version_info >= (3, 11)

# Include/opcode_ids.h (3.13 on), Include/opcode.h; a test compares them with each interpreter's own. "-": has none.
NAMES = (
    "PUSH_EXC_INFO CHECK_EXC_MATCH WITH_EXCEPT_START RERAISE RAISE_VARARGS POP_EXCEPT POP_TOP COPY LOAD_CONST "
    "STORE_FAST STORE_NAME STORE_GLOBAL STORE_DEREF DELETE_FAST DELETE_NAME DELETE_GLOBAL DELETE_DEREF "
    "CALL_INTRINSIC_1 CLEANUP_THROW LOAD_GLOBAL LOAD_NAME LOAD_FAST LOAD_FAST_CHECK LOAD_FAST_BORROW LOAD_DEREF "
    "LOAD_ATTR BUILD_TUPLE EXTENDED_ARG NOP NOT_TAKEN RETURN_VALUE RETURN_CONST LOAD_COMMON_CONSTANT CHECK_EG_MATCH "
    "POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE"
)
NUMBERS = {
    (
        3,
        11,
    ): "35 36 49 119 130 89 1 120 100 125 90 97 138 126 91 98 139 - - 116 101 124 - - 137 106 102 144 9 - 83 - - 37 "
    "114 115",
    (
        3,
        12,
    ): "35 36 49 119 130 89 1 120 100 125 90 97 138 126 91 98 139 173 55 116 101 124 127 - 137 106 102 144 9 - 83 "
    "121 - 37 114 115",
    (
        3,
        13,
    ): "33 7 44 102 101 31 32 61 83 110 114 113 109 65 67 66 64 55 8 91 92 85 87 - 84 82 52 71 30 - 36 103 - 6 97 100",
    (
        3,
        14,
    ): "32 6 43 105 104 29 31 59 82 112 116 115 111 63 65 64 62 53 7 92 93 84 88 86 83 80 51 69 27 28 35 - 81 5 100 "
    "103",
    (
        3,
        15,
    ): "30 6 41 104 103 27 29 57 81 111 115 114 110 61 63 62 60 51 7 91 92 83 87 85 82 79 49 67 25 26 33 - 80 5 99 102",
}
_VERSION = min(max(sys.version_info[:2], (3, 11)), (3, 15))
_OP = {name: -1 if number == "-" else int(number) for name, number in zip(NAMES.split(), NUMBERS[_VERSION].split())}
_CACHE = 0
_ATTR_SHIFT = 1 if sys.version_info >= (3, 12) else 0
_SELF_ON_STACK = sys.version_info >= (3, 14)
_MOST = 60  # handlers after one another in one frame
_CLEAN_UP_NAMES = (
    "COPY POP_EXCEPT LOAD_CONST LOAD_COMMON_CONSTANT STORE_FAST STORE_NAME STORE_GLOBAL STORE_DEREF DELETE_FAST "
    "DELETE_NAME DELETE_GLOBAL DELETE_DEREF CALL_INTRINSIC_1 NOP"
)
_CLEAN_UP = {_OP[name] for name in _CLEAN_UP_NAMES.split()}
_FAST = {_OP["LOAD_FAST"], _OP["LOAD_FAST_CHECK"], _OP["LOAD_FAST_BORROW"], _OP["LOAD_DEREF"]} - {-1}
_RETURNS = {_OP["RETURN_VALUE"], _OP["RETURN_CONST"]} - {-1}
_Function, _Method = type(lambda: None), type(type("C", (), {"m": lambda self: None})().m)
_Builtin = type(len)
_HARMLESS = ("io", "_io", "_thread", "builtins", "_multiprocessing", "socket", "tempfile")


class _Unknown(Exception):
    """It can't be told."""


def outcome(frame: FrameType, error: BaseException) -> str:
    """What becomes of an exception that comes up at the instruction where a frame is."""
    try:
        return _Reader(frame, error).outcome(frame.f_lasti)
    except (_Unknown, IndexError, KeyError, AttributeError, TypeError, ValueError):
        return UNKNOWN


class _Reader:
    def __init__(self, frame: FrameType, error: BaseException) -> None:
        self._frame = frame
        self._error = error
        self._code = frame.f_code.co_code
        self._table = list(_entries(frame.f_code))

    def outcome(self, offset: int) -> str:
        """Handler after handler, until one catches it or none is left."""
        for _ in range(_MOST):
            found = next((entry for entry in self._table if entry[0] <= offset < entry[1]), None)
            if found is None:
                return PASSES
            next_offset = self._handler(found[2], found[3])
            if next_offset < 0:
                return CAUGHT
            offset = next_offset
        return UNKNOWN

    def _handler(self, target: int, depth: int) -> int:
        """Offset of the instruction that raises it on, -1 where it is caught."""
        instructions = list(self._from(target))
        at, operation, _ = instructions[0]
        if operation == _OP["CLEANUP_THROW"]:
            return at
        if operation == _OP["RERAISE"]:
            return at
        if operation != _OP["PUSH_EXC_INFO"]:
            return self._cleaned_up(instructions)
        second = instructions[1][1]
        if second == _OP["WITH_EXCEPT_START"]:
            return self._with(instructions, depth)
        if second == _OP["POP_TOP"]:  # except: without a class
            return self._body(instructions[2][0], len(self._code))
        return self._clauses(instructions[1][0])

    def _cleaned_up(self, instructions: list[tuple[int, int, int]]) -> int:
        for at, operation, _ in instructions:
            if operation == _OP["RERAISE"]:
                return at
            if operation not in _CLEAN_UP:
                break
        raise _Unknown

    def _clauses(self, at: int) -> int:
        """``except X:`` after one another; a ``finally`` where there is none."""
        stack: list[Any] = []
        first = True
        instructions = self._from(at)
        for place, operation, argument in instructions:
            if operation == _OP["CHECK_EXC_MATCH"]:
                first = False
                jump, jump_operation, distance = next(instructions)
                if jump_operation != _OP["POP_JUMP_IF_FALSE"]:
                    raise _Unknown
                otherwise = self._skip_caches(jump + 2) + 2 * distance
                if self._matches(stack.pop()):
                    return self._body(self._skip_caches(jump + 2), otherwise)
                return self._after(otherwise)
            if operation == _OP["CHECK_EG_MATCH"]:
                raise _Unknown
            if not self._load(stack, operation, argument):
                if first:
                    return self._finally(at)
                raise _Unknown
            if place - at > 200:
                raise _Unknown
        raise _Unknown

    def _after(self, at: int) -> int:
        """The next clause, or where the exception is raised on."""
        for place, operation, _ in self._from(at):
            if operation == _OP["RERAISE"]:
                return place
            if operation == _OP["POP_TOP"]:
                return self._body(place + 2, len(self._code))
            if operation == _OP["NOP"]:
                continue
            return self._clauses(place)
        raise _Unknown

    def _finally(self, at: int) -> int:
        """It raises on at its end, unless it leaves by another way, or handles something itself."""
        for place, operation, _ in self._from(at):
            if operation == _OP["RERAISE"]:
                return place
            if operation in _RETURNS or operation in (_OP["PUSH_EXC_INFO"], _OP["POP_EXCEPT"], _OP["RAISE_VARARGS"]):
                break
        raise _Unknown

    def _body(self, at: int, end: int) -> int:
        """The body of a clause that fits: does it raise the exception on?"""
        cover = next((entry for entry in self._table if entry[0] <= at < entry[1]), None)
        branches = False
        for place, operation, argument in self._from(at):
            inside = cover is None or any(e[0] <= place < e[1] and e[2] == cover[2] for e in self._table)
            if place >= end or (cover is not None and place >= cover[2]):
                return -1
            if operation == _OP["RAISE_VARARGS"] and argument == 0:
                if branches:
                    raise _Unknown
                return place
            if operation == _OP["RAISE_VARARGS"] and not branches:
                return -1  # it raises another one
            if operation == _OP["POP_EXCEPT"] and not branches:
                return -1
            if operation in (_OP["POP_JUMP_IF_FALSE"], _OP["POP_JUMP_IF_TRUE"]):
                branches = True
            if operation == _OP["RERAISE"] and inside:
                return -1
        return -1

    # -- what is compared ----------------------------------------------------------------------------------------------

    def _load(self, stack: list[Any], operation: int, argument: int) -> bool:
        """Do what an instruction of a clause's expression does, where that runs no code; False where it might."""
        frame, code = self._frame, self._frame.f_code
        if operation == _OP["LOAD_GLOBAL"] and not argument & 1:
            stack.append(self._global(code.co_names[argument >> 1]))
        elif operation == _OP["LOAD_NAME"]:
            name = code.co_names[argument]
            value = fastlocals.read_local(frame, name)
            stack.append(self._global(name) if value is fastlocals.UNBOUND else value)
        elif operation in _FAST:
            names = (
                code.co_varnames + tuple(n for n in code.co_cellvars if n not in code.co_varnames) + code.co_freevars
            )
            value = fastlocals.read_local(frame, names[argument])
            if value is fastlocals.UNBOUND:
                raise _Unknown
            stack.append(value)
        elif operation == _OP["LOAD_ATTR"] and not (_ATTR_SHIFT and argument & 1):
            stack.append(_attribute(stack.pop(), code.co_names[argument >> _ATTR_SHIFT]))
        elif operation == _OP["BUILD_TUPLE"]:
            parts = stack[len(stack) - argument :]
            del stack[len(stack) - argument :]
            stack.append(tuple(parts))
        else:
            return operation in (_OP["NOP"], _OP["NOT_TAKEN"])
        return True

    def _global(self, name: str) -> Any:
        found = self._frame.f_globals.get(name, fastlocals.UNBOUND)
        if found is fastlocals.UNBOUND:
            found = self._frame.f_builtins.get(name, fastlocals.UNBOUND)
        if found is fastlocals.UNBOUND:
            raise _Unknown
        return found

    def _matches(self, classes: Any) -> bool:
        return matches(self._error, classes)

    # -- with ----------------------------------------------------------------------------------------------------------

    def _with(self, instructions: list[tuple[int, int, int]], depth: int) -> int:
        on = next(at for at, operation, _ in instructions if operation == _OP["RERAISE"])
        exit_, owner = self._manager(depth)
        suppresses = _suppresses(exit_, owner, self._error)
        if suppresses == UNKNOWN:
            raise _Unknown
        return -1 if suppresses == CAUGHT else on

    def _manager(self, depth: int) -> tuple[Any, Any]:
        """``__exit__``, and what it belongs to, from the frame's stack."""
        code = self._frame.f_code
        slots = len(code.co_varnames) + len(code.co_freevars)
        slots += sum(name not in code.co_varnames for name in code.co_cellvars)
        if _SELF_ON_STACK:
            return fastlocals.stack_slot(self._frame, slots + depth - 2), fastlocals.stack_slot(
                self._frame, slots + depth - 1
            )
        found = fastlocals.stack_slot(self._frame, slots + depth - 1)
        return found, getattr(found, "__self__", None) if type(found) is _Method or type(found) is _Builtin else None

    # -- bytecode ------------------------------------------------------------------------------------------------------

    def _from(self, at: int) -> Iterator[tuple[int, int, int]]:
        """``(offset, operation, argument)`` from an offset on, without caches."""
        extended = 0
        for place in range(at, len(self._code), 2):
            operation, argument = self._code[place], self._code[place + 1] | extended
            if operation == _CACHE:
                continue
            if operation == _OP["EXTENDED_ARG"]:
                extended = argument << 8
                continue
            extended = 0
            yield place, operation, argument

    def _skip_caches(self, at: int) -> int:
        while self._code[at] == _CACHE:
            at += 2
        return at


def _entries(code: CodeType) -> Iterator[tuple[int, int, int, int]]:
    """``(start, end, target, depth)`` of the exception table, in bytes."""
    table = iter(code.co_exceptiontable)  # type: ignore[attr-defined,unused-ignore]
    while True:
        fields: list[int] = []
        for byte in table:  # six bits each, the highest first; 0x40: more of this number follow
            value = byte & 0x3F
            while byte & 0x40:
                byte = next(table)
                value = value << 6 | byte & 0x3F
            fields.append(value)
            if len(fields) == 4:
                break
        if len(fields) < 4:
            return
        start, length, target, depth = fields
        yield 2 * start, 2 * (start + length), 2 * target, depth >> 1


def matches(error: BaseException, classes: Any) -> bool:
    """Would ``except classes`` catch it? By the classes alone, as CPython does it."""
    if type(classes) is tuple:
        return any(matches(error, each) for each in classes)
    if not issubclass(type(classes), type):
        raise _Unknown
    return any(each is classes for each in class_mro(type(error)))


def _attribute(owner: Any, name: str) -> Any:
    """An attribute of a module or a class, read without running code."""
    if issubclass(type(owner), type(sys)):
        found = module_dict(owner).get(name, fastlocals.UNBOUND)
    elif type(owner) is type:
        found = next((class_dict(each)[name] for each in class_mro(owner) if name in class_dict(each)), None)
    else:
        raise _Unknown
    if not issubclass(type(found), type) and type(found) is not tuple:
        raise _Unknown
    return found


def _suppresses(exit_: Any, owner: Any, error: BaseException) -> str:
    """Does a context manager's ``__exit__`` keep an exception from going on?"""
    cls = type(owner)
    module, name = cls.__dict__.get("__module__", "builtins"), type.__dict__["__name__"].__get__(cls)
    if (module, name) == ("contextlib", "suppress"):
        classes = object.__getattribute__(owner, "_exceptions")
        return CAUGHT if matches(error, classes) else PASSES
    if (module, name) == ("contextlib", "_GeneratorContextManager"):
        inner = object.__getattribute__(owner, "gen").gi_frame
        return outcome(inner, error) if inner is not None else UNKNOWN
    function = exit_.__func__ if type(exit_) is _Method else exit_
    if type(function) is _Function:
        return PASSES if _gives_none(function.__code__) else UNKNOWN
    return PASSES if type(cls) is type and str(module) in _HARMLESS else UNKNOWN


def _gives_none(code: CodeType) -> bool:
    """Does a function return None wherever it returns? A coroutine's awaited value is meant, too."""
    operations = code.co_code
    before: tuple[int, int] = (-1, 0)
    for at in range(0, len(operations), 2):
        operation, argument = operations[at], operations[at + 1]
        if operation == _CACHE:
            continue
        if operation == _OP["RETURN_CONST"] and code.co_consts[argument] is not None:
            return False
        if operation == _OP["RETURN_VALUE"]:
            constant = before[0] == _OP["LOAD_CONST"] and code.co_consts[before[1]] is None
            if not constant and before != (_OP["LOAD_COMMON_CONSTANT"], _NONE_CONSTANT):
                return False
        before = operation, argument
    return True


_NONE_CONSTANT = 7  # Include/internal/pycore_opcode_utils.h of 3.15: CONSTANT_NONE
