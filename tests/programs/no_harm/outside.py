"""Stops that no event has called, while others are on: an uncaught exception, ``breakpoint()`` in a trace function."""

import sys
import threading


def busy():
    while True:
        sum(range(50))


def trace(frame, event, argument):
    if frame.f_code.co_name == "traced":
        breakpoint()


def traced():
    return 1


def fails():
    raise ValueError("uncaught")


if sys.argv[1] == "trace":
    sys.settrace(trace)
    traced()
    sys.settrace(None)
    print("traced")
else:
    for _ in range(2):
        threading.Thread(target=busy, daemon=True).start()
    fails()
