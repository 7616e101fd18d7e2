"""Says that it is ready, waits for a line, then forks and starts a child; each ends with a status of its own."""

import os
import subprocess
import sys


def work(number):
    total = number * 2  # @work
    return total


if len(sys.argv) > 1:
    sys.exit(work(int(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
if os.fork() == 0:
    os._exit(work(3))
forked = os.wait()[1] >> 8
print(forked, subprocess.call([sys.executable, __file__, "4"]), flush=True)
