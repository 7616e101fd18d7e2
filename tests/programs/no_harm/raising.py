"""Signal handlers that raise, for signals that come while the program is stopped.

Arguments: "threads" for another thread, which takes signals too; "storm" for a signal in each of many rounds.
"""

import random
import signal
import sys
import threading

ROUNDS = 60
came = []


class Told(Exception):
    """Raised by the handler."""


def tell(number, frame):
    came.append(number)
    raise Told(number)


def once():
    value = 1
    value = 2  # @stop
    return value


def storm():
    """Each round has a signal, which comes sometime before, in or after its stop."""
    chance, caught = random.Random(0), 0
    for _ in range(ROUNDS):
        came.clear()
        try:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0001, 0.006))
            once()
            while not came:
                pass
        except Told:
            caught += 1
    return caught


def main():
    signal.signal(signal.SIGUSR1, tell)
    end = threading.Event()
    if "threads" in sys.argv:
        threading.Thread(target=end.wait, daemon=True).start()
    try:
        if "storm" in sys.argv:
            signal.signal(signal.SIGALRM, tell)
            print("caught", storm(), flush=True)
        else:
            print("returned", once(), flush=True)
    except (KeyboardInterrupt, Told) as error:
        print(type(error).__name__, flush=True)
    end.set()


main()
