"""Exceptions of every kind: handled, raised again, in a thread, in a task that nobody asks, and at last uncaught."""

import asyncio
import gc
import json
import os
import sys
import threading


class TillError(Exception):
    def __init__(self, code):
        super().__init__("the till is short", code)
        self.code = code


def count(code):
    raise TillError(code)


def close(code):
    try:
        count(code)
    except TillError as error:
        raise ValueError("not closed") from error


def evening(codes):
    for code in codes:
        try:
            close(code)
        except ValueError:
            continue
        finally:
            print("closed", code)


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def worker(text):
    return int(text)


async def forgotten():
    raise KeyError("till")


async def shop():
    task = asyncio.ensure_future(forgotten())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()


def main():
    sys.stderr = open(os.devnull, "w")  # what Python itself says of exceptions
    evening([1, 2])
    for text in ("1", "{"):
        parsed(text)
    assert list(map(str, iter([1]))) == ["1"]
    thread = threading.Thread(target=worker, args=("x",), name="till")
    thread.start()
    thread.join()
    asyncio.run(shop())
    close(3)


if __name__ == "__main__":
    main()
