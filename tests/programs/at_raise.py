"""Exceptions that are caught, that nobody catches, and of which nobody can tell: in a thread, a task, and at last."""

import asyncio
import contextlib
import os
import sys
import threading

sys.stderr = open(os.devnull, "w")


class Decides:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return kind is KeyError


def boom(kind):
    raise kind("boom")  # @boom


def caught():
    for kind in (ValueError, KeyError, OSError):
        with contextlib.suppress(KeyError, OSError):
            try:
                boom(kind)
            except ValueError:
                continue


def decided():
    with Decides():
        boom(KeyError)


def left(where):
    try:
        with open(os.devnull):
            boom(ValueError)
    finally:
        print("finally", where, flush=True)


async def leaf():
    await asyncio.sleep(0)
    left("leaf")


async def caught_by_its_awaiter():
    try:
        await asyncio.ensure_future(leaf())
    except ValueError:
        return 1


async def main():
    await caught_by_its_awaiter()
    await asyncio.ensure_future(leaf())


caught()
decided()
thread = threading.Thread(target=left, args=("thread",))
thread.start()
thread.join()
try:
    asyncio.run(main())
except OSError:
    print("no")
