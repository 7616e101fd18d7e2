"""Run inside a target interpreter by test_printers.py: what printers see of each type, how fast, and that nothing runs.

The second argument says of which family (``probe_*.py``); ``{name: wire}`` is written to the file of the third.
"""

# It runs on 3.9 too.
# ruff: noqa: E402, T201, UP031
# mypy: ignore-errors

import marshal
import sys
import time

root, family, output = sys.argv[1:4]
sys.path[:0] = [root, __file__.rpartition("/")[0]]
from traps import Watch, ran

from pydelve.agent.looking.inspection import Handles, Limits, inspect_children, inspect_value

AGENT = root + "/pydelve/agent/"
SOON_S = 0.02
problems = []
shown = {}


def look(obj, **limits):
    handles = Handles()
    with Watch(AGENT):
        wire = inspect_value(obj, Limits(**limits), handles)
    assert marshal.loads(marshal.dumps(wire, 2)) == wire
    if ran:
        problems.append("looking at a %s ran %s" % (type(obj), ran))
        ran.clear()
    return wire


def show(name, obj):
    shown[name] = look(obj)


def timed(name, obj):
    """The first few elements, however many there are, within the limit."""
    look(obj)
    times = []
    while len(times) < 20 and (not times or min(times) > SOON_S):  # what else the machine does counts a little, too
        began = time.process_time()
        inspect_value(obj, Limits(), Handles())
        times.append(time.process_time() - began)
    inspect_children(obj, 5, 20, Limits(), Handles())
    if min(times) > SOON_S:
        problems.append("%s takes %.1f ms" % (name, min(times) * 1e3))


__import__("probe_" + family)
assert not ran, ran
with open(output, "wb") as file:
    marshal.dump(shown, file, 2)
print("\n".join(problems) if problems else "fine")
