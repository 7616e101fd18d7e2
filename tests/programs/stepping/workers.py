"""Threads and a busy loop, for stepping."""
import threading


def worker():
    lock.acquire()  # @wait
    value = 1  # @got
    value += 1  # @last


def other():
    gate.acquire()
    seen = True  # @other
    return seen


def busy():
    while go_on:  # @loop
        x = 1  # @spin
    return x  # @out


def finish(thread):
    gate.release()
    thread.join()


def starts():
    second = threading.Thread(target=other)  # @make
    second.start()  # @start
    finish(second)  # @finish
    return 2  # @joined


go_on = True
gate = threading.Lock()
gate.acquire()
lock = threading.Lock()
lock.acquire()
first = threading.Thread(target=worker, name="worker")
first.start()
began = True  # @began
lock.release()  # @release
first.join()  # @join_first
starts()  # @call_starts
busy()  # @call_busy
end = True  # @end
