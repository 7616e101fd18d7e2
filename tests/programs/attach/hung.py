"""A program that hangs: ``hung.py KIND``. It says ready when every thread is where it stays."""

import ctypes
import os
import sys
import threading

first, second, third = threading.Lock(), threading.Lock(), threading.RLock()
steps = [threading.Event() for _ in range(3)]


def one():
    with first:
        steps[0].set()
        steps[1].wait()
        with second:
            pass


def two():
    with second:
        steps[1].set()
        steps[0].wait()
        first.acquire()


def owns():
    third.acquire()
    steps[2].set()
    sys.stdin.readline()
    third.release()


def wants():
    steps[2].wait()
    with third:
        pass


def start(*functions):
    for function in functions:
        threading.Thread(target=function, name=function.__name__, daemon=True).start()


def deadlock():
    start(one, two, owns, wants)
    print("ready", flush=True)
    threading.enumerate()[1].join()


def itself():
    with first:
        print("ready", flush=True)
        first.acquire()


def in_c():
    """Holds the GIL in a C function."""
    os.write(1, b"ready\n")
    ctypes.PyDLL(None).pause()


def holds_gil():
    start(deadlock_free)
    steps[0].wait()
    in_c()


def deadlock_free():
    steps[0].set()
    while True:
        sum(range(1000))


globals()[sys.argv[1]]()
