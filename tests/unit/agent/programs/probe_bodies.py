"""Puts a condition before functions of the standard library, and compares the second body with the original's.

Run by each interpreter with the checkout's root: instructions, constants, jumps, lines, columns and handlers.
"""

# ruff: noqa: T201
# mypy: ignore-errors

import argparse
import asyncio.tasks
import dis
import inspect
import sys
import tarfile
import types

sys.path.insert(0, sys.argv[1])

from pydelve.agent.weaving import entering, splicing
from pydelve.agent.weaving.tables import handled

VERSION = sys.version_info[:2]
MODULES = (argparse, asyncio.tasks, dis, inspect, tarfile)


def nothing(*values):
    return False


def codes(code, found):
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            found.append(inner)
            codes(inner, found)
    return found


def lines(code):
    """Line of each place."""
    if VERSION >= (3, 10):
        return {place: line for begin, end, line in code.co_lines() for place in range(begin, end, 2)}
    starts, found, line = dict(dis.findlinestarts(code)), {}, None
    for place in range(0, len(code.co_code), 2):
        line = found[place] = starts.get(place, line)
    return found


def body(code, begin, end):
    """What can be told of the instructions there, places counted from the begin."""
    at, handlers = lines(code), {}
    if VERSION >= (3, 11):
        for start, stop, target, depth in handled(code.co_exceptiontable):
            handlers.update(dict.fromkeys(range(2 * start, 2 * stop, 2), (2 * target - begin, depth)))
    found, numbers, jumps = [], {}, []
    for instruction in dis.get_instructions(code):
        if begin <= instruction.offset < end and instruction.opname != "EXTENDED_ARG":
            value = instruction.argval
            if instruction.opcode in dis.hasjrel + dis.hasjabs:
                jumps.append(value)
                value = "a jump"
            elif isinstance(value, types.CodeType):
                value = id(value)
            place = instruction.offset
            numbers[place] = len(found)
            more = getattr(instruction, "positions", None)
            found.append((instruction.opname, repr(value), at.get(place), more, handlers.get(place)))
    # a jump may go to the prefix of an instruction
    return found, [min((each for each in numbers if each >= jump), default=-1) - begin for jump in jumps]


def both(code, parameters):
    """The new code, where its second body begins and ends, and where the original's begins."""
    if VERSION >= (3, 12):
        made = entering.entered(code, nothing, parameters, nothing)
        size = made.end - made.begin
        assert body(made.code, made.begin, made.end) == body(code, len(code.co_code) - size, len(code.co_code)), code
        return made.code, made.end, len(made.code.co_code), len(code.co_code) - size
    hooks = splicing.Calls(*[lambda *values: None for _ in range(7)])
    splice = splicing._Splice(code, parameters, hooks, (nothing, parameters))
    made = splice.made()
    begin, end = (2 * splice._places[splice._labels[label]] for label in ("plain", "raises"))
    return made, begin, end, 2 * splice._first_place()


if VERSION >= (3, 12):
    numbers = {name: dis.opmap.get(name, 0) for name in entering._NAMES}
    assert numbers == entering._CODES, numbers

count = 0
for module in MODULES:
    with open(module.__file__, encoding="utf-8") as source:
        compiled = compile(source.read(), module.__file__, "exec")
    for code in codes(compiled, []):
        if not code.co_flags & inspect.CO_OPTIMIZED or (VERSION < (3, 12) and not splicing.may_splice(code)):
            continue
        made, begin, end, first = both(code, code.co_varnames[: code.co_argcount])
        ours, plain = body(made, begin, end), body(code, first, len(code.co_code))
        assert ours[0] == plain[0], code
        assert len(ours[1]) == len(plain[1]), code
        if VERSION >= (3, 11):
            assert ours[1] == plain[1], code
        count += 1
print("fine" if count > 500 else count)
