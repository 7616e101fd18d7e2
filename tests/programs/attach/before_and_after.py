"""Tells what has changed in this process between its start and a line on standard input."""

import gc
import os
import signal
import sys
import threading
import time

TOOLS = getattr(sys, "monitoring", None)


def hook(kind, value, traceback):
    sys.__excepthook__(kind, value, traceback)


def handler(number, frame):
    pass


def files():
    """Names of the open files, but for what libffi 3.4 and newer keeps open once it was loaded."""
    links = []
    for number in os.listdir("/proc/self/fd"):
        try:
            links.append(number + " " + os.readlink("/proc/self/fd/" + number))
        except OSError:
            continue
    return sorted(link for link in links if "/libffi." not in link)


def facts():
    return {
        "files": files(),
        "threads": len(os.listdir("/proc/self/task")),
        "modules": sorted({*sys.modules} - ({"atexit"} if sys.version_info < (3, 10) else set())),
        "importer cache": sorted(sys.path_importer_cache),
        "path": list(sys.path),
        "hooks": [sys.excepthook is hook, sys.__excepthook__, sys.breakpointhook, sys.__breakpointhook__, sys.displayhook],
        "trace": [sys.gettrace(), sys.getprofile(), threading._trace_hook, sys._getframe().f_trace],
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "gc": [gc.isenabled(), gc.get_threshold(), gc.callbacks],
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval()],
        "threading": [thread.name for thread in threading.enumerate()],
        "imports": sys.modules["_frozen_importlib"]._init_module_attrs.__code__.co_consts,
        "cwd": os.getcwd(),
        "tools": [TOOLS.get_tool(number) for number in range(6)] if TOOLS else [],
        "main": sorted(vars(sys.modules["__main__"])),
    }


def turn(number):
    doubled = number * 2  # @inside
    return doubled


sys.excepthook = hook
signal.signal(signal.SIGUSR1, handler)
before = after = None
facts()
before = facts()
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    turn(1)
    time.sleep(0.01)
after = facts()
changes = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
print(changes)
if sys.argv[2:] == ["fork"]:
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    print("child", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.exit(9)
