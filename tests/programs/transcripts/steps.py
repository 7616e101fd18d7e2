"""A tour for next, step and stepout."""

import contextlib


def square(number):
    result = number * number
    return result


def numbers():
    yield 2
    yield 3


@contextlib.contextmanager
def announced(what):
    print("begin", what)
    yield what
    print("end", what)


def fails():
    try:
        raise ValueError("no")
    finally:
        print("cleaned")


def main():
    total = 0
    for number in numbers():
        total += square(number)
    squares = [square(number) for number in (4, 5)]
    with announced("sum"):
        total += sum(squares)
    try:
        fails()
    except ValueError as error:
        print("caught", error)
    return total


print(main())
