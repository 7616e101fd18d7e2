"""Threads that reach breakpoints at the same time, again and again."""

import sys
import threading

THREADS, ROUNDS = 4, int(sys.argv[1])
barrier = threading.Barrier(THREADS)


def work(name):
    for number in range(ROUNDS):
        barrier.wait()
        sys.stdout.write(f"{name} {number}\n")  # @hit


threads = [threading.Thread(target=work, args=(chr(97 + index),)) for index in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
