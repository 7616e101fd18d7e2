"""Forks a child, and that one another: each works, and ends with a status of its own."""

import os


def work(number):
    total = number * 2  # @work
    return total


def child(number):
    if number < 3:
        waited = fork(number + 1)
        print("child", number, waited, flush=True)
    os._exit(work(number))


def fork(number):
    pid = os.fork()
    if pid == 0:
        child(number)
    return os.waitpid(pid, 0)[1] >> 8


work(1)
status = fork(2)
print("status", status)  # @after
