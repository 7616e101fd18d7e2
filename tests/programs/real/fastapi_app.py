"""A FastAPI app under uvicorn on a free port: a hundred requests that go through the same lines again and again, and one
client beside them, for as many turns as it is told.
"""

import asyncio
import socket
import sys

import uvicorn
from fastapi import FastAPI

OTHERS = 100
app = FastAPI()
turns = int(sys.argv[1])
under_way = set()
served = 0


async def fetch(number, turn):
    await asyncio.sleep(0)
    return {"number": number, "turn": turn}


async def check(row):
    for _ in range(row["number"] % 3):
        await asyncio.sleep(0)
    return dict(row, total=row["number"] + row["turn"])


async def render(row):
    await asyncio.sleep(0)
    return f"{row['number']} + {row['turn']} = {row['total']}"


async def order(number, turn):
    row = await fetch(number, turn)  # @order
    row = await check(row)
    text = await render(row)
    return text


@app.get("/one/{number}/{turn}")
async def one(number: int, turn: int):
    global served
    while len(under_way) < OTHERS:
        await asyncio.sleep(0.001)
    text = await order(number, turn)
    served += 1
    return text


@app.get("/other/{number}")
async def other(number: int):
    under_way.add(number)
    turn = wrong = 0
    while served < turns:
        wrong += await order(number, turn) != f"{number} + {turn} = {number + turn}"
        turn += 1
        await asyncio.sleep(0.03)
    return {"number": number, "again": turn > 1, "wrong": wrong}


async def main():
    listening = socket.create_server(("127.0.0.1", 0), backlog=2 * OTHERS)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", loop="asyncio"))
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    print("port", listening.getsockname()[1], flush=True)
    while served < turns:
        await asyncio.sleep(0.01)
    server.should_exit = True
    await serving
    print("served", served)


asyncio.run(main())
