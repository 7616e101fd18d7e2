"""Compiles breakpoints into the functions that hold them: the first half of a woven placement.

Run as a script by ``pydelve.debugger.weaving`` with the *target's* interpreter, ``python -I -S -E weave_helper.py``: a
line of JSON and the source text on standard input, a line of JSON and marshalled code on standard output. So it must
run unchanged on CPython 3.9 to 3.15 and import the standard library only. It runs no code of the source it reads.

Before the statement of a breakpoint goes a *check*::

    try:
        if CONDITION:
            HOOK()
    except EXCEPTION:
        if FAILED():
            raise

``HOOK`` and the like are string constants here; the agent (``agent/weaving/weaver.py``) puts its objects in their
place. Checks are compiled on lines of their own, *tags* past the end of the source, so that neither the compiler nor
the line map takes them for part of the statement; then the line table is written anew, with the statement's line. The
table with the tags goes along: it tells the agent which instructions are checks.
"""

from __future__ import annotations

import ast
import json
import marshal
import sys
import warnings
from collections.abc import Iterator
from types import CodeType
from typing import Any

MARK = "\0pydelve "
"""Begins each string constant that stands for an object of the agent."""
_VERSION = sys.version_info[:2]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CONTAINERS = ("body", "handlers", "cases", "orelse", "finalbody")
_OWN_FRAME = ("locals", "vars", "dir", "eval", "exec", "super", "__class__", "breakpoint", "frame")
# What must be the same with and without checks; the rest is code, constants, names, tables and the size of the stack.
_SHAPE = (
    "co_freevars", "co_cellvars", "co_varnames", "co_nlocals", "co_argcount", "co_posonlyargcount",
    "co_kwonlyargcount", "co_flags", "co_name", "co_firstlineno",
)  # fmt: skip


class RefusedError(Exception):
    """Why something is not woven."""


class Weave:
    """The checks of one function; ``units``: as the request has them."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.name: str = request["name"]
        self.line: int = request["line"]
        self.units: list[dict[str, Any]] = request["units"]
        self.tags: list[list[int]] = []
        """``[tag, line]`` of each unit that has a check."""
        self.refused: list[list[Any]] = []
        """``[id, line, why]`` of each breakpoint that can't be woven."""

    def refuse(self, unit: dict[str, Any], why: str) -> None:
        """A line is woven with all its breakpoints or not at all."""
        self.refused += [[entry["id"], unit["line"], why] for entry in unit["entries"]]
        self.units = [other for other in self.units if other is not unit]


def weave(source: bytes, weaves: list[Weave], optimize: int) -> list[bytes]:
    """Marshalled code for each of ``weaves``, b"" where nothing can be woven; what is refused is noted there.

    It is a tuple: the plain code, the woven one, its line table with tags, the first tag, and which constants are code
    of the conditions' own (lambdas).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError, OverflowError: the source can't be compiled.
    """
    plain = compile(source, "<source>", "exec", dont_inherit=True, optimize=optimize)
    for each in weaves:
        for unit in list(each.units):
            why = next((why for why in map(_refusal, unit["entries"]) if why), "")
            if why:
                each.refuse(unit, why)
    done = _compile_all(source, plain, [each for each in weaves if each.units], optimize)
    if done is None:  # one of them spoils the others: each by itself
        done = {}
        for each in weaves:
            alone = _compile_all(source, plain, [each], optimize)
            done.update(alone or {})
            if alone is None:
                for unit in list(each.units):
                    each.refuse(unit, "the condition does not compile in its place")
    return [done.get(id(each), b"") for each in weaves]


