"""Leaves a child behind that waits for a file, and then writes another."""

import os
import sys
import time


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)


def work(number):
    total = number * 2  # @work
    return total


folder = sys.argv[1]
if os.fork() == 0:
    open(folder + "/begun", "w").close()  # by now the debugger knows of it
    wait_for(folder + "/go")
    with open(folder + "/done.tmp", "w") as file:
        file.write(str(work(4)))
    os.rename(folder + "/done.tmp", folder + "/done")
    os._exit(0)
if sys.argv[2:] != ["stay"]:
    wait_for(folder + "/begun")
print("forked", flush=True)
if sys.argv[2:] == ["stay"]:
    wait_for(folder + "/stop")  # @stays
