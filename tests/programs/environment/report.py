"""Prints as JSON how it was started and what it finds, on standard output; warnings on standard error."""

import sys

modules = list(sys.modules)
stack = []
frame = sys._getframe()
while frame is not None:
    stack.append([frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno])
    frame = frame.f_back
names = sorted(globals())
importer_cache = list(sys.path_importer_cache)
registered = sys.modules.get("atexit") and sys.modules["atexit"]._ncallbacks()

import gc
import json
import os
import threading
import warnings


def spec():
    if __spec__ is None:
        return None
    return [__spec__.name, __spec__.origin, __spec__.parent, type(__spec__.loader).__name__, __spec__.cached]


def own_module(name):
    try:
        module = __import__(name)
    except ImportError as error:
        return str(error)
    return [module.__file__, module.WHERE, module.__spec__.origin, module.__spec__.cached]


def customized():
    found = {}
    for name in ("sitecustomize", "usercustomize"):
        module = sys.modules.get(name)
        found[name] = module and [module.__file__, module.__name__, module.SEEN]
    return found


def warn():
    for level in (1, 2, 3):
        warnings.warn("at level %d" % level, UserWarning, stacklevel=level)


facts = {
    "modules": modules,
    "stack": stack,
    "names": names,
    "importer cache": importer_cache,
    "exit functions": registered,
    "main": [__name__, __file__, __package__, type(__loader__).__name__, __doc__],
    "cached": globals().get("__cached__", "no such name"),
    "spec": spec(),
    "builtins": [__builtins__ is sys.modules["builtins"], sorted(vars(__builtins__))],
    "argv": [sys.argv, sys.orig_argv[1:] if sys.version_info >= (3, 10) else None],
    "path": sys.path,
    "executable": [sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix],
    "flags": str(sys.flags),
    "environ": sorted(os.environ.items()),
    "options": [sys._xoptions, sys.warnoptions, sys.dont_write_bytecode, sys.pycache_prefix],
    "filters": [str(entry) for entry in warnings.filters],
    "hooks": [
        sys.excepthook is sys.__excepthook__,
        sys.breakpointhook is sys.__breakpointhook__,
        threading.excepthook is getattr(threading, "__excepthook__", threading.excepthook),  # 3.9 has no copy
        [str(hook) for hook in (sys.unraisablehook, sys.displayhook)],
    ],
    "finders": [str(finder).partition(" object at ")[0] for finder in sys.meta_path],
    "path hooks": [str(hook).partition(" at 0x")[0] for hook in sys.path_hooks],
    "customized": customized(),
    "own module": own_module("own_module"),
    "limits": [sys.getrecursionlimit(), gc.get_threshold(), gc.isenabled()],
    "thread": [threading.current_thread().name, threading.main_thread() is threading.current_thread()],
    "bytecode": sorted(name for name in os.listdir(".") if name == "__pycache__"),
}
json.dump(facts, sys.stdout, indent=1)
sys.stdout.flush()
if not sys.warnoptions:
    warn()
