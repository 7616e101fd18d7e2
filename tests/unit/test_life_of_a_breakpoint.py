"""docs/internals/life-of-a-breakpoint.md names functions: each of them exists."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PAGE = ROOT / "docs" / "internals" / "life-of-a-breakpoint.md"
_NAMES = sorted(set(re.findall(r"`(pydelve(?:\.\w+)+)`", _PAGE.read_text(encoding="utf-8"))))


def _exists(name: str) -> bool:
    """Found by import, or, for the agent's modules that need another Python than this one, in their source."""
    words = name.split(".")
    for count in range(len(words) - 1, 0, -1):
        path = ROOT.joinpath(*words[:count])
        if not (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()):
            continue
        if words[1] == "agent":
            body: list[ast.stmt] = ast.parse(path.with_suffix(".py").read_text(encoding="utf-8")).body
            for word in words[count:]:
                found = [
                    node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == word
                ]
                if not found:
                    return False
                body = found[0].body
            return True
        found_object: object = importlib.import_module(".".join(words[:count]))
        for word in words[count:]:
            found_object = getattr(found_object, word, None)
        return found_object is not None
    return False


@pytest.mark.parametrize("name", _NAMES)
def test_named_function_exists(name: str) -> None:
    assert _exists(name), f"{_PAGE.name} names {name}"
