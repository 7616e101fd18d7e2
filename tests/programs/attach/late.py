"""Waits in a call that nothing interrupts: its child opens a FIFO before it becomes another program."""

import os
import sys

print("ready", flush=True)
actions = [(os.POSIX_SPAWN_OPEN, 9, sys.argv[1], os.O_RDONLY, 0)]
os.waitpid(os.posix_spawn("/bin/true", ["true"], dict(os.environ), file_actions=actions), 0)
print("went on", flush=True)
sys.stdin.readline()
