"""Handles a request for each line of its input, and says so."""

import sys
import threading


class Shop:
    def handle(self, number):
        return self.price(number) + 1

    def price(self, number):
        if number < 0:
            raise ValueError(number)
        return number * 2


shop, code = Shop(), Shop.price.__code__
print("ready", flush=True)
for line in iter(sys.stdin.readline, "end\n"):
    try:
        answer = shop.handle(int(line))
    except ValueError as error:
        answer = repr(error)
    print(f"{line.strip()}: {answer}", flush=True)
tools = [sys.monitoring.get_tool(number) for number in range(6)] if sys.version_info >= (3, 12) else []
same = Shop.price.__code__ is code
print(
    f"threads {threading.active_count()}, traced {sys.gettrace()}, tools {[t for t in tools if t]}, the same code {same}",
    flush=True,
)
sys.exit(3)
