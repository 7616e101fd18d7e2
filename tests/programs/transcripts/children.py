"""A program with a child that has a child, one after the other at the same line."""

import os


def double(number):
    return number * 2


def child(number):
    if number < 2:
        fork(number + 1)
    os._exit(double(number))


def fork(number):
    pid = os.fork()
    if pid == 0:
        child(number)
    return os.waitpid(pid, 0)[1] >> 8


status = fork(1)
total = double(status)
