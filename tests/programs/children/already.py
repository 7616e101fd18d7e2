"""Has children before it says that it is ready: two that it has forked and one that a shell has started. After a line, each
works, and ends with what came of it.
"""

import os
import subprocess
import sys


def work(number):
    total = number * 2  # @work
    return total


def child(ready, go, number):
    os.write(ready, b"!")
    os.read(go, 1)
    os._exit(work(number))


if len(sys.argv) > 1:
    child(*map(int, sys.argv[1:]))
(told, ready), (go, begin) = os.pipe(), os.pipe()
pids = []
for each in (3, 4):
    pids.append(os.fork())
    if not pids[-1]:
        child(ready, go, each)
line = f"'{sys.executable}' '{__file__}' {ready} {go} 5; exit $?"
shell = subprocess.Popen(line, shell=True, pass_fds=(ready, go))
for _ in range(3):
    os.read(told, 1)
print("ready", flush=True)  # @ready
sys.stdin.readline()
os.write(begin, b"!!!")
print([os.waitpid(pid, 0)[1] >> 8 for pid in pids], shell.wait(), flush=True)
