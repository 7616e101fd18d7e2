"""A program and three children, two forked and one started, that all count in one file until they are told to end.

The file has, as numbers of eight bytes: whether to end; how far each has counted; which turn each is to meet in;
whether the last is to keep its interpreter in C code, until it reads a byte from the file with .fifo at its name's end;
each one's process.
"""

import ctypes
import mmap
import os
import subprocess
import sys

WHO = 4
FIFO = os.open(sys.argv[1] + ".fifo", os.O_RDWR)
shared = memoryview(mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 128)).cast("Q")


def meet(who, turn):
    met = who + turn  # @meet
    return met


def count(who):
    turn = 0
    shared[2 * WHO + 1 + who] = os.getpid()
    while not shared[0]:
        shared[who] += 1
        if shared[WHO + who] != turn:
            turn = shared[WHO + who]
            meet(who, turn)
        if who == WHO and shared[2 * WHO + 1]:
            shared[2 * WHO + 1] = 0
            ctypes.PyDLL(None).read(FIFO, ctypes.create_string_buffer(1), 1)


if sys.argv[2:]:
    count(WHO)
else:
    for each in (2, 3):
        if os.fork() == 0:
            count(each)
            os._exit(each)
    started = subprocess.Popen([sys.executable, __file__, sys.argv[1], "started"])
    count(1)
    print(started.wait(), sorted(os.wait()[1] >> 8 for _ in range(2)))
