"""Threads of all kinds come by one function: of threading, daemons, raw ones, and one that C code has started."""

import _thread
import ctypes
import sys
import threading
import time


def visit(kind):
    seen.append(kind)  # @visit
    for letter in kind:  # @header
        last = letter
    return last  # @last


def worker():
    visit("worker")
    visit("worker again")


def daemon():
    visit("daemon")
    parked.release()
    forever.acquire()


def raw():
    visit("raw")
    done.release()


@ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_size_t)
def native(argument):
    libc.prctl(15, b"a native one")  # PR_SET_NAME
    visit("native")
    return 0


def start_native():
    """As a library's own threads do: the thread is unknown to Python until it calls."""
    libc.pthread_create.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
    libc.pthread_join.argtypes = ctypes.c_size_t, ctypes.c_void_p
    handle = ctypes.c_size_t()
    libc.pthread_create(ctypes.byref(handle), None, ctypes.cast(native, ctypes.c_void_p), None)
    libc.pthread_join(handle, None)


seen = []
libc = ctypes.CDLL(None)
done, parked, forever = _thread.allocate_lock(), _thread.allocate_lock(), _thread.allocate_lock()
for lock in (done, parked, forever):
    lock.acquire()
thread = threading.Thread(target=worker, name="the worker")
thread.start()
thread.join()
threading.Thread(target=daemon, name="the daemon", daemon=True).start()
parked.acquire()
ident = _thread.start_new_thread(raw, ())
done.acquire()
while ident in sys._current_frames():  # there is no join for it
    time.sleep(0.001)
start_native()
print(*seen, sep=", ")  # @end
