"""A program that has all the files open that it may."""

import os
import resource
import time

resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
try:
    while True:
        os.dup(0)
except OSError:
    pass


def called():
    return 1


while True:
    called()  # @turn
    time.sleep(0.001)
