"""Exceptions that one thread asks to be raised in another, as libraries for time limits do, while conditions run."""

import ctypes
import threading

ROUNDS = 8


class Timeout(Exception):
    pass


def work(begun):
    number = 0
    try:
        begun.set()
        while True:
            number += 1  # @turn
    except Timeout:
        pass


lost = 0
for _ in range(ROUNDS):
    begun = threading.Event()
    thread = threading.Thread(target=work, args=(begun,), daemon=True)
    thread.start()
    begun.wait()
    asked = 0
    while thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Timeout))
        thread.join(5)
        asked += 1
    lost += asked - 1
print("lost", lost, flush=True)
