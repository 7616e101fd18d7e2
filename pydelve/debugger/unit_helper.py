"""Extracts the units and functions of one source text: the syntax-tree half of the canonical line map.

Used in two ways: ``pydelve.debugger.sources`` imports it and calls :func:`extract` in the debugger's process; where
the target's Python reads a syntax that ours doesn't (or draws its line tables differently), the target's own
interpreter runs this file as a script, ``python -I -S -E unit_helper.py``, with the source on standard input and the
result as JSON on standard output. So it must run unchanged on CPython 3.9 to 3.15 and import the standard library
only. It runs no code of the source it reads.

A *unit* is one statement, or the header of a compound one; see ``pydelve.api.breakpoints.Unit``. The syntax tree says
which there are, on the line where each begins; compiling says which of them really have an instruction on one of
their lines.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from types import CodeType

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_KINDS = {"For": "loop", "AsyncFor": "loop", "While": "loop", "With": "with", "AsyncWith": "with"}
_CONTAINERS = ("body", "handlers", "cases", "orelse", "finalbody")


class Scope:
    """One code object to be: a module, class or function body."""

    __slots__ = ("definition", "forced_global", "is_function", "line", "lines", "name", "qualname", "units")

    def __init__(self, qualname: str, name: str, line: int, is_function: bool) -> None:
        self.qualname = qualname
        self.name = name
        self.line = line
        self.is_function = is_function
        self.definition: UnitRow | None = None
        """Its ``def`` or ``class`` line, in the scope around it; None for a module."""
        self.forced_global: set[str] = set()
        self.lines: set[int] = set()
        """Lines of its code that have an instruction."""
        self.units: list[UnitRow] = []


class UnitRow:
    """A unit under construction."""

    __slots__ = ("end_line", "has_code", "is_docstring", "kind", "line", "pinned", "scope")

    def __init__(
        self, line: int, end_line: int, kind: str, scope: Scope, is_docstring: bool = False, pinned: bool = False
    ) -> None:
        self.line = line
        self.end_line = end_line
        self.kind = kind
        self.scope = scope
        self.is_docstring = is_docstring
        self.has_code = False
        self.pinned = pinned
        """Whether it has code was decided by the target's version: our own compiler is not asked."""


class FunctionRow:
    """A ``def`` or ``class``; ``body`` is the first unit of its body that does something, docstring skipped."""

    __slots__ = ("body", "def_line", "end_line", "first_line", "is_class", "scope")

    def __init__(self, scope: Scope, def_line: int, end_line: int, is_class: bool) -> None:
        self.scope = scope
        self.first_line = scope.line
        self.def_line = def_line
        self.end_line = end_line
        self.is_class = is_class
        self.body: UnitRow | None = None


class Extraction:
    """Units by ascending line (one a line) and functions in the order of the source."""

    __slots__ = ("functions", "units")

    def __init__(self, units: list[UnitRow], functions: list[FunctionRow]) -> None:
        self.units = units
        self.functions = functions

    def rows(self) -> dict[str, list[list[object]]]:
        """Plain lists for JSON, under ``units`` and ``functions``.

        A unit is ``[line, end, kind, scope, scope_line, scope_name]``, a function ``[qualname, name, first_line,
        def_line, end_line, is_class, body unit or None]``.
        """
        functions: list[list[object]] = []
        for row in self.functions:
            body = None if row.body is None else _unit_list(row.body)
            scope = row.scope
            functions.append(
                [scope.qualname, scope.name, row.first_line, row.def_line, row.end_line, row.is_class, body]
            )
        return {"units": [_unit_list(unit) for unit in self.units], "functions": functions}


