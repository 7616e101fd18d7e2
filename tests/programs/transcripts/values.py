"""One value of every kind, to be looked at."""

import array
import collections
import datetime
import decimal
import enum
import fractions
from dataclasses import dataclass


Point = collections.namedtuple("Point", "x y")


@dataclass
class Order:
    item: str
    count: int


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self):
        self.left = 1


class Loud:
    """Shouts when its code is run; looking must not."""

    def __init__(self):
        self.inside = 42

    def __repr__(self):
        print("REPR WAS RUN")
        return "loud"

    @property
    def trap(self):
        print("PROPERTY WAS RUN")
        return 0

    def __getattr__(self, name):
        print("GETATTR WAS RUN", name)
        raise AttributeError(name)


def simple(first, *rest, key=None, **more):
    nothing = None
    truth = True
    whole = -7
    huge = 10**30
    real = 0.1
    imaginary = 2 + 3j
    text = 'it\'s "quoted"\n\té 漢 🎉'
    raw = b"\x00\xffabc"
    mutable = bytearray(b"xy")
    items = [1, "two", [3.0, (4,)]]
    empty = ([], (), {}, set(), frozenset(), "")
    table = {"a": 1, 2: "b", (3, 4): None}
    group = {5}
    frozen = frozenset({6})
    span = range(0, 10, 3)
    return locals() and first


def library():
    queue = collections.deque([1, 2], maxlen=5)
    counter = collections.Counter("aab")
    default = collections.defaultdict(list, a=[1])
    ordered = collections.OrderedDict(x=1)
    point = Point(1, 2)
    order = Order("tea", 2)
    slotted = Slotted()
    loud = Loud()
    money = decimal.Decimal("1.50")
    half = fractions.Fraction(1, 2)
    day = datetime.date(2026, 1, 31)
    row = array.array("i", [1, 2, 3])
    error = ValueError("wrong", 3)
    kind = Order
    function = simple
    module = enum
    return point


def large():
    many = list(range(1_000_000))
    wide = dict(zip(range(100_000), map(str, range(100_000))))
    long_text = "abc" * 1000
    digits = 10**5000
    deep = [[[[[["bottom"]]]]]]
    cycle = [1]
    cycle.append(cycle)
    if len(many) < 10:
        unset = 1
    return wide


def main():
    simple(1, 2, 3, key="k", other=4)
    library()
    large()


main()
