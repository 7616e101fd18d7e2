"""Groups of hundreds of tasks in which one fails or all are cancelled from outside, turn after turn; says what happened.

Members that wait have groups of their own; up to 3.10, which has no TaskGroup, ``gather`` is in its place.
"""

import asyncio
import sys

TURNS, MEMBERS = int(sys.argv[1]), int(sys.argv[2])
happened = []


async def wait_in_group(turn, number):
    async with Group() as group:
        for inner in range(2):
            group.create_task(wait(turn, number + (inner + 1) / 10))
        await wait(turn, number)


async def wait(turn, number):
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        happened.append(("woken", turn, number))  # @woken
        await asyncio.sleep(0)


async def member(turn, number):
    try:
        for _ in range(number % 4):
            await asyncio.sleep(0)
        happened.append(("reached", turn, number))  # @reached
        if number == failing(turn):
            await asyncio.sleep(0)
            raise ValueError(turn)
        await (wait_in_group if number % 10 == 0 else wait)(turn, number)
    except asyncio.CancelledError:
        happened.append(("cancelled", turn, number))  # @cancelled
        await asyncio.sleep(0)
        raise
    finally:
        happened.append(("left", turn, number))  # @left


def failing(turn):
    """Who fails; in every third turn nobody does, and the group is cancelled."""
    return -1 if turn % 3 == 2 else 7 + turn


class Gathered:
    """What there is of TaskGroup where it is missing."""

    async def __aenter__(self):
        self._tasks = []
        return self

    def create_task(self, coroutine):
        self._tasks.append(asyncio.ensure_future(coroutine))

    async def __aexit__(self, kind, error, trace):
        try:
            if error is None:
                await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            for task in self._tasks:
                try:
                    await task
                except (asyncio.CancelledError, ValueError):
                    pass


Group = getattr(asyncio, "TaskGroup", Gathered)


async def storm(turn):
    async with Group() as group:
        for number in range(MEMBERS):
            group.create_task(member(turn, number))


async def main():
    for turn in range(TURNS):
        task = asyncio.ensure_future(storm(turn))
        if failing(turn) < 0:
            for _ in range(8):
                await asyncio.sleep(0)
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            happened.append(("storm cancelled", turn))
        except Exception as error:  # a group of the ValueError
            happened.append((type(error).__name__, turn))


asyncio.run(main())
for line in sorted(" ".join(map(str, each)) for each in happened):
    print(line)
