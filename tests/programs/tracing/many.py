"""Calls a function very often: ``many.py COUNT``."""

import sys


def many(number):
    return number


for number in range(int(sys.argv[1])):
    many(number)
print("done", flush=True)
