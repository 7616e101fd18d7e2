"""Works for a while in three threads, then checks its own results and its interpreter's state; exit status 7 if all is right.

Arguments: a folder, and how many rounds to go. ``heart`` in it holds a number that grows all the time, ``result`` is written at the end.
"""

import gc
import mmap
import os
import signal
import sys
import threading
import time

folder = sys.argv[1]
with open(os.path.join(folder, "heart"), "wb") as file:
    file.write(bytes(4096))
with open(os.path.join(folder, "heart"), "r+b") as file:
    heart = memoryview(mmap.mmap(file.fileno(), 4096)).cast("Q")
ROUNDS = int(sys.argv[2]) if sys.argv[2:] else 80
alarms = []
signal.signal(signal.SIGALRM, lambda *_: alarms.append(threading.current_thread() is threading.main_thread()))
signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as command-line programs do
before = (sys.getswitchinterval(), sys.getrecursionlimit(), gc.isenabled(), sys.excepthook is sys.__excepthook__)
totals = {}
lock = threading.Lock()


def collatz(number):
    steps = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        steps += 1
    return steps


def depth(number):
    return 0 if number == 0 else 1 + depth(number - 1)


def one_round(name, number):
    found = sum(collatz(start) for start in range(1, 60))  # @round
    found += depth(50)
    heart[0] += 1
    with lock:
        totals[name] = totals.get(name, 0) + found + number
    return found  # @end


def work(name):
    for number in range(ROUNDS):
        one_round(name, number)


threads = [threading.Thread(target=work, args=(name,)) for name in ("first", "second")]
for thread in threads:
    thread.start()
signal.setitimer(signal.ITIMER_REAL, 0.01)
work("main")
for thread in threads:
    thread.join()
deadline = time.monotonic() + 5
while not alarms and time.monotonic() < deadline:
    time.sleep(0.001)
after = (sys.getswitchinterval(), sys.getrecursionlimit(), gc.isenabled(), sys.excepthook is sys.__excepthook__)
each = sum(range(ROUNDS)) + ROUNDS * (1438 + 50)
checks = {
    "totals": totals == {"main": each, "first": each, "second": each},
    "state": before == after,
    "alarms": alarms == [True],
    "mask": not signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    "threads": threading.enumerate() == [threading.main_thread()],
}
wrong = [name for name, right in checks.items() if not right]
with open(os.path.join(folder, "result.new"), "w") as file:
    file.write("right" if not wrong else f"wrong: {wrong} {totals} {before} {after} {alarms}")
os.rename(os.path.join(folder, "result.new"), os.path.join(folder, "result"))
sys.exit(7 if not wrong else 1)
