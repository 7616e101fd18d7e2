#!/usr/bin/env python3
"""asyncio_layouts.py [--check] PYTHON...: where asyncio's C futures and tasks keep their fields, by version.

``Modules/_asynciomodule.c`` keeps its structures to itself: no header has them. So each PYTHON is run, makes futures
and tasks whose fields hold objects known to it, and looks for these in the objects' own memory; a field that is not
found at exactly one place is an error. Writes ``pydelve/target/cpython/layouts/asyncio_futures.py``, or compares.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "pydelve" / "target" / "cpython" / "layouts" / "asyncio_futures.py"
_LIMIT_S = 60

PROBE = """
import _asyncio, asyncio, ctypes, json, sys

def raw(owner):
    return ctypes.string_at(id(owner), type(owner).__basicsize__)

def words(owner):
    data = raw(owner)
    return {at: int.from_bytes(data[at : at + 8], "little") for at in range(16, len(data) - 7, 8)}

def only(places, name):
    places = list(places)
    if len(places) != 1:
        raise SystemExit(f"{name} is at {places} of {sys.version}")
    return places[0]

def holding(owner, value, name):
    return only((at for at, word in words(owner).items() if word == id(value)), name)

def number(owner, size, signed=False):
    data = raw(owner)
    return {at: int.from_bytes(data[at : at + size], "little") for at in range(16, len(data) - size + 1, size)}

class Loop(asyncio.AbstractEventLoop):
    def get_debug(self):
        return False
    def call_soon(self, *args, **kw):
        pass
    def call_exception_handler(self, context):
        pass

async def nothing():
    pass

loop, found = Loop(), {}
future = _asyncio.Future(loop=loop)
found["future._size"] = _asyncio.Future.__basicsize__
found["task._size"] = _asyncio.Task.__basicsize__
found["future.loop"] = holding(future, loop, "loop")
callbacks = [lambda future: None for _ in range(3)]
future.add_done_callback(callbacks[0])
found["future.callback"] = holding(future, callbacks[0], "callback")
before = words(future)
future.add_done_callback(callbacks[1])
future.add_done_callback(callbacks[2])
found["future.callbacks"] = only((at for at, word in words(future).items() if word != before[at]), "callbacks")
error = ValueError()
failed, cancelled, pending, done = (_asyncio.Future(loop=loop) for _ in range(4))
failed.set_exception(error)
failed.exception()
found["future.exception"] = holding(failed, error, "exception")
cancelled.cancel()
done.set_result(None)
states = [number(each, 4) for each in (pending, cancelled, done)]
# the other numbers there may be are flags in bytes of their own, which are set at other times
found["future.state"] = only(
    (at for at in states[0] if [each[at] & 0xFF for each in states] == [0, 1, 2]), "state")

coroutine = nothing()
task = _asyncio.Task(coroutine, loop=loop)
task.set_name("a name like no other")
found["task.coroutine"] = holding(task, coroutine, "coroutine")
found["task.name"] = holding(task, task.get_name(), "name")
before = raw(task)
task.cancel()
changed = [at for at, byte in enumerate(raw(task)) if at >= 16 and byte != before[at]]
if sys.version_info >= (3, 11):
    task.cancel()
    task.cancel()
    count = only((at for at, value in number(task, 4).items() if value == 3 and at > found["future.state"]), "cancels")
    found["task.cancels"] = count
    changed = [at for at in changed if not count <= at < count + 4]
pointers = [word for word in {at // 8 for at in changed} if sum(at // 8 == word for at in changed) > 1]
found["task.must_cancel"] = only((at for at in changed if at // 8 not in pointers), "must_cancel")
found["task._must_cancel_mask"] = raw(task)[found["task.must_cancel"]] ^ before[found["task.must_cancel"]]
coroutine.close()

async def waits():
    await waited

real = asyncio.new_event_loop()
waited = _asyncio.Future(loop=real)
waiting = _asyncio.Task(waits(), loop=real)
real.call_soon(lambda: real.call_soon(real.stop))
real.run_forever()
found["task.waiter"] = holding(waiting, waited, "fut_waiter")
if sys.version_info >= (3, 14):
    tasks = [_asyncio.Task(waits(), loop=real) for _ in range(3)]
    first, middle, last = (words(each) for each in tasks)
    found["task.node"] = only(
        (at for at in middle if at + 8 in middle
         and middle[at] in (id(tasks[0]) + at, id(tasks[2]) + at)
         and middle[at + 8] in (id(tasks[0]) + at, id(tasks[2]) + at)), "node")
print(json.dumps(found))
sys.stdout.flush()
import os
os._exit(0)
"""


def main(arguments: list[str]) -> int:
    """Ask each interpreter."""
    check = "--check" in arguments
    pythons = [each for each in arguments if each != "--check"]
    tables: dict[int, dict[str, int]] = {}
    for python in pythons:
        minor, table = probe(python)
        if tables.setdefault(minor, table) != table:
            raise SystemExit(f"asyncio_layouts: {python} differs from another 3.{minor}")
    text = render(tables)
    if check:
        if TABLE.read_text() != text:
            print(f"asyncio_layouts: {TABLE} differs", file=sys.stderr)
            return 1
        return 0
    TABLE.write_text(text)
    return 0


def probe(python: str) -> tuple[int, dict[str, int]]:
    """(minor version, offsets) as one interpreter tells."""
    asked = [python, "-I", "-c", "import sys; print(sys.version_info[1])"]
    minor = int(subprocess.run(asked, check=True, capture_output=True, timeout=_LIMIT_S).stdout)
    done = subprocess.run([python, "-I", "-"], input=PROBE.encode(), capture_output=True, timeout=_LIMIT_S, check=False)
    if done.returncode:
        raise SystemExit(f"asyncio_layouts: {python}: {done.stderr.decode()}")
    table: dict[str, int] = json.loads(done.stdout)
    return minor, table


def render(tables: dict[int, dict[str, int]]) -> str:
    """The module's text."""
    minors = sorted(tables)
    names = dict.fromkeys(name for minor in minors for name in tables[minor])
    lines = [
        '"""Where asyncio\'s C futures and tasks keep their fields (Modules/_asynciomodule.c), by minor version.',
        "",
        "Written by ``tools/asyncio_layouts.py``, which asks the interpreters: do not edit. What is not an offset",
        "says so (_size, _mask); ``node`` is the task's place in the interpreter's lists of tasks.",
        '"""',
        "",
        f"_MINORS = {tuple(minors)}",
        "_FIELDS: dict[str, tuple[int | None, ...]] = {  # None: that version has none",
        *(f'    "{name}": {tuple(tables[minor].get(name) for minor in minors)},' for name in names),
        "}",
        "TABLES = {",
        "    minor: {name: place for name, places in _FIELDS.items() if (place := places[at]) is not None}",
        "    for at, minor in enumerate(_MINORS)",
        "}",
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
