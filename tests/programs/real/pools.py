"""A thread pool, then a process pool, from concurrent.futures; the children are forked where that exists."""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def square(number):
    result = number * number  # @square
    return result


def cube(number):
    return number**3, os.getpid()  # @cube


def main():
    with ThreadPoolExecutor(2, thread_name_prefix="pool") as threads:
        print("threads", list(threads.map(square, range(6))))
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        cubes = list(processes.map(cube, range(6)))
    print("processes", [value for value, _ in cubes], os.getpid() in [pid for _, pid in cubes])


if __name__ == "__main__":
    main()
