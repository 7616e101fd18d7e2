"""Signals that come while the program is stopped: their handlers run once, in the main thread, after the stop."""

import json
import os
import signal
import sys
import threading

seen = []


def handler(number, frame):
    seen.append([number, threading.current_thread() is threading.main_thread(), frame.f_code.co_name])


for number in (signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD):
    signal.signal(number, handler)


def stopped():
    before = list(seen)  # @stop
    return before


def other():
    quiet.wait()


quiet = threading.Event()
thread = threading.Thread(target=other)
if sys.argv[2] == "threads":
    thread.start()
before = stopped()
after = list(seen)
quiet.set()
with open(sys.argv[1], "w") as file:
    json.dump([before, sorted(after)], file)
try:
    stopped()
    interrupted = False
except KeyboardInterrupt:
    interrupted = True
print("interrupted", interrupted)
