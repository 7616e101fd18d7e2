"""Writes what a program can see of its interpreter and its process, as JSON, to the file named by its first argument."""

import atexit
import builtins
import gc
import json
import os
import signal
import sys
import threading
import warnings

ended = []
atexit.register(lambda: print("exit functions", ended))
atexit.register(ended.append, "registered later, called first")


def depth_left():
    """How deep recursion goes from here."""
    try:
        return 1 + depth_left()
    except RecursionError:
        return 0


def looked_at(argument):
    mapping = locals()
    argument = "changed"  # @stop
    total = 1  # @after
    return sorted((name, value) for name, value in mapping.items() if value is not mapping)


def near_the_limit(left):
    if left == 0:
        return depth_left()  # @deep
    return near_the_limit(left - 1)


def descriptors():
    """Those of the program: numbers below 100, as nothing here opens that many."""
    return sorted(int(name) for name in os.listdir("/proc/self/fd") if int(name) < 100)


def inherited():
    return sorted(fd for fd in map(int, os.listdir("/proc/self/fd")) if fd > 2 and os.path.exists(f"/proc/self/fd/{fd}") and os.get_inheritable(fd))


def handlers():
    return {int(number): str(signal.getsignal(number)) for number in sorted(signal.valid_signals())}


def state():
    return {
        "modules": sorted(sys.modules),
        "threads": [thread.name for thread in threading.enumerate()],
        "main thread": threading.current_thread() is threading.main_thread(),
        "descriptors": descriptors(),
        "inherited": inherited(),
        "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__, sys.unraisablehook is sys.__unraisablehook__],
        "path": sys.path,
        "environ": dict(os.environ),
        "argv": [sys.argv[0], *sys.argv[2:]],
        "orig_argv": getattr(sys, "orig_argv", [])[1:-1],
        "flags": str(sys.flags),
        "main": sorted(vars(sys.modules["__main__"])),
        "file": [__file__, __name__, str(__spec__), str(__package__), type(__loader__).__name__, str(globals().get("__cached__"))],
        "builtins": sorted(vars(builtins)),
        "warnings": [str(entry) for entry in warnings.filters],
        "gc": [gc.isenabled(), gc.get_threshold(), len(gc.callbacks), gc.get_freeze_count()],
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval()],
        "signals": handlers(),
        "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
        "finders": [str(finder).partition(" object at ")[0] for finder in sys.meta_path] + [str(len(sys.path_hooks))],
        "importer cache": sorted(sys.path_importer_cache),
        "streams": [sys.stdin.encoding, sys.stdout.encoding, sys.stderr.errors, sys.stdout.line_buffering],
        "umask and folder": [os.umask(0o022), os.getcwd(), os.getpriority(os.PRIO_PROCESS, 0)],
        "looked at": looked_at("as it was"),
        "deep": near_the_limit(sys.getrecursionlimit() - 100),
        "profile": sys.getprofile() is None,
        "usable": [__import__("ctypes").CDLL(None).getpid() == os.getpid(), "_ctypes" in sys.modules],
    }


with open(sys.argv[1], "w") as file:
    json.dump(state(), file, indent=1, default=str)
print("output")
print("errors", file=sys.stderr)
sys.exit(5)
