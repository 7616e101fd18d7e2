"""What the contract of ``pydelve.target.Process`` is tried on: calls, threads, a late import, a wait for its master."""

import os
import sys
import threading
import time

WORLD = "all of it"


def inner(number, text="x"):
    total = number * 2  # @inner
    return total  # @inner_ends


def outer(number):
    held = [number, {"key": (1, 2)}]
    result = inner(number)  # @outer
    return result + len(held)


def deep(levels):
    if levels:
        return deep(levels - 1)
    return levels  # @deep


def wait_for_master():
    """Say that we are here, and go on when told so: both by pipes."""
    os.write(1, b"waiting\n")
    return os.read(0, 100)


def tracing_left():
    """What a debugger that is gone must not leave behind."""
    left = [sys.gettrace(), threading.active_count() - threading.current_thread().daemon]
    if hasattr(sys, "monitoring"):
        left += [sys.monitoring.get_tool(number) for number in range(6) if sys.monitoring.get_tool(number)]
    return left


def main():
    for number in range(3):
        outer(number)  # @loop
    deep(60)
    release = threading.Event()
    helper = threading.Thread(target=release.wait, name="helper", daemon=True)
    helper.start()
    os.write(1, b"threads\n")  # @threads
    release.set()
    helper.join()
    import subject_late  # @import

    told = wait_for_master()
    latest = time.monotonic() + 10
    while told == b"alone" and tracing_left() != [None, 1] and time.monotonic() < latest:
        time.sleep(0.001)  # our last thread may have been in the debugger's code just now
    sys.stdout.write("told %r, left %r\n" % (told.decode(), tracing_left()))
    sys.exit(subject_late.STATUS)


if __name__ == "__main__":
    main()
