"""Load for a web server, as ``wrk`` makes it: connections that each ask again as soon as they have their answer.

``python -m tests.e2e.web_load PORT CONNECTIONS SECONDS PATH`` writes what came of it as JSON: the seconds that each
request took, and what was answered wrongly. PATH is asked for with a number behind it, which must come back.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable

_LIMIT_S = 30.0


async def load(port: int, connections: int, path: str, more: Callable[[int], bool]) -> tuple[list[float], list[str]]:
    """Ask while ``more(asked so far)``; gives back seconds of each request, and what went wrong.

    Raises:
        OSError: the server can't be reached.
        TimeoutError: an answer did not come.
    """
    took: list[float] = []
    wrong: list[str] = []
    asked = 0

    async def one() -> None:
        nonlocal asked
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while more(asked):
            asked += 1
            number, begin = asked, time.perf_counter()
            writer.write(b"GET %s%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % (path.encode(), number))
            try:
                status, body = await asyncio.wait_for(_answer(reader), _LIMIT_S)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                wrong.append(f"{number}: {type(error).__name__}")
                break
            took.append(time.perf_counter() - begin)
            if status != b"200" or b'"number":%d,' % number not in body:
                wrong.append(f"{number}: {status.decode()} {body.decode()}")
        writer.close()

    await asyncio.gather(*[one() for _ in range(connections)])
    return took, wrong


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Status and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    size = int(head.partition(b"content-length:")[2].split()[0])
    return head.split()[1], await reader.readexactly(size)


def _main(port: str, connections: str, seconds: str, path: str) -> None:
    end = time.monotonic() + float(seconds)
    done = asyncio.run(load(int(port), int(connections), path, lambda asked: time.monotonic() < end))
    json.dump(done, sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
