"""Starts itself twice, and forks once."""

import os
import subprocess
import sys


def work(number):
    total = number * 2  # @work
    return total


if len(sys.argv) > 1:
    sys.exit(work(int(sys.argv[1])))
statuses = [subprocess.call([sys.executable, __file__, number]) for number in ("20", "21")]
if os.fork() == 0:
    os._exit(work(3))
print(statuses, os.wait()[1] >> 8)
