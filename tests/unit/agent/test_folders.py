"""What each folder of the agent may import of the others when it runs; types for annotations may come from anywhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pydelve import agent

_AGENT = Path(agent.__file__).parent
_ORDER = (
    ("interpreter",),
    ("looking", "printers"),
    ("tasks", "weaving", "children"),
    ("calls",),
    ("events",),
    ("exceptions",),
)
"""From the lowest: a folder imports those below it, and itself. ``looking`` and ``printers`` need each other."""


def _imported(path: Path) -> set[str]:
    """The folders that a module imports from at run time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    return {
        node.module.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and node.module and id(node) not in for_types
    } & {folder for level in _ORDER for folder in level}


@pytest.mark.parametrize("height", range(len(_ORDER)), ids=["-".join(level) for level in _ORDER])
def test_imports_go_downwards_only(height: int) -> None:
    below = {folder for level in _ORDER[:height] for folder in level}
    wrong = {
        f"{path.relative_to(_AGENT)} imports {', '.join(sorted(above))}"
        for folder in _ORDER[height]
        for path in sorted((_AGENT / folder).glob("*.py"))
        if (above := _imported(path) - below - ({folder} if len(_ORDER[height]) > 2 else set(_ORDER[height])))
    }
    assert wrong == set()


def test_all_folders_are_in_the_order() -> None:
    folders = {path.parent.name for path in _AGENT.glob("*/__init__.py")}
    assert folders == {folder for level in _ORDER for folder in level}
