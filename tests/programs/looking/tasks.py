"""Tasks of every class and state, in two loops, each waiting in another way; ``here`` is in a coroutine of one."""

import asyncio
import asyncio.tasks
import sys
import threading

ready = threading.Event()
kept = []


async def forever(word="none"):
    later = [word]
    await asyncio.get_running_loop().create_future()
    return later


async def deeper(number):
    if number:
        return await deeper(number - 1)
    return await forever("deep")


class Own(asyncio.Task):
    """A subclass of the C one, with attributes that would run."""

    def __eq__(self, other):
        raise AssertionError("compared")

    __hash__ = asyncio.Task.__hash__

    @property
    def _coro_of(self):
        raise AssertionError("looked at")


class OwnPython(asyncio.tasks._PyTask):
    """A subclass of the Python one, with slots and a dict."""

    extra = 1


class Awaitable:
    def __await__(self):
        return (yield from forever("by hand").__await__())


class Counting:
    """An asynchronous iterator in Python."""

    def __aiter__(self):
        return self

    async def __anext__(self):
        await forever("next")


async def numbers():
    yield 1
    await forever("yielding")


async def between():
    async for number in numbers():
        yield number


async def over_generators():
    async for number in between():
        kept.append(number)


async def over_iterator():
    async for number in Counting():
        kept.append(number)


async def next_or_default():
    await anext(numbers_at_once(), None)  # noqa: F821  # 3.10 and newer


async def numbers_at_once():
    await forever("at once")
    yield 1


async def by_hand():
    await Awaitable()


async def gathering():
    await asyncio.gather(forever("one"), asyncio.gather(forever("two"), deeper(2)), forever("three"))


async def limited():
    await asyncio.wait_for(deeper(1), 1000)


async def waiting(tasks):
    await asyncio.wait(tasks)


async def shielding(task):
    await asyncio.shield(task)


async def shielding_gather():
    await asyncio.shield(asyncio.gather(forever("inside"), forever("inside, too")))


async def await_task(task):
    await task


async def group():
    async with asyncio.TaskGroup() as outer:
        outer.create_task(forever("member"), name="member")
        async with asyncio.TaskGroup() as inner:
            inner.create_task(deeper(1), name="inner member")


async def queue():
    await asyncio.Queue().get()


async def locked(lock):
    async with lock:
        await forever("has the lock")


async def sleeping():
    await asyncio.sleep(1000.5)


async def stubborn():
    while True:
        try:
            await forever("stays")
        except asyncio.CancelledError:
            pass


async def failing():
    raise ValueError("on purpose")


async def ending():
    return 1


class Partner:
    other = None


async def cycle(partner):
    await asyncio.sleep(0)
    await partner.other


def named(coroutine, name, cls=None):
    loop = asyncio.get_running_loop()
    task = cls(coroutine, loop=loop) if cls else loop.create_task(coroutine)
    if name:
        task.set_name(name)
    kept.append(task)
    return task


async def other_loop():
    named(forever("elsewhere"), "other loop's")
    named(sleeping(), "other loop's sleep")
    named(forever("python, elsewhere"), "other loop's python", asyncio.tasks._PyTask)
    await asyncio.sleep(0)
    ready.set()
    await forever("all the time")


@asyncio.coroutine if sys.version_info < (3, 10) else (lambda function: function)
def made():
    yield from forever("decorated")


async def inner(value):
    doubled = value * 2  # @here
    return doubled


async def outer(value):
    return await inner(value)


async def main():
    thread = threading.Thread(target=asyncio.run, args=(other_loop(),), name="other", daemon=True)
    thread.start()
    ready.wait()
    lock = asyncio.Lock()
    first = named(forever("first"), "first")
    named(deeper(3), "")
    named(forever("own"), "own", Own)
    named(deeper(2), "python", asyncio.tasks._PyTask)
    named(sleeping(), "python's subclass", OwnPython)
    named(over_generators(), "generators")
    named(over_iterator(), "iterator")
    named(by_hand(), "by hand")
    named(gathering(), "gathering")
    named(limited(), "limited")
    named(waiting([first, kept[-1]]), "waiting")
    named(shielding(first), "shielding")
    named(shielding_gather(), "shielding gather")
    named(await_task(first), "awaits the first")
    named(await_task(kept[-1]), "awaits who awaits", asyncio.tasks._PyTask)
    named(queue(), "queue")
    named(locked(lock), "locked")
    named(locked(lock), "waits for the lock")
    named(sleeping(), "sleeping")
    named(forever("unicode"), "n\xe4me \u2713 \U0001f40d")
    cancelled = named(stubborn(), "stubborn")
    left, right = Partner(), Partner()
    left.other, right.other = named(cycle(right), "left"), named(cycle(left), "right")
    named(await_task(left.other), "awaits a cycle")
    named(failing(), "failed")
    named(ending(), "finished")
    named(forever("gone"), "cancelled").cancel()
    if sys.version_info < (3, 10):
        named(made(), "decorated")
    else:
        named(next_or_default(), "next or default")
    if sys.version_info >= (3, 11):
        named(group(), "group")
    if sys.version_info >= (3, 12):
        loop = asyncio.get_running_loop()
        kept.append(asyncio.Task(deeper(1), loop=loop, eager_start=True, name="eager"))
        kept.append(asyncio.tasks._PyTask(deeper(1), loop=loop, eager_start=True, name="eager in Python"))
    await asyncio.sleep(0.01)
    cancelled.cancel()
    named(ending(), "not begun")
    named(ending(), "not begun, cancelled").cancel()
    await outer(21)


if __name__ == "__main__":
    asyncio.run(main())
