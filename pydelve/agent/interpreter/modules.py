"""What modules the program has loaded, read without running code of theirs. Called by any thread that serves."""

from __future__ import annotations

import sys

from ..interpreter.paths import canonical, current_folder

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any

    from ..interpreter.paths import Ownership


def dict_of(module: Any) -> dict[str, Any]:
    """A module's namespace, without its ``__getattr__``."""
    try:
        found: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return found


def loaded_files() -> set[str]:
    """Paths of the modules that are loaded."""
    files = set()
    for module in list((sys.modules or {}).values()):  # None while the interpreter ends
        name = dict_of(module).get("__file__")
        if type(name) is str:
            files.add(canonical(name))
    return files


def describe(ownership: Ownership) -> dict[str, Any]:
    """What is loaded, and where more is found: names, files, ``sys.path``, the working folder."""
    loaded = []
    for name, module in list(sys.modules.items()):
        file = dict_of(module).get("__file__")
        if type(name) is str and type(file) is str:
            path = canonical(file)
            loaded.append([name, path, ownership.is_library(file)])
    return {
        "modules": loaded,
        "path": [entry for entry in sys.path if type(entry) is str],
        "cwd": current_folder(),
    }
