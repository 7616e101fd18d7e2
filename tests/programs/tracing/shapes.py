"""Functions of all shapes that code may have, whose results are printed: jumps over long ways, blocks, cells, awaits."""

import asyncio
import contextlib


def long_way(n):
    total = 0
    while n:
        try:
            if n % 2:
                total += n * 1
                total -= n * 2
                total += n * 3
                total -= n * 4
                total += n * 5
                total -= n * 6
                total += n * 7
                total -= n * 8
                total += n * 9
                total -= n * 10
                total += n * 11
                total -= n * 12
                total += n * 13
                total -= n * 14
                total += n * 15
                total -= n * 16
                total += n * 17
                total -= n * 18
                total += n * 19
                total -= n * 20
                total += n * 21
                total -= n * 22
                total += n * 23
                total -= n * 24
                total += n * 25
                total -= n * 26
                total += n * 27
                total -= n * 28
                total += n * 29
                total -= n * 30
                continue
            total += n * 31
            total -= n * 32
            total += n * 33
            total -= n * 34
            total += n * 35
            total -= n * 36
            total += n * 37
            total -= n * 38
            total += n * 39
            total -= n * 40
            total += n * 41
            total -= n * 42
            total += n * 43
            total -= n * 44
            total += n * 45
            total -= n * 46
            total += n * 47
            total -= n * 48
            if total < -1000:
                return "low", total
        finally:
            n -= 1
    return total


def loops_at_once(n):
    while True:
        n -= 1
        if not n:
            return "out"


def overrides(n):
    for _ in range(2):
        try:
            return n // 0
        except ZeroDivisionError as error:
            try:
                raise ValueError(n) from error
            except ValueError:
                continue
        else:
            return "never"
        finally:
            print("finally")
    return "end"


def cells(first, *rest, key, **more):
    def inner():
        nonlocal first
        first += key
        return first, rest, more

    return inner(), [inner() for _ in rest], sum(x + first for x in rest)


@contextlib.contextmanager
def context(name):
    try:
        yield name
    except KeyError:
        yield_again = name * 2
        print("suppressed", yield_again)
    finally:
        print("left", name)


def uses_contexts():
    with context("a") as a, context("b") as b:
        if a < b:
            raise KeyError(a)
    with context("c"):
        return "returned"


def counts(n):
    try:
        while n:
            got = yield n
            n = got if got is not None else n - 1
    except GeneratorExit:
        print("closed")
        raise
    finally:
        print("counted")
    return "no more"


def delegates(n):
    for _ in range(2):
        try:
            result = yield from counts(n)
        except LookupError as error:
            result = yield repr(error)
    return result


class Waits:
    def __await__(self):
        yield
        return "waited"

    async def __aenter__(self):
        return await self

    async def __aexit__(self, kind, error, traceback):
        await self
        return kind is KeyError


async def steps(n):
    for number in range(n):
        await Waits()
        try:
            yield number
        except ValueError:
            yield "thrown"


async def catches_cancel():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        return await Waits()


async def passes_cancel():
    return await catches_cancel()


async def asynchronous():
    async with Waits() as found:
        print(found)
        raise KeyError("in async with")
    made = [number async for number in steps(3) if number]
    agen = steps(2)
    made.append(await agen.__anext__())
    made.append(await agen.athrow(ValueError()))
    await agen.aclose()
    task = asyncio.ensure_future(passes_cancel())
    await asyncio.sleep(0)
    task.cancel()
    return made, await task


print(long_way(9), long_way(40), loops_at_once(3), overrides(1), overrides(2))
print(cells(1, 2, 3, key=4, other=5), uses_contexts())
print(list(delegates(2)))
run = delegates(5)
print(next(run), run.send(3), run.throw(KeyError("k")), next(run))
run.close()
print(asyncio.run(asynchronous()))
