"""Starts children in every way; a breakpoint is armed in what they run. Prints what they found and gave back."""

import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads: see docs/reference/support.md


def work(number):
    tools = [sys.monitoring.get_tool(tool) for tool in range(6)] if sys.version_info >= (3, 12) else []
    found = [sys.gettrace(), sorted(filter(None, tools))]
    hooks = [sys.excepthook.__name__, sys.breakpointhook.__name__, sys.__excepthook__.__name__]
    return [number * number, found, hooks]  # @stop


def local(number):
    """Runs in this process, so that the breakpoint is hit here, too."""
    return work(number)[0]


def forked():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, repr(work(2)).encode())
        os._exit(7)
    status = os.waitpid(child, 0)[1]
    return [os.read(reading, 10000).decode(), status >> 8]


def forked_uncaught():
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        work(3)
        raise ValueError("in the child")
    return os.waitpid(child, 0)[1] >> 8


def process(method):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    child = context.Process(target=put, args=(queue, 5))
    child.start()
    result = queue.get()
    child.join()
    return [result, child.exitcode]


def put(queue, number):
    queue.put(work(number))


def pool(method):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(work, [1, 2, 3])


def executor(method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as workers:
        return list(workers.map(work, [4, 5]))


def command():
    text = "import sys, os; print(sys.gettrace(), 'PYDELVE_LAUNCH' in os.environ, sys.excepthook.__name__, len(os.listdir('/proc/self/fd')))"
    kept = {"preexec_fn": os.getpid}
    return [subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, check=True, **extra).stdout.decode() for extra in ({}, kept)]


if __name__ == "__main__":
    print("local", local(2))
    print("fork", forked())
    if os.fork() == 0:  # a child that goes on as the program, and has children itself
        print("fork in fork", forked(), flush=True)
        os._exit(0)
    os.wait()
    for method in ("fork", "spawn", "forkserver"):
        print(method, process(method))
    print("pools", pool("fork"), pool("spawn"))
    print("executors", executor("fork"), executor("spawn"))
    print("commands", command())
    print("uncaught", forked_uncaught())
    print("local", local(3))
