"""Loops in two threads, with tasks of every class; then a hundred requests at once, each in three awaits."""

import asyncio
import asyncio.tasks
import sys
import threading

TURNS = int(sys.argv[1]) if sys.argv[1:] else 1
ready = threading.Event()
ended = threading.Event()


async def forever():
    await asyncio.get_running_loop().create_future()  # @forever


async def wait_long():
    await asyncio.wait_for(forever(), 1000)


class OwnTask(asyncio.Task):
    """A subclass of the C one, with fields of its own and an odd way to compare."""

    def __eq__(self, other):
        raise AssertionError("compared")

    __hash__ = asyncio.Task.__hash__

    @property
    def name_of(self):
        raise AssertionError("looked at")


async def group():
    async with asyncio.TaskGroup() as members:
        members.create_task(forever(), name="member 1")
        members.create_task(forever(), name="member 2")


async def eager():
    await asyncio.sleep(0)
    await forever()


def named(task, name):
    task.set_name(name)
    return task


async def other_loop(stop):
    kept = [named(asyncio.ensure_future(forever()), "other")]
    ready.set()
    while not stop.is_set():
        await asyncio.sleep(0.01)
    for task in kept:
        task.cancel()


def run_other(stop):
    asyncio.run(other_loop(stop))


async def request(turn, number, results):
    body = await read(number)  # @read
    row = await fetch(body)
    text = await render(row)
    results.append((number, text))


async def read(number):
    for _ in range(number % 3):  # @loop
        await asyncio.sleep(0)
    return number


async def fetch(body):
    await asyncio.sleep(0.001 * (body % 5))
    return body + 1


async def render(row):
    await asyncio.sleep(0)
    return str(row)


async def main():
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    thread = threading.Thread(target=run_other, args=(stop,), name="other", daemon=True)
    thread.start()
    ready.wait()
    kept = [
        named(asyncio.tasks._PyTask(forever(), loop=loop), "python"),
        named(OwnTask(forever(), loop=loop), "own"),
        named(asyncio.ensure_future(wait_long()), "limited"),
    ]
    if sys.version_info >= (3, 11):
        kept.append(named(asyncio.ensure_future(group()), "group"))
    if sys.version_info >= (3, 12):
        kept.append(asyncio.Task(eager(), loop=loop, eager_start=True, name="eager"))
    await asyncio.sleep(0.01)
    here = len(kept)  # @here
    for turn in range(TURNS):
        results = []
        requests = [named(asyncio.ensure_future(request(turn, n, results)), f"request {n}") for n in range(100)]
        await asyncio.gather(*requests)
        assert sorted(results) == [(n, str(n + 1)) for n in range(100)]
    for task in kept:
        task.cancel()
    stop.set()
    thread.join()
    print("done", here)


if __name__ == "__main__":
    asyncio.run(main())
