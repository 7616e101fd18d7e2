"""Tasks of every kind: a waiter who takes orders, cooks who share a stove, one who waits for himself."""

import asyncio
import os


async def fry(seconds):
    await asyncio.sleep(seconds)
    return seconds


async def dishes():
    for seconds in (1000, 2000):
        yield await fry(seconds)


async def course():
    async for seconds in dishes():
        print(seconds)


async def menu():
    await asyncio.gather(named(fry(3000), "rice"), named(course(), "course"))


async def patient(task):
    await asyncio.shield(task)


async def take(orders):
    while True:
        await orders.get()


async def at_the_stove(stove):
    async with stove:
        await asyncio.sleep(5000)


async def hungry(others):
    await others["fed"]


async def pour(cups):
    for cup in range(cups):
        await asyncio.sleep(0)
        filled = cup + 1
    return filled


async def serve(name):
    cups = await named(pour(2), f"pour {name}")
    return f"{name}: {cups} cups"


def named(coroutine, name):
    task = asyncio.ensure_future(coroutine)
    task.set_name(name)
    return task


async def main():
    orders, stove, others = asyncio.Queue(), asyncio.Lock(), {}
    tasks = [named(menu(), "menu"), named(take(orders), "orders")]
    tasks += [named(at_the_stove(stove), f"cook {name}") for name in ("Ada", "Bob")]
    tasks.append(named(patient(tasks[0]), "patient"))
    others["fed"] = named(hungry(others), "feeds")
    others["fed"] = named(hungry({"fed": others["fed"]}), "fed")
    for _ in range(5):
        await asyncio.sleep(0)
    servers = [named(serve(name), f"serve {name}") for name in ("tea", "milk")]
    for line in await asyncio.gather(*servers):
        print(line)
    print("closed", flush=True)
    os._exit(0)  # asyncio can't cancel tasks that wait for themselves


if __name__ == "__main__":
    asyncio.run(main())
