"""Makes children in every way that Python has, and counts the calls of ``job`` in each process: a line for each, in the
file that the first argument names.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor

COUNTS = {}
ME = os.getpid()


def job(number, way):
    if os.getpid() != PLACE[0]:
        PLACE[0] = os.getpid()
        COUNTS.clear()
    COUNTS[number] = COUNTS.get(number, 0) + 1
    return number


PLACE = [ME]


def note():
    """What this process has called so far."""
    if COUNTS and PLACE[0] == os.getpid():
        line = json.dumps([os.getpid(), sys.argv[2:], sorted(COUNTS.items())]) + "\n"
        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(fd, line.encode())
        os.close(fd)


def jobs(count, way):
    for number in range(count):
        job(number, way)


def process(count, way, path):
    sys.argv[1:] = [path]
    jobs(count, way)
    note()
    return os.getpid()


def forked(count, way, end):
    """A child while this process is in calls itself, and has records that were not sent."""
    job(count, way)
    pid = os.fork()
    if pid == 0:
        jobs(count, way)
        if count > 3:
            forked(count - 3, way, end)
        note()
        end(count)
    return os.waitpid(pid, 0)[1]


def beside(begun, over):
    """A thread that calls all the time while children are forked."""
    while not over.wait(0.001):
        job(1000, "beside")
        begun.set()


def main():
    begun, over = threading.Event(), threading.Event()
    thread = threading.Thread(target=beside, args=(begun, over))
    thread.start()
    begun.wait()
    said = [forked(7, "hard", os._exit) for _ in range(2)]
    over.set()
    thread.join()
    said.append(forked(5, "soft", sys.exit))
    path = sys.argv[1]
    for name in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(name)
        child = context.Process(target=process, args=(4, name, path))
        child.start()
        child.join()
        said.append(child.exitcode)
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        pool.starmap(process, [(2, "pool", path), (3, "pool", path)], chunksize=1)
        pool.close()
        pool.join()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        said.append(len(list(executor.map(process, (5,), ("executor",), (path,)))))
    again = [sys.executable, __file__, sys.argv[1]]
    said.append(subprocess.run([*again, "started"], check=False).returncode)
    said.append(os.waitpid(os.posix_spawn(sys.executable, [*again, "spawned"], os.environ), 0)[1])
    print(said, flush=True)
    jobs(3, "last")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        warnings.simplefilter("ignore")  # of a fork with threads
        main()
    else:
        jobs(6, sys.argv[2])
    note()
    if sys.argv[2:] == ["spawned"]:
        os.execv(sys.executable, [sys.executable, __file__, sys.argv[1], "replaced"])
    sys.exit(len(sys.argv))
