"""Ends, or does something rough, in the way its first argument names."""

import atexit
import faulthandler
import os
import signal
import subprocess
import sys
import threading
import warnings


def leave(value):
    return value  # @stop


def cause():
    try:
        {}["key"]
    except KeyError as error:
        raise ValueError("caused") from error


def chained():
    try:
        cause()
    except ValueError:
        leave(1)
        raise RuntimeError("while handling")


def in_thread():
    thread = threading.Thread(target=chained, name="worker")
    thread.start()
    thread.join()
    leave("joined")


def group():
    errors = [ValueError(1), KeyError("two")]
    raise (ExceptionGroup("several", errors) if sys.version_info >= (3, 11) else errors[0])


def noted():
    error = ValueError("multi\nline \u00e9")
    if sys.version_info >= (3, 11):
        error.add_note("a note")
    raise error


def own_hook():
    def hook(kind, value, traceback):
        depth = 0
        while traceback is not None:
            traceback, depth = traceback.tb_next, depth + 1
        print("hook", kind, value, depth, sys._getframe(1) if sys._getframe().f_back else "nothing beneath", file=sys.stderr)

    sys.excepthook = hook
    chained()


def failing_hook():
    sys.excepthook = lambda *args: 1 / 0
    chained()


def deep():
    def recurse(number):
        return recurse(number + 1) + 1

    recurse(0)


def syntax():
    leave(compile("a = (1,\nb = 2", "<made>", "exec"))


def exit_functions():
    atexit.register(print, "first registered, last called")
    atexit.register(leave, 1)
    atexit.register(lambda: 1 / 0)
    atexit.register(sys.exit, 9)
    atexit.register(print, "last registered, first called")
    leave(2)


def interrupted():
    leave(1)
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        signal.pause()


def handled():
    try:
        interrupted()
    except KeyboardInterrupt as error:
        traceback, names = error.__traceback__, []
        while traceback is not None:
            names.append(traceback.tb_frame.f_code.co_name)
            traceback = traceback.tb_next
        print("interrupted in", names)


def terminated():
    leave(1)
    os.kill(os.getpid(), signal.SIGTERM)


def aborted():
    faulthandler.enable(all_threads=False)
    leave(1)
    os.abort()


def dumped():
    import _thread
    import json

    leave(1)
    json.dump([threading.active_count(), len(sys._current_frames()), _thread._count(), len(os.listdir("/proc/self/task"))], sys.stdout)
    faulthandler.dump_traceback(all_threads=True)


def fork_warns():
    """With one thread, and with two: only then there is a warning. The filters are the program's own before and after."""
    leave(1)
    filters = list(warnings.filters)
    for action in ("always", "error"):
        fork_and_tell(action)
    subprocess.run(["true"], preexec_fn=int)
    lock = threading.Lock()
    with lock:
        thread = threading.Thread(target=lock.acquire)
        thread.start()
        fork_and_tell("always")
    thread.join()
    print(filters == warnings.filters)


def fork_and_tell(action):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter(action)
        filters = list(warnings.filters)
        try:
            child = os.fork()
        except DeprecationWarning as error:
            print(action, "raised", str(error).partition(") ")[2])
            return  # the child is there all the same
        if child == 0:
            os._exit(filters != warnings.filters)
        print(action, [str(entry.message).partition(") ")[2] for entry in seen], flush=True)
        print(os.waitpid(child, 0)[1], filters == warnings.filters)


def raw_fork():
    """Without Python's knowledge, as C code does."""
    import ctypes

    child = ctypes.PyDLL(None).fork()
    if child == 0:
        leave(2)
        os._exit(3)
    status = os.waitpid(child, 0)[1]
    leave(3)
    print(status >> 8)


def warn():
    for level in (1, 2, 3, 4):
        leave(level)
        warnings.warn("at level %d" % level, UserWarning, stacklevel=level)
    warnings.warn_explicit("explicit", DeprecationWarning, __file__, 1)


def unraisable():
    class Broken:
        def __del__(self):
            leave(self)
            raise ValueError("in __del__")

    Broken.__repr__ = Broken.__str__ = lambda self: "a broken one"
    Broken()


def replaced():
    leave(1)
    text = "import sys; print('another program', sys.argv, 'gc' in sys.modules, sys.gettrace(), sys.excepthook is sys.__excepthook__)"
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-c", text, "argument"])


def collected():
    import gc

    seen = []
    freed = []

    class Cycle:
        def __init__(self, number):
            self.me, self.number = self, number

        def __del__(self):
            freed.append(self.number)

    gc.collect()
    gc.callbacks.append(lambda phase, details: seen.append((phase, details["generation"], details["collected"] >= 2)))
    before = gc.isenabled(), gc.get_threshold(), len(gc.get_objects()) > 0
    made = [Cycle(1), Cycle(2)]
    del made
    leave(1)
    print(freed, seen)
    gc.collect()
    print(freed, seen[-2:], before == (gc.isenabled(), gc.get_threshold(), True), gc.garbage)
    gc.callbacks.clear()


def errno():
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    location = ctypes.PyDLL(None).__errno_location
    location.restype = ctypes.POINTER(ctypes.c_int)
    location().contents.value = 77
    leave(1)
    print(location().contents.value)
    ctypes.set_errno(66)
    leave(2)
    print(ctypes.get_errno(), libc.close(-1), ctypes.get_errno())


def status_text():
    leave(1)
    sys.exit("a text for standard error")


def status_number():
    sys.exit(300 + leave(1))


def status_none():
    leave(1)
    sys.exit(None)


def status_odd():
    leave(1)
    raise SystemExit(("a", "tuple"))


def system_exit_in_thread():
    thread = threading.Thread(target=sys.exit, args=(3,))
    thread.start()
    thread.join()
    leave(1)


def left_thread():
    def late():
        threading.main_thread().join()
        leave(1)
        print("after the main thread")

    threading.Thread(target=late).start()
    atexit.register(print, "exit function")


globals()[sys.argv[1]]()
