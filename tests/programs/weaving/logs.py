"""What logpoints are set in: see ``test_logpoints.py``."""

import sys
import threading


class Item:
    kind = "item"  # @class

    def __init__(self, n):
        self.__n = n

    def __str__(self):
        text = "item " + str(self.__n)  # @str
        return text

    def __repr__(self):
        return "Item(%d)" % self.__n

    def half(self):
        return Item(self.__n // 2)  # @method


def counting(start, end):
    done = 0
    for n in range(start, end):
        item = Item(n)
        done += 1  # @loop
        item = item.half()
    return done  # @end


def generate():
    for n in range(3):
        yield n  # @yield


def in_thread(number, ready, go):
    ready.release()
    go.wait()
    counting(number, number + 2)
    number += 1  # @thread


def many(count):
    for n in range(count):
        last = n  # @many
    return last


def main():
    generator = generate()
    next(generator)
    counting(0, 6)  # @ready
    list(generator)
    counting(6, 12)
    ready, go = threading.Semaphore(0), threading.Event()
    threads = [threading.Thread(target=in_thread, args=(10 * n, ready, go)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
        ready.acquire()
    go.set()  # @threads
    for thread in threads:
        thread.join()
    return threads  # @joined


if len(sys.argv) > 1:
    many(int(sys.argv[1]))
    sys.stdout.write("done\n")
    sys.stdout.flush()
    sys.stdin.read()
else:
    main()
