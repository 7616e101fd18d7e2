"""Threads that are let through one by one, while another one counts."""

import threading
import time


def visit(name):
    here = name  # @visit
    more = here  # @more
    with turns:  # @turns
        wait_for_b(name)  # @waits
        done.append(more)


def wait_for_b(name):
    while name == "a" and "b" not in done:
        turns.wait()


def go(name):
    gates[name].acquire()
    visit(name)
    with turns:
        turns.notify_all()


def counter():
    global count
    while not ended:
        count += 1
        time.sleep(0.0005)


count, ended, done = 0, False, []
turns = threading.Condition()
end = threading.Semaphore(0)
gates = {"a": threading.Semaphore(0), "b": threading.Semaphore(0)}
threads = [threading.Thread(target=counter, name="counter")]
threads += [threading.Thread(target=go, args=(name,), name=name) for name in gates]
for thread in threads:
    thread.start()
gates["a"].release()
end.acquire()
ended = True
for thread in threads:
    thread.join()
print(done)
