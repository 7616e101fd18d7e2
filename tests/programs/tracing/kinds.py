"""All kinds of functions and of ends that a call may have, in one thread after the other, so that their order is one."""

import asyncio
import functools
import threading


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self._balance = balance

    @property
    def balance(self):
        return self._balance

    @staticmethod
    def fee(amount):
        return amount // 10

    @classmethod
    def empty(cls, owner):
        return cls(owner)

    @logged
    def deposit(self, amount, *notes, currency="EUR", **more):
        self._balance += amount - self.fee(amount)
        return self.balance


def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1)


def countdown(n):
    while n:
        yield n
        n -= 1
    return "done"


def delegating(n):
    result = yield from countdown(n)
    return result


def fail(reason):
    raise ValueError(reason)


def passes_on(reason):
    fail(reason)


def catches(reason):
    try:
        passes_on(reason)
    except ValueError:
        return "caught"
    finally:
        int("7")
    return "not caught"


def changes():
    try:
        fail("first")
    except ValueError as error:
        raise KeyError("second") from error


async def fetch(number):
    await asyncio.sleep(0)
    return {"number": number, "parts": [1, 2, 3, 4, 5, 6, 7]}


async def numbers(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def gather():
    first = asyncio.create_task(fetch(1), name="first")
    second = asyncio.create_task(fetch(2), name="second")
    await first
    await second
    return [number async for number in numbers(2)]


def make(base):
    def add(n):
        return base + n

    return [add(n) for n in (1, 2)], sum(n * n for n in (1, 2)), (lambda n: -n)(3)


def in_a_thread(text):
    return text * 40


Account.empty("ann").deposit(50, "salary", b"x", currency="USD", why={"a": 1, "b": [2]})
factorial(3)
list(delegating(2))
catches("no money")
for function in (changes, functools.partial(passes_on, "again")):
    try:
        function()
    except (KeyError, ValueError):
        print("raised")
asyncio.run(gather())
make(10)
thread = threading.Thread(target=in_a_thread, args=("ab",), name="helper")
thread.start()
thread.join()
