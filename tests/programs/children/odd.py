"""Starts Pythons with environments that are none, and with few descriptors; nothing of it is a debugger's affair."""

import os
import resource
import subprocess
import sys

QUICK = [sys.executable, "-c", "import os; print(os.environ.get('A'), flush=True)"]
for environment in ({"a=b": "c"}, {"": "c"}, {"A": "1\0"}, {"A": "1", b"A": "2"}, {"A": 1}):
    try:
        os.waitpid(os.posix_spawn(sys.executable, QUICK, environment), 0)
    except (ValueError, TypeError) as error:
        print(repr(error), flush=True)
for count in (4, 7, 20, 64, 101):
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))  # noqa: E731, B023
    done = subprocess.run(QUICK, preexec_fn=few, capture_output=True, text=True)  # noqa: PLW1509
    print(count, done.returncode, done.stdout, done.stderr, flush=True)
try:
    os.execve(sys.executable, QUICK, {"a=b": "c"})
except ValueError as error:
    print(repr(error), flush=True)
