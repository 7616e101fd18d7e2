"""A program to look at from outside: it waits in ``show`` until a line comes."""

import collections
import enum
import sys

Point = collections.namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = 1


class Account:
    kind = "savings"
    rates = {"low": 1}

    def __init__(self, owner):
        self.owner = owner
        self.rows = [1, 2.5, "three", None, {"a": (1, 2)}]

    @property
    def total(self):
        print("must not run")
        return 3

    def pay(self):
        print("must not run")

    @staticmethod
    def fee():
        pass


class Slotted:
    __slots__ = ("empty", "full")

    def __init__(self):
        self.full = 5


class Picky(list):
    def __len__(self):
        print("must not run")
        return 7

    def __eq__(self, other):
        print("must not run")
        return True

    __hash__ = None

    def __getattr__(self, name):
        print("must not run")


class Closed:
    def __getattribute__(self, name):
        print("must not run")


def show(account, *names, **options):
    point = Point(3, 4)
    big = 10**700
    slotted, picky, closed, red = Slotted(), Picky("ab"), Closed(), Color.RED
    table = {"one": 1, 2: "two", None: 3, (1, 2): [4], point: 5}
    numbers = {1, 2, 3}
    later = [number for number in names if number]
    cell = lambda: account  # noqa: E731
    print("ready", flush=True)
    sys.stdin.readline()
    unset = cell, slotted, picky, closed, red, table, numbers, later, big, point
    return unset


def main():
    total = 1
    show(Account("eve"), 1, 2, color="red")
    print("done", total)


main()
