"""Twenty threads and two hundred tasks that compute; what comes out depends on nobody's turn."""

import asyncio
import sys
import threading

THREADS, TASKS = 20, 200
rounds = int(sys.argv[1])
results = {}


def turn(name, number, total):
    total += number * 3  # @thread
    total ^= len(name)  # @after
    return total  # @back


def work(name):
    total = 0
    for number in range(rounds):
        total = turn(name, number, total)
    results[name] = total


async def part(name, number, total):
    total += number  # @task
    await asyncio.sleep(0)
    total ^= len(name)  # @resumed
    return total


async def job(name):
    total = 0
    for number in range(rounds):
        total = await part(name, number, total)
    results[name] = total


async def jobs():
    await asyncio.gather(*(job(f"job {index}") for index in range(TASKS)))


threads = [threading.Thread(target=work, args=(f"thread {index}",), name=f"t{index}") for index in range(THREADS)]
for thread in threads:
    thread.start()
asyncio.run(jobs())
for thread in threads:
    thread.join()
print(len(results), sum(results.values()))
with open("/proc/self/statm") as file:
    print("pages", file.read().split()[1], file=sys.stderr)
