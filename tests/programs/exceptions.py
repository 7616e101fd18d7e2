"""Raises, one kind a function; what is raised is raised once, however many frames it passes."""

import asyncio
import json
import sys


def bottom():
    raise ValueError("bottom")  # @bottom


def middle():
    bottom()


def passes():
    """Through three frames, a finally and a with, to one handler."""
    try:
        try:
            middle()
        finally:
            assert True
    except ValueError:
        return 1


def again():
    """A bare raise is no new one; one that is raised by its name is."""
    try:
        try:
            bottom()
        except ValueError:
            raise
    except ValueError as error:
        try:
            raise error  # @again
        except ValueError:
            return 2


def generator():
    try:
        yield 1
        yield 2
    except KeyError:
        yield 3


def thrown():
    """Into a generator; and the ends of iterations, which are no errors."""
    made = generator()
    next(made)
    made.throw(KeyError("thrown"))
    for _ in made:
        continue
    return list(map(str, iter([1]))) + [next(iter([]), 5)]


def hook(found):
    raise LookupError("hook")  # @hook


def called_back():
    """A library calls the user's function, and passes on what it raises."""
    try:
        json.loads("{}", object_hook=hook)  # @call-back
    except LookupError:
        return 4


def in_a_library():
    """json raises StopIteration inside, and an error comes out to here."""
    try:
        json.loads("[")  # @library
    except ValueError:
        return 5


async def sleeper():
    await asyncio.sleep(10)


async def cancelled():
    task = asyncio.ensure_future(sleeper())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return 6


def looked_at(value):
    return value  # @looked-at


class Odd(Exception):
    """Its text and its attributes run code, which looking must not."""

    def __str__(self):
        print("str was called")
        return "odd"

    @property
    def attribute(self):
        print("a property was called")


def odd():
    try:
        raise Odd(1, "two", [3])  # @odd
    except Odd:
        return 7


def group():
    if sys.version_info < (3, 11):
        return 8
    try:
        found = [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])]  # noqa: F821
        found[0].add_note("a note")
        raise ExceptionGroup("outer", found)  # noqa: F821  @group
    except Exception:
        return 8


def main():
    passes()
    again()
    thrown()
    called_back()
    in_a_library()
    asyncio.run(cancelled())
    for value in (1, 0, 2):
        looked_at(value)
    odd()
    group()
    print("done")


main()