def _compile_all(source: bytes, plain: CodeType, weaves: list[Weave], optimize: int) -> dict[int, bytes] | None:
    """Marshalled code by ``id`` of the weave; None where the whole does not compile."""
    for each in weaves:
        each.tags = []
    tree = ast.parse(source)
    first_tag = source.count(b"\n") + source.count(b"\r") + 2
    tags: dict[int, int] = {}  # to the unit's line
    for each in weaves:
        try:
            function = _function_of(tree, each)
        except RefusedError as refusal:
            for unit in list(each.units):
                each.refuse(unit, str(refusal))
            continue
        for unit in list(each.units):
            tag = first_tag + len(tags)
            why = _insert(function, unit, tag)
            if why:
                each.refuse(unit, why)
            else:
                tags[tag] = unit["line"]
                each.tags.append([tag, unit["line"]])
    try:
        code = compile(tree, "<source>", "exec", dont_inherit=True, optimize=optimize)
    except SyntaxError:
        return None
    done: dict[int, bytes] = {}
    for each in weaves:
        if not each.units:
            continue
        try:
            before, after = _code_of(plain, each), _code_of(code, each)
            _check_shape(before, after)
            own = [
                index
                for index, constant in enumerate(after.co_consts)
                if isinstance(constant, CodeType) and constant.co_firstlineno >= first_tag
            ]
            done[id(each)] = marshal.dumps((before, _with_lines(after, tags), _line_table(after), first_tag, own))
        except RefusedError as refusal:
            for unit in list(each.units):
                each.refuse(unit, str(refusal))
    return done


# -- what can be woven -------------------------------------------------------------------------------------------------


def _refusal(entry: dict[str, Any]) -> str:
    """Why a condition or a message means something else in the function's own code than evaluated from outside; "": it
    doesn't.
    """
    for what, text in (("condition", entry["condition"]), ("message", entry["log"])):
        why = _why_outside(text) if text else ""
        if why:
            return f"its {what} {why}"
    return ""


def _why_outside(text: str) -> str:
    try:
        tree = _expression(text)
    except SyntaxError:
        return "does not compile"
    for node in ast.walk(tree):
        if isinstance(node, ast.NamedExpr):
            return "assigns, which must not reach the program's variables"
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) or getattr(node, "is_async", False):
            return "awaits or yields"
        if isinstance(node, ast.Name) and node.id in _OWN_FRAME:
            return f"uses {node.id}, which looks at the frame it is called in"
    return ""


def _expression(text: str) -> ast.expr:
    """The tree of an expression; over several lines also without the parentheses that a file would need."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return ast.parse("(" + text.strip() + "\n)", mode="eval").body


def _function_of(tree: ast.Module, each: Weave) -> ast.FunctionDef | ast.AsyncFunctionDef:
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, _FUNCTIONS) and node.name == each.name and _first_line(node) == each.line
    ]
    if not found:
        raise RefusedError("code of modules and classes runs once, and is active then")
    if len(found) > 1:
        raise RefusedError("several functions of this name begin on its line")
    return found[0]


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return node.decorator_list[0].lineno if node.decorator_list else node.lineno


def _bodies(function: ast.AST) -> Iterator[list[ast.stmt]]:
    """All lists of statements of a function's own code, outer ones first."""
    todo: list[ast.AST] = [function]
    while todo:
        node = todo.pop(0)
        for field in _CONTAINERS:
            children = getattr(node, field, None)
            if not isinstance(children, list):
                continue
            if children and isinstance(children[0], ast.stmt):
                yield children
            todo.extend(child for child in children if not isinstance(child, (*_FUNCTIONS, ast.ClassDef)))


def _insert(function: ast.FunctionDef | ast.AsyncFunctionDef, unit: dict[str, Any], tag: int) -> str:
    """Put a unit's check before its statement; gives why not, or ""."""
    for body in _bodies(function):
        for index, statement in enumerate(body):
            if statement.lineno != unit["line"]:
                continue
            if any(isinstance(getattr(statement, field, None), list) for field in _CONTAINERS):
                return "headers of compound statements are no place for a check"
            if isinstance(statement, (ast.Global, ast.Nonlocal)):
                return "there is no instruction on this line"
            if body is function.body and index == 0 and ast.get_docstring(function, clean=False) is not None:
                return "a check before the docstring would take it away"
            body[index:index] = _check(unit["entries"], tag)
            return ""
    return "no statement of its function begins there"


# -- the check ---------------------------------------------------------------------------------------------------------


