"""Threads that wait in functions of every kind; says their stacks as JSON, then waits for the end of its input.

Arguments: how many plain threads, how deep the main thread recurses. What waits does so on the line that said it is ready.
"""

import json
import os
import sys
import threading

_reader, _writer = os.pipe()
_gate = threading.Lock()
_gate.acquire()


def wait_here():
    os.write(_writer, b".") and _gate.acquire()


def generator():
    first = 1
    yield first
    yield (
        first,
        wait_here(),
    )


async def coroutine(depth):
    if depth:
        await coroutine(depth - 1)
    else:
        wait_here()


async def async_generator():
    yield 1
    wait_here()
    yield 2


async def iterate():
    async for _ in async_generator():
        pass


class Größe:
    def __init__(self, λ):
        self.λ = λ

    @property
    def wert(self):
        return self.λ()

    def __repr__(self):
        return (lambda: self.wert)()


def run_generator():
    for _ in generator():
        pass


def run_coroutine():
    coroutine(3).send(None)


def run_async_generator():
    iterate().send(None)


def run_property():
    repr(Größe(wait_here))


def run_comprehension():
    [wait_here() for _ in range(1) if [0 for _ in "a"]]


def run_class_body():
    class Body:
        inner = wait_here()


def run_text():
    exec("def made():\n\n    wait_here()\n\nmade()", {"wait_here": wait_here})


def run_handler():
    try:
        1 / 0
    except ZeroDivisionError:
        with threading.Lock():
            sorted([1], key=lambda _: wait_here())
    finally:
        pass


def run_table():
    {
        "a": 1,
        "b": [
            wait_here(),
        ],
    }


KINDS = (
    run_generator, run_coroutine, run_async_generator, run_property, run_comprehension, run_class_body, run_text,
    run_handler, run_table,
)


def stack(frame):
    found = []
    while frame is not None:
        code = frame.f_code
        found.append(
            [getattr(code, "co_qualname", code.co_name), frame.f_globals.get("__name__", ""), code.co_filename, frame.f_lineno]
        )
        frame = frame.f_back
    return found


def stacks(own):
    frames = sys._current_frames()
    frames[threading.get_ident()] = own
    return [[thread.native_id, thread.name, stack(frames[thread.ident])] for thread in threading.enumerate()]


def recurse(depth):
    if depth:
        return recurse(depth - 1)
    print(json.dumps(stacks(sys._getframe())), flush=True) or sys.stdin.readline()


if __name__ == "__main__":
    plain, depth = int(sys.argv[1]), int(sys.argv[2])
    for run in KINDS:
        threading.Thread(target=run, name="%s €" % run.__name__, daemon=True).start()
    for number in range(plain):
        threading.Thread(target=wait_here, name="plain-%d" % number, daemon=True).start()
    for _ in range(len(KINDS) + plain):
        os.read(_reader, 1)
    recurse(depth)
