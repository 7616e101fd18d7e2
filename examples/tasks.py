"""An asyncio kitchen in which six orders become eight dishes: the soup is served three times.

    pydelve debug examples/tasks.py

Three cooks take orders from one list. ``next`` sticks to the cook it began with, though the others run at each await:

    break cook
    continue                 the first cook starts
    print name
    clear 1                  the other cooks need not stop here
    next                     over the lines one by one, the await included ...
    print dish, todo         ... before it, and after it
    next
    print dish, todo

What happens to the list between looking at its first order and taking that away?
"""

import asyncio


async def prepare(dish):
    """Heat, stir, wait: the event loop runs the other cooks meanwhile."""
    for _ in range(len(dish)):
        await asyncio.sleep(0)


async def cook(name, todo, served):
    while todo:
        dish = todo[0]
        await prepare(dish)
        del todo[:1]
        served.append((name, dish))


async def main():
    todo = ["soup", "salad", "rice", "cake", "tea", "fish"]
    served = []
    await asyncio.gather(*(cook(name, todo, served) for name in ("Ada", "Bob", "Cyd")))
    for name, dish in served:
        print(f"{name}: {dish}")
    print(len(served), "dishes for 6 orders")


if __name__ == "__main__":
    asyncio.run(main())