def _check(entries: list[dict[str, Any]], tag: int) -> list[ast.stmt]:
    """The statements before a line with these breakpoints. Several of them make one stop, at the end."""
    one = len(entries) == 1
    statements: list[ast.stmt] = []
    for entry in entries:
        number = entry["id"]
        act: list[ast.stmt] = [ast.Expr(_call("hook" if one else "note", number))]
        if entry["log"]:
            told: ast.stmt = ast.Expr(_call("log", number, _expression(entry["log"])))
            act = _guarded([told], "log failed" if one else "note log failed", number)
        if entry["hit"]:
            act = [ast.If(test=_counts(number, *entry["hit"]), body=act, orelse=[])]
        if entry["condition"]:
            act = [ast.If(test=_expression(entry["condition"]), body=act, orelse=[])]
            act = _guarded(act, "failed" if one else "note failed", number)
        if entry["thread"]:
            is_it = ast.Compare(left=_call("thread", 0), ops=[ast.Eq()], comparators=[ast.Constant(entry["thread"])])
            act = [ast.If(test=is_it, body=act, orelse=[])]
        statements += act
    if not one:
        noted = ast.Compare(left=ast.Constant(True), ops=[ast.In()], comparators=[_mark("noted", tag)])
        statements.append(ast.If(test=noted, body=[ast.Expr(_call("stop", tag))], orelse=[]))
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, (ast.expr, ast.stmt, ast.excepthandler, ast.keyword, ast.arg)):
                node.lineno = node.end_lineno = tag
                node.col_offset = node.end_col_offset = 0
    return statements


def _mark(role: str, number: int = 0) -> ast.Constant:
    return ast.Constant(f"{MARK}{role} {number}")


def _call(role: str, number: int, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=_mark(role, number), args=list(arguments), keywords=[])


def _guarded(act: list[ast.stmt], role: str, number: int) -> list[ast.stmt]:
    """What an exception of these statements means is asked of the object of ``role``."""
    failed = ast.If(test=_call(role, number), body=[ast.Raise()], orelse=[])
    handler = ast.ExceptHandler(type=_mark("exception"), name=None, body=[failed])
    return [ast.Try(body=act, handlers=[handler], orelse=[], finalbody=[])]


def _counts(number: int, operator: str, count: int) -> ast.expr:
    """``next(counter) OPERATOR count``, where the counter begins at 0 and a first hit is number 1."""
    counted: ast.expr = ast.Call(func=_mark("next"), args=[_mark("counter", number)], keywords=[])
    if operator == "%":
        counted = ast.BinOp(left=counted, op=ast.Mod(), right=ast.Constant(count))
        operator = "=="
    compare = {"==": ast.Eq, "!=": ast.NotEq, ">=": ast.GtE, "<=": ast.LtE, ">": ast.Gt, "<": ast.Lt}[operator]
    return ast.Compare(left=counted, ops=[compare()], comparators=[ast.Constant(count - 1)])


# -- code --------------------------------------------------------------------------------------------------------------


def _code_of(module: CodeType, each: Weave) -> CodeType:
    """The code of a function; the compiler may have made several of it, all equal (in copies of ``finally``)."""
    found: list[CodeType] = []
    todo = [module]
    while todo:
        code = todo.pop()
        if code.co_name == each.name and code.co_firstlineno == each.line and code is not module:
            found.append(code)
        todo.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
    if not found:
        raise RefusedError("Python drops code that can't be reached")
    if any(other != found[0] for other in found[1:]):
        raise RefusedError("several functions of this name begin on its line")
    if any(isinstance(constant, str) and constant.startswith(MARK) for constant in module.co_consts):
        raise RefusedError("its constants look like ours")
    return found[0]


def _check_shape(before: CodeType, after: CodeType) -> None:
    for name in _SHAPE:
        if getattr(before, name) != getattr(after, name):
            kind = {"co_freevars": "an enclosing function's", "co_cellvars": "one shared with an inner function"}
            raise RefusedError(
                "its condition needs a variable that the function does not have: " + kind.get(name, "its own")
            )


def _line_table(code: CodeType) -> bytes:
    return code.co_lnotab if _VERSION < (3, 10) else code.co_linetable


def _with_lines(code: CodeType, tags: dict[int, int]) -> CodeType:
    """The code with the units' lines in place of the tags; in what is nested in it too (a condition's lambda)."""
    constants = tuple(
        _with_lines(constant, tags) if isinstance(constant, CodeType) else constant for constant in code.co_consts
    )

    def real(line: int | None) -> int | None:
        return line if line is None else tags.get(line, line)

    first = real(code.co_firstlineno)
    assert first is not None
    if _VERSION >= (3, 11):
        table = _encode_positions(code, first, tags)
        return code.replace(co_consts=constants, co_linetable=table, co_firstlineno=first)
    if _VERSION >= (3, 10):
        ranges = [(start, end, real(line)) for start, end, line in code.co_lines()]
        return code.replace(co_consts=constants, co_linetable=_encode_ranges(ranges, first), co_firstlineno=first)
    table = _encode_pairs([(start, real(line) or 0) for start, line in _starts(code)], first)
    changes: dict[str, Any] = {"co_consts": constants, "co_lnotab": table, "co_firstlineno": first}
    return code.replace(**changes)


