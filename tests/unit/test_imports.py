"""Each name that one of our modules imports from another is there when it runs, not for type checkers alone.

Imports within functions run when they are needed, often in no test; a type checker takes the names that stand under
``TYPE_CHECKING`` for names like all others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec, resolve_name
from pathlib import Path

import pydelve
import pydelve_dap

_FOLDERS = {package.__name__: Path(package.__path__[0]) for package in (pydelve, pydelve_dap)}


def _imports(node: ast.AST) -> Iterator[ast.ImportFrom]:
    """Those that are run, wherever they stand."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from _imports(other)
        elif isinstance(child, ast.ImportFrom):
            yield child
        else:
            yield from _imports(child)


def _missing(path: Path, folder: Path, package: str) -> Iterator[str]:
    inside = ".".join([package, *path.relative_to(folder).parts[:-1]])
    for node in _imports(ast.parse(path.read_text(encoding="utf-8"))):
        name = resolve_name("." * node.level + (node.module or ""), inside)
        if name.partition(".")[0] not in _FOLDERS:
            continue
        module = import_module(name)
        for alias in node.names:
            is_module = hasattr(module, "__path__") and find_spec(f"{name}.{alias.name}") is not None
            if not is_module and not hasattr(module, alias.name):
                yield f"{path.relative_to(folder)}:{node.lineno}: {name} has no {alias.name}"


def test_what_is_imported_is_there() -> None:
    missing = [
        line
        for package, folder in _FOLDERS.items()
        for path in sorted(folder.rglob("*.py"))
        for line in _missing(path, folder, package)
    ]
    assert missing == []


def _named(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What a file binds to modules that are imported late, and what type checkers take these names for."""
    late: dict[str, str] = {}
    told: dict[str, str] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("Deferred"), [ast.Constant(module)])):
                late[name] = str(module)
            case ast.ImportFrom(module, names) if module is not None:
                told |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in names}
    return late, told


def test_what_is_deferred_is_what_type_checkers_are_told() -> None:
    found = 0
    for path in Path(pydelve.__path__[0]).rglob("*.py"):
        late, told = _named(path)
        assert late == {name: told.get(name) for name in late}, path
        found += len(late)
        for module in late.values():
            import_module(module)
    assert found
