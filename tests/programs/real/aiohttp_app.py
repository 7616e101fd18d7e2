"""An aiohttp app on a free port, on the loop that it is told: serves as many requests as it is told, and ends."""

import asyncio
import sys

from aiohttp import web

served = 0


async def fetch(number):
    await asyncio.sleep(0.001 * (number % 7))
    return {"number": number}


async def check(row):
    for _ in range(row["number"] % 3):
        await asyncio.sleep(0)
    return dict(row, checked=True)


async def render(row):
    await asyncio.sleep(0)
    return f"order {row['number']} {row['checked']}"


async def order(request):
    global served
    number = int(request.match_info["number"])
    row = await fetch(number)  # @order
    row = await check(row)
    text = await render(row)
    served += 1
    return web.Response(text=text)


async def main(wanted):
    app = web.Application()
    app.router.add_get("/order/{number}", order)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("port", runner.addresses[0][1], flush=True)
    while served < wanted:
        await asyncio.sleep(0.01)
    await runner.cleanup()
    print("served", served)


if __name__ == "__main__":
    if sys.argv[2] == "uvloop":
        import uvloop

        uvloop.install()
    asyncio.run(main(int(sys.argv[1])))
