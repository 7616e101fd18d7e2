"""Loads the agent's modules privately: they never appear in ``sys.modules`` and nothing on ``sys.path`` can shadow
them.

Run as a script body by ``entry/sitecustomize.py``; ``load`` is its one function. Relative imports between the agent's
modules are served from a table of its own by an ``__import__`` that only these modules see; absolute ones go to the
interpreter, and are built-in modules and ``_ctypes`` only.
"""

import posix
import sys

# The annotations are strings: importing ``__future__`` here would put it into the program's sys.modules.
TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

_LOW = 100
# 3.9 forgets the exit functions that were registered when the module is made anew (Modules/atexitmodule.c)
_KEPT = ("atexit",) if sys.version_info < (3, 10) else ()


class _Future:
    """Stands for the ``__future__`` module, which is Python code of the standard library and not needed at run time."""

    annotations = None


def load(read_code: "Callable[[str], CodeType]", name: str, prefix: str) -> "ModuleType":
    """The agent module ``name``, with all it imports.

    Args:
        read_code: Gives the code object of an agent module by name.
        name: ``core`` and the like.
        prefix: What every ``co_filename`` of the agent begins with, kept as ``AGENT_PREFIX`` in each module.
    """
    real_import = __import__
    modules: "dict[str, ModuleType]" = {}
    known, known_folders, path = {*sys.modules, *_KEPT}, {*sys.path_importer_cache}, sys.path
    # interpreters have _ctypes built in, or there: no _ctypes.py on PYTHONPATH may come first
    sys.path = sorted(path, key=lambda entry: not str(entry).endswith("/lib-dynload"))
    placeholders = _fill_low_descriptors()
    scope = dict(vars(sys.modules["builtins"]))

    def private_import(  # called with positional arguments, by the IMPORT_NAME instruction
        name: str, globals_: "Any" = None, locals_: "Any" = None, fromlist: "tuple[str, ...]" = (), level: int = 0
    ) -> "Any":
        if name == "__future__":
            return _Future
        if level == 0:
            return real_import(name, globals_, locals_, fromlist, level)
        if name:
            return get(name)
        package = type(sys)("pydelve.agent")
        for entry in fromlist:
            setattr(package, entry, get(entry))
        return package

    def get(name: str) -> "ModuleType":
        if name not in modules:
            module = type(sys)("pydelve.agent." + name)
            modules[name] = module
            module.__dict__.update(__builtins__=scope, __package__="pydelve.agent", AGENT_PREFIX=prefix)
            exec(read_code(name), module.__dict__)
        return modules[name]

    scope["__import__"] = private_import
    try:
        return get(name)
    finally:
        for fd in placeholders:
            posix.close(fd)
        for unknown in sys.modules.keys() - known:  # the program finds them as it would without us: not imported yet
            del sys.modules[unknown]
        for unknown in sys.path_importer_cache.keys() - known_folders:
            del sys.path_importer_cache[unknown]
        sys.path = path


def _fill_low_descriptors() -> "list[int]":
    """Take all low descriptors for a moment: libffi may open a file and keep it, and the next one is the program's."""
    taken: "list[int]" = []
    try:
        taken.append(posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC))
        while taken[-1] < _LOW:
            taken.append(posix.dup(taken[0]))
    except OSError:  # the limit is lower than that
        return taken
    return taken
