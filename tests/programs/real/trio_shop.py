"""trio: orders in a nursery, one that sleeps for good, and tasks that are stepped over their waits."""

import trio


async def wait(seconds):
    await trio.sleep(seconds)
    return seconds


async def order(number):
    total = number  # @order
    total += await wait(0.001 * number)
    total += await wait(0)
    return total


async def forever():
    await trio.sleep_forever()


async def orders(done):
    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(order, number, name=f"order {number}")
    done.set()


async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(forever, name="forever")
        done = trio.Event()
        nursery.start_soon(orders, done, name="orders")
        await done.wait()
        nursery.cancel_scope.cancel()
    print("done")


trio.run(main)
