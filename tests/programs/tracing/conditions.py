"""Functions of all kinds whose calls a condition is true of, and not; imported anew by ``again.py``."""

import asyncio

LIMIT = 2


def simple(n, *rest, key=None, **more):
    return n


def recursive(n):
    return n if not n else recursive(n - 1)


def loops(n):
    while True:
        n += 1
        if n % 5 == 0:
            return n


def kept(n):
    def inner():
        return n

    n += 1
    return inner()


def counted(n):
    try:
        for number in range(n):
            sent = yield number
            if sent:
                raise KeyError(sent)
    except ZeroDivisionError:
        yield "divided"


def fails(n):
    if n == 2:
        raise ValueError(n)
    return recursive(0) and n


async def waits(n):
    await asyncio.sleep(0)
    return n


async def numbers(n):
    for number in range(n):
        await asyncio.sleep(0)
        yield number


def made(n):
    def closure(m):
        return m + n

    return closure(n)


def double(n):
    return 2 * n


class Thing:
    def __init__(self, n):
        self.n = n

    def method(self, other=None):
        return self.n


class Sized:
    """What a condition on one of these runs is its own functions."""

    def __init__(self, n):
        self.n = n

    @property
    def size(self):
        return self.n

    def __eq__(self, other):
        return self.n == other

    def grown(self):
        return self.size + 1


def lines_of(function):
    """Where an error in it says that it is."""
    try:
        function(2)
    except ValueError as error:
        return error.__traceback__.tb_next.tb_lineno - function.__code__.co_firstlineno


async def all_of_them():
    for n in (1, 2):
        await waits(n)
        _ = [number async for number in numbers(n)]


for n in (1, 2, 3):
    simple(n, 4, key=5, other=6)
    recursive(n)
    loops(n)
    kept(n)
    list(counted(n))
    made(n)
    double(n)
    Thing(n).method()
    assert Sized(n) == n
    Sized(n).grown()
thrown = [counted(2), counted(3)]
for each in thrown:
    next(each)
    each.throw(ZeroDivisionError())
    each.close()
    try:
        fails(2)
    except ValueError:
        pass
assert lines_of(fails) == 2
asyncio.run(all_of_them())
several = simple, recursive, counted, waits, numbers
print(sum([len(function.__code__.co_code) for function in several]))
