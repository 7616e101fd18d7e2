"""Ends in the way that its argument says."""

import os
import signal
import sys


def end(how):
    if how == "exit":
        sys.exit(3)
    if how == "message":
        sys.exit("no more")
    if how == "hard":
        os._exit(4)
    if how == "signal":
        os.kill(os.getpid(), signal.SIGKILL)


try:
    end(sys.argv[1])
finally:
    print("finally ran")