def _encode_positions(code: CodeType, first: int, tags: dict[int, int]) -> bytes:
    """CPython 3.11 and later: Objects/locations.md (3.11: Objects/locations.md, 3.14: InternalDocs/code_objects.md)."""
    runs: list[list[Any]] = []
    for line, end_line, column, end_column in code.co_positions():
        position = (line, end_line, column, end_column)
        if line is not None and line in tags:
            position = (tags[line], None, None, None)
        if runs and runs[-1][0] == position and runs[-1][1] < 8:
            runs[-1][1] += 1
        else:
            runs.append([position, 1])
    table = bytearray()
    previous = first
    for (line, end_line, column, end_column), length in runs:
        if line is None:
            table.append(0x80 | 15 << 3 | length - 1)
            continue
        whole = None not in (end_line, column, end_column)
        table.append(0x80 | (14 if whole else 13) << 3 | length - 1)
        table += _signed(line - previous)
        if whole:
            table += _unsigned(end_line - line) + _unsigned(column + 1) + _unsigned(end_column + 1)
        previous = line
    return bytes(table)


def _unsigned(value: int) -> bytes:
    parts = bytearray()
    while value >= 64:
        parts.append(0x40 | value & 63)
        value >>= 6
    parts.append(value)
    return bytes(parts)


def _signed(value: int) -> bytes:
    return _unsigned(-value << 1 | 1 if value < 0 else value << 1)


def _encode_ranges(ranges: list[tuple[int, int, int | None]], first: int) -> bytes:
    """CPython 3.10: Objects/lnotab_notes.txt; pairs of a length and a signed line step, -128 for no line."""
    table = bytearray()
    previous = first
    for start, end, line in ranges:
        step = 0 if line is None else line - previous
        previous = previous if line is None else line
        while not -127 <= step <= 127:
            part = 127 if step > 0 else -127
            table += bytes((0, part & 255))
            step -= part
        length = end - start
        while length > 254:
            table += bytes((254, 128 if line is None else step & 255))
            step, length = 0, length - 254
        table += bytes((length, 128 if line is None else step & 255))
    return bytes(table)


def _starts(code: CodeType) -> Iterator[tuple[int, int]]:
    """CPython 3.9: (offset, line) wherever the line changes (Lib/dis.py: findlinestarts)."""
    line, at, shown = code.co_firstlineno, 0, None
    for index in range(0, len(code.co_lnotab), 2):
        if code.co_lnotab[index]:
            if line != shown:
                yield at, line
                shown = line
            at += code.co_lnotab[index]
        step = code.co_lnotab[index + 1]
        line += step - 256 if step > 127 else step
    if line != shown:
        yield at, line


def _encode_pairs(starts: list[tuple[int, int]], first: int) -> bytes:
    """CPython 3.9: Objects/lnotab_notes.txt; pairs of a byte step and a signed line step."""
    table = bytearray()
    previous_at, previous = 0, first
    for at, line in starts:
        length, step = at - previous_at, line - previous
        if not step:
            continue
        while length > 255:
            table += bytes((255, 0))
            length -= 255
        while not -128 <= step <= 127:
            part = 127 if step > 0 else -128
            table += bytes((length, part & 255))
            length, step = 0, step - part
        table += bytes((length, step & 255))
        previous_at, previous = at, line
    return bytes(table)


def main() -> None:
    """Standard input to standard output: ``{"scopes": [{"size", "refused"}]}`` or ``{"error": why}``, then the code."""
    header, _, source = sys.stdin.buffer.read().partition(b"\n")
    request = json.loads(header)
    weaves = [Weave(each) for each in request["scopes"]]
    codes: list[bytes] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            codes = weave(source, weaves, request["optimize"])
            scopes = [
                {"size": len(codes[index]), "tags": each.tags, "refused": each.refused}
                for index, each in enumerate(weaves)
            ]
            answer: dict[str, Any] = {"scopes": scopes}
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            answer = {"error": str(error) or type(error).__name__}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(codes))


if __name__ == "__main__":
    main()
