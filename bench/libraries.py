"""Libraries for the interpreters that are measured, each installed once below the cache."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import libraries
from tests.interpreters import Interpreter


def environment(python: str, version: str, name: str = "numpy") -> dict[str, str] | None:
    """What makes ``import NAME`` work; None where it can't be had."""
    interpreter = Interpreter(path=python, minor=".".join(version.split(".")[:2]), version=version)
    folder, why = libraries.folder(interpreter, name)
    if why:
        return None
    return {"PYTHONPATH": str(Path(folder))} if folder else {}
