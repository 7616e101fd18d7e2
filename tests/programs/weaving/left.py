"""Calls a function until told to end; then says whether its code is what it was, here and in a forked child."""
import os
import sys
import time


def work(n):
    for i in range(n):
        n += i  # @work
    return n


original = work.__code__
child = 0
while not os.path.exists(sys.argv[1]):
    work(10)  # @calls
    if not child and work.__code__ is not original:
        child = os.fork()
        if not child:
            work(10)
            os._exit(0 if work.__code__ is original else 1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    time.sleep(0.001)
with open(sys.argv[1] + ".answer", "w") as answer:
    answer.write(f"{work.__code__ is original} {work(10)} {child and status}")
os.rename(sys.argv[1] + ".answer", sys.argv[1] + ".done")
