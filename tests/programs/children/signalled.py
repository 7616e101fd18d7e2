"""Sends each child a signal as soon as it is there; the child lets it in when it is ready, and its handler raises."""

import os
import signal
import time


def complain(number, frame):
    raise KeyError(number)


def fork():
    pid = os.fork()
    if pid == 0:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
            while True:
                time.sleep(0.001)
        except KeyError as error:
            os._exit(error.args[0])
    os.kill(pid, signal.SIGUSR2)
    return os.waitpid(pid, 0)[1] >> 8


signal.signal(signal.SIGUSR2, complain)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
print([fork() for _ in range(5)])
