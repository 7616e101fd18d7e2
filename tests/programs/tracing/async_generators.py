"""Asynchronous generators, with and without something that they await."""

import asyncio


async def plain():
    yield 1
    yield None


async def waiting():
    await asyncio.sleep(0)
    yield "two"


async def both():
    return [each async for each in plain()] + [each async for each in waiting()]


async def main():
    return await both()


print(asyncio.run(main()))
