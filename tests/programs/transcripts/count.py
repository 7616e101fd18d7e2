"""A script against the client: source count.py TIMES."""

from collections import Counter

from pydelve.api.requests import Evaluate

debugger.run("clearall", quiet=True)  # noqa: F821  what source puts here
said = debugger.run("break Account.__init__", quiet=True)  # noqa: F821
print("it said:", said, end="")
seen = Counter()
for _ in range(int(debugger.arguments[0])):  # noqa: F821
    debugger.run("continue", quiet=True)  # noqa: F821
    if debugger.stop is None:  # noqa: F821
        break
    found = debugger.call(Evaluate("owner"))  # noqa: F821
    seen[found.value.text] += 1
print("seen:", sorted(seen.items()))
debugger.run("frame 0")  # noqa: F821
