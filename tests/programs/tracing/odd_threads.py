"""Threads that nobody knows by name: of ``_thread``, and of ``threading`` before it has noted them."""

import _thread
import threading


def work(n):
    return n


def alone():
    work(1)


def begin(lock):
    alone()
    lock.release()  # all that is told of this thread has happened


done = _thread.allocate_lock()
done.acquire()
_thread.start_new_thread(begin, (done,))
done.acquire()
worker = threading.Thread(target=work, args=(2,), name="worker")
worker.start()
worker.join()
