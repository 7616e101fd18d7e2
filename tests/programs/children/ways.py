"""Has the same work done by children of every kind, and prints what they gave back."""

import concurrent.futures
import functools
import multiprocessing
import os
import subprocess
import sys
import warnings

print = functools.partial(print, flush=True)  # children write to the same file
warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside the threads of a pool


def work(number):
    total = number * 2  # @work
    return total


def put(queue, number):
    queue.put(work(number))


def process(method):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    child = context.Process(target=put, args=(queue, 10))
    child.start()
    result = queue.get()
    child.join()
    return [result, child.exitcode]


def pool(method):
    with multiprocessing.get_context(method).Pool(2) as workers:
        return workers.map(work, [11, 12])


def executor(method):
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as workers:
        return list(workers.map(work, [13]))


def run(words, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    return [done.stdout.decode(), done.returncode]


def system(command):
    return os.system(command=command)


def spawned(function, *paths):
    pid = function(*paths, [sys.executable, __file__, "24"], dict(os.environ, LANG="C"))
    return os.waitpid(pid, 0)[1] >> 8


def replaced():
    pid = os.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, __file__, "25"])
    return os.waitpid(pid, 0)[1] >> 8


def main():
    for method in ("fork", "spawn", "forkserver"):
        print(method, process(method))
    print("pool", pool("fork"))
    print("executors", executor("fork"), executor("spawn"))
    print("run", run([sys.executable, __file__, "20"]))
    print("without an environment", run([sys.executable, __file__, "21"], env={}))
    print("preexec", run([sys.executable, __file__, "22"], preexec_fn=os.getpid, close_fds=False))
    print("shell", run(f"'{sys.executable}' '{__file__}' 23 | cat", shell=True))
    print("system", system(f"'{sys.executable}' '{__file__}' 27; exit 3"), system("echo $PYTHONPATH $PYDELVE_LAUNCH"))
    print("spawned", spawned(os.posix_spawn, sys.executable))
    print("replaced", replaced())
    print("isolated", run([sys.executable, "-Ic", "print('alone')"]))
    print("others", run(["echo", "hello"]), run("echo $PYTHONPATH $PYDELVE_LAUNCH", shell=True, env={}))
    print("missing", os.path.exists("/nonexistent/python"))
    try:
        os.execv("/nonexistent/python", ["python"])
    except OSError as error:
        print(type(error).__name__)
    os.execv(sys.executable, [sys.executable, __file__, "26"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print("number", sys.argv[1], os.environ.get("PYTHONPATH"), "PYDELVE_LAUNCH" in os.environ)
        sys.exit(work(int(sys.argv[1])))
    main()