def extract(source: bytes, filename: str, target_minor: int) -> Extraction:
    """The units and functions of ``source``, as CPython 3.``target_minor`` executes them.

    Raises:
        SyntaxError: this interpreter can't read it; ValueError, RecursionError, MemoryError, OverflowError: likewise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the program prints its own SyntaxWarnings; ours would be a second copy
        tree = ast.parse(source, filename)
        scopes, functions = _Walk(tree, target_minor).run()
        # dont_inherit: this file's own __future__ import must not reach the source's. optimize=0: keep asserts
        # whatever -O says.
        code = compile(tree, filename, "exec", dont_inherit=True, optimize=0)
    _attach_lines(code, scopes)
    units: list[UnitRow] = []
    for scope in scopes:
        # Code that can't be reached, as after ``return`` or below ``if 0``, may stay among the constants: not
        # executed either.
        reached = scope.definition is None or scope.definition.has_code
        scope.units = [unit for unit in scope.units if reached and _has_code(unit)]
        for unit in scope.units:
            unit.has_code = True
        units.extend(scope.units)
    for function in functions:
        function.body = _first_of_body(function)
    return Extraction(_one_a_line(units), functions)


class _Walk:
    """Visits all statements in source order, with its own stack: a chain of 10,000 ``elif`` is nested 10,000 deep."""

    def __init__(self, tree: ast.Module, target_minor: int) -> None:
        self._tree = tree
        self._scopes: list[Scope] = []
        self._functions: list[FunctionRow] = []
        # 3.14 (PEP 649) moves annotations into a function of their own, unless they are kept as strings.
        self._lazy_annotations = target_minor >= 14 and not any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in tree.body
        )

    def run(self) -> tuple[list[Scope], list[FunctionRow]]:
        """All scopes and functions, in source order."""
        module = Scope("<module>", "<module>", 1, is_function=False)
        self._scopes.append(module)
        todo: list[tuple[ast.AST, Scope, ast.AST]] = []
        self._push(self._tree, module, todo)
        while todo:
            node, scope, parent = todo.pop()
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                self._push(node, self._define(node, scope), todo)
            else:
                self._statement(node, scope, parent)
                self._push(node, scope, todo)
        return self._scopes, self._functions

    @staticmethod
    def _push(node: ast.AST, scope: Scope, todo: list[tuple[ast.AST, Scope, ast.AST]]) -> None:
        inner: list[ast.AST] = []
        for field in _CONTAINERS:
            children = getattr(node, field, None)
            if isinstance(children, list):  # a lambda's or conditional expression's ``body`` is no list
                inner.extend(children)
        todo.extend((child, scope, node) for child in reversed(inner))

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, outer: Scope) -> Scope:
        for decorator in node.decorator_list:
            outer.units.append(UnitRow(decorator.lineno, _end(decorator), "decorator", outer))
        definition = UnitRow(node.lineno, _header_end(node), "definition", outer)
        outer.units.append(definition)
        is_class = isinstance(node, ast.ClassDef)
        first_line = node.decorator_list[0].lineno if node.decorator_list else node.lineno
        inner = Scope(_qualname(node.name, outer), node.name, first_line, is_function=not is_class)
        inner.definition = definition
        inner.forced_global = _declared_global(node)
        self._scopes.append(inner)
        self._functions.append(FunctionRow(inner, node.lineno, _end(node), is_class))
        return inner

    def _statement(self, node: ast.AST, scope: Scope, parent: ast.AST) -> None:
        line, kind, pinned = getattr(node, "lineno", 0), "simple", False
        is_docstring = _is_docstring(node, parent)
        if isinstance(node, (ast.Global, ast.Nonlocal)) or (is_docstring and scope.is_function):
            return
        if isinstance(node, ast.AnnAssign) and node.value is None and node.simple:
            if scope.is_function or (self._lazy_annotations and isinstance(parent, ast.ClassDef)):
                return
            pinned = True
        elif isinstance(node, ast.ExceptHandler):
            kind = "except"
        elif hasattr(node, "pattern"):  # match_case, which has no position of its own; not in 3.9's ast
            kind, line = "case", node.pattern.lineno
        elif any(getattr(node, field, None) for field in _CONTAINERS):
            kind = _KINDS.get(type(node).__name__, "block")
        scope.units.append(UnitRow(line, _header_end(node), kind, scope, is_docstring, pinned))


def _qualname(name: str, outer: Scope) -> str:
    """As compiler_set_qualname has it (CPython 3.11, Python/compile.c); scopes of type parameters leave no trace."""
    if outer.name == "<module>" or name in outer.forced_global:
        return name
    return outer.qualname + (".<locals>." if outer.is_function else ".") + name


def _declared_global(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """Names that ``global`` statements of this very scope declare."""
    found: set[str] = set()
    todo: list[ast.AST] = list(node.body)
    while todo:
        statement = todo.pop()
        if isinstance(statement, ast.Global):
            found.update(statement.names)
        elif not isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            for field in _CONTAINERS:
                children = getattr(statement, field, None)
                if isinstance(children, list):
                    todo.extend(children)
    return found


def _is_docstring(node: ast.AST, parent: ast.AST) -> bool:
    return (
        isinstance(parent, (ast.Module, ast.ClassDef, *_FUNCTIONS))
        and parent.body[0] is node
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _end(node: ast.AST) -> int:
    first: int = getattr(node, "lineno", 0)
    last: int | None = getattr(node, "end_lineno", None)
    return last or first


def _header_end(node: ast.AST) -> int:
    """Last line of a simple statement, or of what stands before the colon of a compound one."""
    if not any(isinstance(getattr(node, field, None), list) for field in _CONTAINERS):
        return _end(node)
    last: int = getattr(node, "lineno", 0)
    for field, value in ast.iter_fields(node):
        if field in _CONTAINERS or field == "decorator_list":
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.arguments):
                last = max([last, *(_end(child) for child in ast.iter_child_nodes(part))])
            elif isinstance(part, ast.withitem):
                last = max(last, _end(part.context_expr), _end(part.optional_vars or part.context_expr))
            elif isinstance(part, ast.AST):
                last = max(last, _end(part))
    return last


def _attach_lines(code: CodeType, scopes: list[Scope]) -> None:
    """Give each scope the lines of its code objects (several where two have one name and first line)."""
    found: dict[tuple[str, int], set[int]] = {}
    todo = [code]
    while todo:
        each = todo.pop()
        found.setdefault((each.co_name, each.co_firstlineno), set()).update(_code_lines(each))
        todo.extend(const for const in each.co_consts if isinstance(const, CodeType))
    scopes[0].line = code.co_firstlineno  # 1, but up to 3.9 the line of the first statement
    for scope in scopes:
        scope.lines = found.get((scope.name, scope.line), set())


def _code_lines(code: CodeType) -> set[int]:
    if hasattr(code, "co_lines"):
        return {line for start, end, line in code.co_lines() if line is not None and start != end}
    return _lines_before_310(code.co_lnotab, code.co_firstlineno)


def _lines_before_310(table: bytes, line: int) -> set[int]:
    """From pairs of a bytecode step and a signed line step (CPython 3.9, Objects/lnotab_notes.txt)."""
    lines: set[int] = set()
    pending = True
    for index in range(0, len(table), 2):
        if table[index] and pending:
            lines.add(line)
            pending = False
        step = table[index + 1]
        if step:
            line += step - 256 if step > 127 else step
            pending = True
    return lines | {line}


def _has_code(unit: UnitRow) -> bool:
    """Whether one of its lines has an instruction: not always the first one, as in ``while (`` with the test below."""
    lines = unit.scope.lines
    if not lines:
        return False
    return unit.pinned or any(line in lines for line in range(unit.line, unit.end_line + 1))


def _first_of_body(function: FunctionRow) -> UnitRow | None:
    """First unit of the body; where nothing but a docstring is in it, the line on which it returns."""
    scope = function.scope
    for unit in scope.units:
        if not unit.is_docstring:
            return unit
    if scope.units:
        return scope.units[0]
    if scope.lines and (scope.definition is None or scope.definition.has_code):
        # A function's docstring has no code. A class of bare annotations has none of its own from 3.14 on but for its
        # entry.
        line = min(scope.lines) if function.is_class else max(scope.lines)
        return UnitRow(line, line, "simple", scope)
    return None


def _one_a_line(units: list[UnitRow]) -> list[UnitRow]:
    """Sorted by line; of several units on a line the first in the source, which is the outermost, stays."""
    first: dict[int, UnitRow] = {}
    for unit in units:  # scopes come outer before inner, and each scope's units in source order
        first.setdefault(unit.line, unit)
    return [first[line] for line in sorted(first)]


def _unit_list(unit: UnitRow) -> list[object]:
    scope = unit.scope
    return [unit.line, unit.end_line, unit.kind, scope.qualname, scope.line, scope.name]


def main() -> None:
    """Standard input to standard output: ``{"units": ..., "functions": ...}`` or ``{"error": [message, line]}``."""
    try:
        result: dict[str, object] = dict(extract(sys.stdin.buffer.read(), "<source>", sys.version_info[1]).rows())
    except SyntaxError as error:
        result = {"error": [error.msg, error.lineno or 0]}
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        result = {"error": [str(error) or type(error).__name__, 0]}
    sys.stdout.write(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
