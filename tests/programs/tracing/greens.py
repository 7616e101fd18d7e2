"""Greenlets that end in another order than the one in which they were begun."""

import sys

import greenlet

first = greenlet.getcurrent()


def inner(n):
    first.switch()
    if n == 2:
        raise ValueError(n)
    return n


def outer(n):
    try:
        return inner(n)
    except ValueError:
        return "caught"


def main():
    running = [greenlet.greenlet(outer) for _ in range(3)]
    for n, each in enumerate(running):
        each.switch(n)
    return [each.switch() for each in running]


print(main(), "pydelve" in sys.modules)
