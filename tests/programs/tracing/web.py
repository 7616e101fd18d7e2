"""A server that answers HTTP requests on keep-alive connections: ``web.py CALLS``, so many calls for each."""

import asyncio
import sys

CALLS = int(sys.argv[1])


def price(number):
    return number % 7


async def order(path):
    await asyncio.sleep(0)
    total = 0
    for number in range(CALLS):
        total += price(number)
    return f"{path} {total}"


async def serve(reader, writer):
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        body = (await order(head.split()[1].decode())).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()


async def connected(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
