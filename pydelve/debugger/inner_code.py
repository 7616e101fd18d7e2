"""Code inside a statement: lambdas and comprehensions, which a breakpoint on the statement's line is not about.

Read from the syntax tree by our own parser. Pure; called by ``locations``.
"""

from __future__ import annotations

import ast
import os

from pydelve.api.breakpoints import Location, Unit
from pydelve.debugger.sources import SourceFile
from pydelve.errors import LocationError

_NAMES: dict[type[ast.expr], str] = {
    ast.Lambda: "<lambda>",
    ast.GeneratorExp: "<genexpr>",
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
}
_INLINED = (ast.ListComp, ast.SetComp, ast.DictComp)
"""From 3.12 on they are part of the code around them (PEP 709)."""


def inner_locations(source: SourceFile, line: int) -> tuple[Location, ...]:
    """Lambdas and comprehensions whose body, what they compute, begins on a line.

    Raises:
        LocationError: there is none that has code of its own.
    """
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise LocationError(f"can't look for expressions in {source.path}", why=str(error)) from error
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr) and type(node) in _NAMES]
    there = [node for node in nodes if _body(node).lineno == line]
    found = [node for node in there if not (isinstance(node, _INLINED) and source.interpreter.minor >= 12)]
    if not found:
        why = "no lambda and no comprehension has its body there"
        if there:
            why = "from Python 3.12 on, list, set and dict comprehensions are part of the function around them"
        raise LocationError(
            f"there is no expression to stop in on line {line}",
            why=why,
            hint=f"break {os.path.basename(source.path)}:{line}",
        )
    return tuple(dict.fromkeys(_location(source, node) for node in found))  # two lambdas of one line are one


def _body(node: ast.expr) -> ast.expr:
    match node:
        case ast.Lambda(body=body):
            return body
        case ast.DictComp(key=key):
            return key
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return element
    raise AssertionError(node)


def _location(source: SourceFile, node: ast.expr) -> Location:
    around = source.function_at(node.lineno)
    prefix = "" if around is None else around.qualname + ("." if around.is_class else ".<locals>.")
    name = _NAMES[type(node)]
    body = _body(node)
    unit = Unit(body.lineno, body.end_lineno or body.lineno, "simple", prefix + name, node.lineno, name)
    return Location(source.path, unit, unit.scope)
