"""Does what programs do to themselves, one thing a run: the first argument says which."""

import os
import sys


def patch():
    import _thread
    import builtins
    import gc
    import io
    import posix
    import socket
    import threading
    import time

    def broken(*args, **kwargs):
        raise RuntimeError("patched")

    time.time = time.sleep = time.monotonic = broken
    threading.Lock = threading.current_thread = threading.enumerate = broken
    socket.socket = os.read = os.write = os.close = os.getpid = io.open = builtins.open = broken
    for name in ("len", "isinstance", "str", "list", "dict", "map", "vars", "exec", "sorted", "max", "min"):
        setattr(builtins, name, broken)
    for name in ("read", "close", "fstat", "getpid"):
        setattr(posix, name, broken)
    gc.isenabled = gc.disable = gc.enable = gc.get_objects = broken
    _thread.allocate_lock = _thread.get_ident = broken
    sys.getrecursionlimit = broken
    plain_import = builtins.__import__
    builtins.__import__ = broken
    stop_here("patched")
    builtins.__import__ = plain_import
    stop_here("import again")


def closerange():
    os.closerange(3, 65536)
    opened = os.open("/dev/null", os.O_RDONLY)
    for number in range(200, 204):
        os.dup2(opened, number)
    stop_here("closed")
    assert os.fstat(200).st_rdev == os.fstat(opened).st_rdev


def fork():
    child = os.fork()
    if child == 0:
        stop_here("child")
        os._exit(3)
    status = os.waitpid(child, 0)[1]
    stop_here("parent")
    assert status == 3 << 8


def exits():
    stop_here("leaving")
    os._exit(4)


def traces():
    events = []

    def trace(frame, event, argument):
        if frame.f_code is stop_here.__code__:
            events.append(event)
        return trace

    sys.settrace(trace)
    stop_here("traced")
    sys.settrace(None)
    stop_here("no more")
    assert events == ["call", "line", "return"], events


def stop_here(text):
    return text  # @stop


{"patch": patch, "closerange": closerange, "fork": fork, "exits": exits, "traces": traces}[sys.argv[1]]()
sys.stdout.write("done\n")
