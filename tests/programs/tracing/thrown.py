"""Generators and coroutines that exceptions are thrown into, that are closed, and left in the middle."""

import asyncio


def stubborn():
    while True:
        try:
            yield 1
        except ValueError:
            yield 2


def careful():
    try:
        yield 1
    finally:
        print("careful")


def outer():
    yield from stubborn()


def deep(n):
    if n:
        deep(n - 1)
    else:
        raise LookupError(n)


async def sleeps():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return "cancelled"


async def cancels():
    task = asyncio.create_task(sleeps())
    await asyncio.sleep(0)
    task.cancel()
    return await task


found = outer()
next(found)
print(found.throw(ValueError()), next(found))
try:
    found.throw(KeyError())
except KeyError:
    print("through")
one = careful()
next(one)
one.close()
for _ in range(3):
    try:
        deep(3)
    except LookupError:
        print("deep")
print(asyncio.run(cancels()))
