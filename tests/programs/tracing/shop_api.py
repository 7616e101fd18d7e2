"""A FastAPI app under uvicorn: ``shop_api.py CALLS``, so many calls for each request, in a coroutine and in a thread."""

import socket
import sys

import uvicorn
from fastapi import FastAPI

CALLS = int(sys.argv[1])
app = FastAPI()


def price(number):
    return number % 7


@app.get("/async/{number}")
async def order(number: int):
    return {"number": number, "total": sum([price(each) for each in range(CALLS)])}


@app.get("/thread/{number}")
def order_in_a_thread(number: int):
    return {"number": number, "total": sum([price(each) for each in range(CALLS)])}


with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
    print("port", listener.getsockname()[1], flush=True)
    print("ready", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", loop="asyncio", http="h11", lifespan="off"))
    server.run(sockets=[listener])
