"""Cooks that wait for each other; the kitchen burns in the end. Used by drive.mjs."""

import asyncio


async def cook(name, dish):
    """Wait for ever."""
    await asyncio.sleep(1000)  # @waits
    return name, dish


async def serve(orders):
    """Have all cooks begin, and fail."""
    cooks = [asyncio.create_task(cook(name, dish), name=name) for name, dish in orders.items()]
    await asyncio.sleep(0)
    served = len(cooks)  # @counts
    raise ValueError(f"the kitchen burns with {served} cooks in it")


asyncio.run(serve({"Ada": "soup", "Bob": "rice", "Cyd": "cake"}))
