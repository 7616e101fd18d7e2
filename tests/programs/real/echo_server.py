"""An asyncio server on a free port, and its client in the same loop or outside: ends after as many connections as it is told."""

import asyncio
import sys


async def answer(reader, writer):
    line = await reader.readline()
    words = line.decode().split()
    reply = " ".join(reversed(words))  # @answer
    await asyncio.sleep(0)
    writer.write(reply.encode() + b"\n")  # @write
    await writer.drain()
    writer.close()


async def main(expected):
    done = asyncio.Semaphore(0)

    async def serve(reader, writer):
        try:
            await answer(reader, writer)
        finally:
            done.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    for _ in range(expected):
        await done.acquire()
    server.close()
    print("served", expected)


asyncio.run(main(int(sys.argv[1])))
