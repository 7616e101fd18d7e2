"""A handler that stops by itself, of signals that come while the program is about to stop, and at any other time."""

import random
import signal

ROUNDS = 60
came = []


def ring(number, frame):
    came.append(number)
    breakpoint()


signal.signal(signal.SIGALRM, ring)
chance = random.Random(0)
for _ in range(ROUNDS):
    came.clear()
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0001, 0.004))
    breakpoint()
    while not came:
        pass
print("rounds", ROUNDS)
