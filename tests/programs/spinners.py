"""Threads that count in shared memory, each in a way of its own; the main thread stops, and counts as well.

Arguments: path of a file of 4096 zeros, where 8-byte counters are; how many rounds the main thread goes.
"""

import json
import mmap
import re
import sys
import threading
import time
import zlib

with open(sys.argv[1], "r+b") as file:
    counters = memoryview(mmap.mmap(file.fileno(), 4096)).cast("Q")
go_on = True


def plain(count):
    while go_on:
        count()


def library(count):
    text = json.dumps({str(number): [number] * 3 for number in range(20)})
    pattern = re.compile(r"(\d+): \[(\d+)")
    while go_on:
        json.loads(text)
        pattern.findall(text)
        sorted(range(200), key=lambda number: -number)
        count()


def locks(count, lock=threading.Lock()):
    while go_on:
        with lock:
            count()


def sleeper(count):
    while go_on:
        time.sleep(0.0005)
        count()


def without_gil(count, data=bytes(1 << 16)):
    while go_on:
        zlib.compress(data)  # lets the GIL go
        count()


def counter(index):
    def count():
        counters[index] += 1

    return count


WAYS = [plain, plain, library, locks, locks, sleeper, without_gil]


def round_of_main(number):
    total = number  # @round
    total += 1  # @next
    counters[0] += 1  # @count
    return total  # @return


def main():
    threads = [
        threading.Thread(target=way, args=(counter(index),), name=way.__name__, daemon=True)
        for index, way in enumerate(WAYS, 1)
    ]
    for thread in threads:
        thread.start()
    while not all(counters[index] for index in range(1, len(WAYS) + 1)):
        time.sleep(0.001)
    for number in range(int(sys.argv[2])):
        round_of_main(number)  # @call
    while counters[511] == 0:  # the test says when to end
        time.sleep(0.001)
    global go_on
    go_on = False
    for thread in threads:
        thread.join()
    print("done", counters[0])


main()
