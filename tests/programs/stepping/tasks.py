"""Coroutines and tasks, for stepping."""
import asyncio


async def other():
    for n in range(3):  # @oth_for
        await asyncio.sleep(0)  # @oth_sleep


async def leaf(a):
    await asyncio.sleep(0)  # @leaf_await
    return a + 1  # @leaf_end


async def values():
    for n in (1, 2):  # @val_for
        await asyncio.sleep(0)  # @val_await
        yield n  # @val_yield


class Resource:
    async def __aenter__(self):
        await asyncio.sleep(0)  # @aenter
        return self  # @aenter_end

    async def __aexit__(self, *error):
        await asyncio.sleep(0)  # @aexit


async def work():
    task = asyncio.ensure_future(other())  # @wk_task
    first = await leaf(1)  # @wk_await
    second = await leaf(2)  # @wk_second
    third = await leaf(3)  # @wk_third
    async for n in values():  # @wk_for
        third += n  # @wk_body
    async with Resource() as resource:  # @wk_with
        third += 1  # @wk_inside
    both = await asyncio.gather(leaf(1), leaf(2))  # @wk_gather
    await task  # @wk_join
    return first, second, third, both  # @wk_end


async def main():
    found = await work()  # @main_work
    return found  # @main_end


loop = asyncio.new_event_loop()
loop.run_until_complete(main())  # @run_next
loop.run_until_complete(main())  # @run_step
loop.close()  # @close
done = True  # @done
