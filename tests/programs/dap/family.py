"""Starts itself as another program, then forks; each child works, and ends with what came out."""

import os
import subprocess
import sys


def work(number):
    total = number * 2  # @work
    return total  # @after


if sys.argv[1:] == ["child"]:
    sys.exit(work(21))
done = subprocess.run([sys.executable, __file__, "child"], check=False)  # @starts
pid = os.fork()
if pid == 0:
    os._exit(work(3))
status = os.waitpid(pid, 0)[1] >> 8
print(done.returncode, status)  # @end
