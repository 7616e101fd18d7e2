"""Threads that run already when a breakpoint is set, and one that starts later."""
import threading


def worker(name):
    while not quit.acquire(blocking=False):
        spin(name)


def spin(name):
    a = 1
    return a  # @spin


def busy():
    while go_on:
        x = 1  # @busy
    return x  # @busy_end


def waits():
    lock.acquire()  # @waits
    after = True  # @after


def late():
    seen = True  # @late


go_on = True
lock = threading.Lock()
lock.acquire()
quit = threading.Semaphore(0)
first = threading.Thread(target=worker, args=("first",), name="first")
second = threading.Thread(target=waits, name="second")
first.start()
second.start()
started = True  # @started
busy()
lock.release()
second.join()
quit.release()
first.join()
third = threading.Thread(target=late, name="third")
third.start()
third.join()
end = True  # @end
