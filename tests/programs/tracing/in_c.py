"""Calls of functions written in C, in all the ways that Python code has to call them."""

import math
import re
import time
from collections import deque


class Stack(list):
    @property
    def top(self):
        return self[-1]


def distance(number):
    return abs(number - 3)


def methods():
    found = []
    add = found.append  # a method that is taken before it is called
    add(2)
    found.append(7)
    list.append(found, 5)
    own = Stack()
    own.append(1)
    more = own.append
    more(2)
    deque([1]).rotate(1)
    return dict.fromkeys(found, own.top)


def functions():
    sorted([7, 1, 4], key=distance)
    max(*[1, 2], key=distance)
    print("-".join(["a", "b"]), end="\n", flush=True)
    return math.sqrt(len(re.compile("b+").findall("abbb")))


def failing():
    try:
        len(3)
    except TypeError:
        pass
    try:
        sorted([1, 2], key=len)
    except TypeError:
        return time.time() > 0


def lazily():
    for number in range(2):
        yield divmod(number, 2)


methods()
functions()
failing()
print(sum(first for first, _ in lazily()))
