"""Loads the agent's modules privately: they never appear in ``sys.modules`` and nothing on ``sys.path`` can shadow
them.

Run as a script body by ``entry/sitecustomize.py`` and ``entry/attached.py``; ``load`` is its one function. Relative
imports between the agent's modules are served from a table of its own by an ``__import__`` that only these modules
see; absolute ones go to the interpreter, and are built-in modules and ``_ctypes`` only.
"""

import posix
import sys

# The annotations are strings: importing ``__future__`` here would put it into the program's sys.modules.
TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any

# folders of agent modules, whose own are imported as `from ..printers.times import ...`
_PACKAGES = ("calls", "children", "events", "exceptions", "interpreter", "looking", "printers", "tasks", "weaving")
_COPIED = ("posix", "time", "gc", "_signal", "_thread", "marshal")  # what programs patch, and the agent only calls
# what libraries such as gevent replace before we come, by functions that do something else
_REPLACED = {"_thread": ("start_new_thread", "allocate_lock", "get_ident"), "time": ("sleep", "monotonic")}
_SYNONYMS = {"start_new_thread": "start_new", "allocate_lock": "allocate"}  # of old, which they leave alone
_LOW = 100
_SPARED = 16
# 3.9 forgets the exit functions that were registered when the module is made anew (Modules/atexitmodule.c)
_KEPT = ("atexit",) if sys.version_info < (3, 10) else ()


class _Future:
    """Stands for the ``__future__`` module, which is Python code of the standard library and not needed at run time."""

    annotations = None


def load(
    read_code: "Callable[[str], CodeType]", name: str, prefix: str, debugger: int, alone: bool = True
) -> "ModuleType":
    """The agent module ``name``, with all it imports.

    Args:
        read_code: Gives the code object of an agent module by name.
        name: ``core`` and the like.
        prefix: What every ``co_filename`` of the agent begins with, kept as ``AGENT_PREFIX`` in each module.
        debugger: Pid of the debugger, as it sees itself, kept as ``DEBUGGER``.
        alone: Nothing of the program runs yet.
    """
    modules: "dict[str, ModuleType]" = {}
    outside: "dict[str, ModuleType]" = {}
    real_import = __import__
    loaded: "list[bool]" = []
    placeholders = _fill_low_descriptors() if alone else []
    scope = dict(vars(sys.modules["builtins"]))

    def private_import(  # called with positional arguments, by the IMPORT_NAME instruction
        name: str, globals_: "Any" = None, locals_: "Any" = None, fromlist: "tuple[str, ...]" = (), level: int = 0
    ) -> "Any":
        if name == "__future__":
            return _Future
        if level == 0:
            if loaded and name not in outside:
                # not ours: C code imports by the builtins of the frame it is called from, such as a hook's
                return real_import(name, globals_, locals_, fromlist, level)
            if name not in outside:
                module = _import_unseen(name)
                outside[name] = _copied(module) if name in _COPIED else module
            return outside[name]
        if name and name not in _PACKAGES:
            return get(name)
        package = type(sys)("pydelve.agent")
        for entry in fromlist:
            setattr(package, entry, get(name + "." + entry if name else entry))
        return package

    def get(name: str) -> "ModuleType":
        if name not in modules:
            module = type(sys)("pydelve.agent." + name)
            modules[name] = module
            module.__dict__.update(
                __builtins__=scope, __package__="pydelve.agent", AGENT_PREFIX=prefix, DEBUGGER=debugger
            )
            try:
                exec(read_code(name), module.__dict__)
            except BaseException:  # such as no file left to open: the next time it may be
                del modules[name]
                raise
        return modules[name]

    scope["__import__"] = private_import
    try:
        return get(name)
    finally:
        loaded.append(True)
        for fd in placeholders:
            posix.close(fd)


def _copied(module: "ModuleType") -> "ModuleType":
    """The module as it is now, whatever the program puts into it later, with the functions that Python made."""
    copy = type(sys)(module.__name__)
    names = copy.__dict__
    names.update(module.__dict__)
    saved = getattr(sys.modules.get("gevent.monkey"), "saved", {}).get(module.__name__, {})
    for name in _REPLACED.get(module.__name__, ()):
        if type(names[name]) is not type(len):
            found = saved.get(name, names.get(_SYNONYMS.get(name, "")))
            if type(found) is not type(len):
                raise RuntimeError(
                    "%s.%s is not Python's own any more: %s has replaced it"
                    % (module.__name__, name, getattr(names[name], "__module__", "a library"))
                )
            names[name] = found
    return copy


def _import_unseen(name: str) -> "ModuleType":
    """A module of the interpreter's own. The program finds it as it would without us: not imported, if it was not."""
    known = name in sys.modules or name in _KEPT
    folders, before = {*sys.path_importer_cache}, {*sys.modules}
    module = _find_ctypes() if name == "_ctypes" and not known else None
    if module is None:
        module = __import__(name)
    if not known:
        sys.modules.pop(name, None)
        for extra in [other for other in sys.modules.keys() - before if other.startswith("encodings.")]:
            del sys.modules[extra]  # in development mode, _ctypes brings a codec along (3.9, 3.10)
        for folder in sys.path_importer_cache.keys() - folders:
            sys.path_importer_cache.pop(folder, None)
    return module


def _find_ctypes() -> "ModuleType | None":
    """The interpreter's own ``_ctypes``, where it is a file: no ``_ctypes.py`` on PYTHONPATH may come first."""
    folders = [entry for entry in sys.path if str(entry).endswith("/lib-dynload")]
    if not folders or "_ctypes" in sys.builtin_module_names:
        return None
    spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec("_ctypes", folders)
    if spec is None:
        return None
    module: "ModuleType" = sys.modules["_frozen_importlib"]._load(spec)
    return module


def _fill_low_descriptors() -> "list[int]":
    """Take all low descriptors for a moment: libffi may open a file and keep it, and the next one is the program's."""
    taken: "list[int]" = []
    try:
        taken.append(posix.open("/dev/null", posix.O_RDONLY | posix.O_CLOEXEC))
        while taken[-1] < _LOW + _SPARED:
            taken.append(posix.dup(taken[0]))
    except OSError:  # the limit is lower than that
        pass
    for fd in taken[-_SPARED:]:  # whatever the limit is: some are needed meanwhile
        posix.close(fd)
    del taken[-_SPARED:]
    return taken
