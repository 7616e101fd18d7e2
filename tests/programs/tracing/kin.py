"""Has a child before it says that it is ready, and makes others when it is told to; says what is left in both at the end."""

import os
import subprocess
import sys
import threading


def job(number):
    return number


def files_open():
    """How many, without the file of itself that libffi keeps from the first time that ctypes makes a callback."""
    paths = ["/proc/self/fd/" + name for name in os.listdir("/proc/self/fd")]
    return len([path for path in paths if os.path.lexists(path) and "libffi" not in os.readlink(path)])


def left():
    """What somebody who was here could have left, but for what is open: only that there is no more than before."""
    monitoring = getattr(sys, "monitoring", None)
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring else []
    threads = len(os.listdir("/proc/self/task")), threading.active_count()
    found = [*threads, sys.gettrace(), [tool for tool in tools if tool], job.__code__ is CODE]
    return [*found, type(os._exit).__name__, files_open() - FDS]


def child(go, done):
    """Works when it is told to."""
    for line in iter(go.readline, "end\n"):
        job(int(line))
        print("done", file=done, flush=True)
    print(left(), file=done, flush=True)
    os._exit(0)


def forked(number):
    """A child that works and ends."""
    pid = os.fork()
    if not pid:
        job(number)
        os._exit(0)
    os.waitpid(pid, 0)


CODE = job.__code__
(read, tell), (hear, say) = os.pipe(), os.pipe()
files = [os.fdopen(read), os.fdopen(tell, "w"), os.fdopen(hear), os.fdopen(say, "w")]
FDS = files_open()
kin = os.fork()
if not kin:
    child(files[0], files[3])
print(kin, flush=True)
print("ready", flush=True)
for line in iter(sys.stdin.readline, "end\n"):
    what, number = line.split()
    if what == "both":
        print(number, file=files[1], flush=True)
        files[2].readline()
        job(int(number))
    elif what == "fork":
        forked(int(number))
    else:
        subprocess.run([sys.executable, "-c", f"def job(number): pass\njob({number})"], check=True)
    print("did", what, number, flush=True)
print("end", file=files[1], flush=True)
print("child", files[2].readline().strip(), flush=True)
os.waitpid(kin, 0)
print("parent", left(), flush=True)
sys.exit(6)
