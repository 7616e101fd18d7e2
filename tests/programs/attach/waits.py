"""A program that is in the middle of something when a debugger comes: ``waits.py KIND FILE``.

It goes on when FILE exists and a line has come on standard input, prints a sum, and exits with status 7.
"""

import hashlib
import os
import select
import subprocess
import sys
import threading
import time

FILE = sys.argv[2]


def released():
    return os.path.exists(FILE)


def busy():
    spins = 0
    while not released():
        for number in range(1000):
            spins += number & 1
    return 1


def sleep():
    while not released():
        time.sleep(0.05)
    return 2


def wait_in_select():
    select.select([sys.stdin], [], [])
    return 3


def wait_in_input():
    return 3 + len(input())


def wait_for_lock():
    lock = threading.Lock()
    lock.acquire()

    def release():
        sys.stdin.readline()
        lock.release()

    thread = threading.Thread(target=release)
    thread.start()
    lock.acquire()
    thread.join()
    return 5


def wait_for_child():
    return 6 + subprocess.run([sys.executable, "-c", "input()"]).returncode


def in_c_without_gil():
    while not released():
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100_000)
    return 7


def in_c_with_gil():
    while not released():
        sum(range(2_000_000))
    return 8


def worker_busy():
    spins = [0]

    def work():
        while not released():
            spins[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return 9


def fifty_threads():
    done = threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(50)]
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    done.set()
    for thread in threads:
        thread.join()
    return 10


def tally(value):
    total = 0
    for number in range(3):
        total += number * value  # @inside
    return total  # @result


def main():
    kind = globals()[sys.argv[1]]
    print("ready", flush=True)
    value = kind()
    print("sum", tally(value), threading.active_count())
    sys.exit(7)


def asyncio_server():
    """A server and its clients, as busy as they can be."""
    import asyncio  # takes longer than the others need to start

    served = 0

    async def answer(reader, writer):
        nonlocal served
        while line := await reader.readline():
            served += 1
            writer.write(line.upper())
        writer.close()

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not released():
            writer.write(b"hello\n")
            if await reader.readline() != b"HELLO\n":
                raise ValueError("a wrong answer")
        writer.close()
        await writer.wait_closed()

    async def serve():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(ask(port) for _ in range(20)))
        server.close()

    asyncio.run(serve())
    return 11 if served else 0


def large_heap():
    """About 200 MB of small objects."""
    kept = [[bytes(800)] for _ in range(250_000)]
    while not released():
        time.sleep(0.02)
    return 12 if len(kept) == 250_000 else 0


main()
