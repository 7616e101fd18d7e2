"""An asyncio program that hangs: one of its tasks waits for a line, and keeps all others of its loop from running."""

import asyncio
import sys
import time


async def forever():
    await asyncio.get_running_loop().create_future()


async def read(row):
    wanted = {"row": row}
    await forever()
    return wanted


async def worker(number):
    job = f"job {number}"
    await read(number * 10)
    return job


async def both():
    await asyncio.gather(worker(1), worker(2))


async def limited():
    async with lock:
        await asyncio.wait_for(asyncio.shield(rest), 1000)


async def numbers():
    yield 1
    await forever()


async def over():
    async for number in numbers():
        print(number)


async def each_other(partner):
    await asyncio.sleep(0)
    await tasks[partner]


def blocking(words):
    print(time.sleep(0.2) or "ready", flush=True)  # long enough to be said
    sys.stdin.readline()  # @hangs
    return words


async def main():
    global lock, rest
    lock = asyncio.Lock()
    rest = start("rest", asyncio.sleep(1000.5))
    for name, coroutine in (
        ("both", both()), ("limited", limited()), ("late", limited()), ("over", over()),
        ("left", each_other("right")), ("right", each_other("left")),
    ):  # fmt: skip
        start(name, coroutine)
    await asyncio.sleep(0.05)
    blocking(["a", "b"])


def start(name, coroutine):
    tasks[name] = asyncio.get_running_loop().create_task(coroutine)
    tasks[name].set_name(name)
    return tasks[name]


tasks = {}
if __name__ == "__main__":
    asyncio.run(main())
