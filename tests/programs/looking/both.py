"""Stops with something of everything in its frames; looked at by an agent and from memory, which must say the same."""

import threading

import values

TOTAL = 12
done = threading.Event()


class Scope:
    inside = [1, 2]
    values.made = [inside]


def counts(start):
    number = start
    while True:
        number += 1
        yield number


def innermost(found, *rest, key=None, **more):
    shared = "shared"
    text = "kept"
    unset = later = None
    del unset
    generator = counts(5)
    next(generator)

    def inner():
        return shared, later

    later = inner
    comprehended = [number for number in range(3)]
    return found, rest, key, more, text, generator, inner, comprehended  # @here


def work():
    waited = "for"
    done.wait()
    return waited


def main():
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    try:
        innermost(values.values(), 1, 2, key="k", extra=(3,))
    finally:
        done.set()
        thread.join()


main()
