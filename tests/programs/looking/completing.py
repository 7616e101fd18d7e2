"""Objects with traps: whatever code of theirs runs while somebody types is noted in ``ran``."""

import collections
import dataclasses
import functools

ran = []
GLOBAL = 1


class Meta(type):
    def __getattr__(cls, name):
        ran.append("metaclass")
        raise AttributeError(name)


class Trap:
    def __get__(self, instance, owner):
        ran.append("descriptor")
        return self

    def __set__(self, instance, value):
        ran.append("descriptor")

    def __call__(self, volume, *, loud=False):
        ran.append("call")


class Account(metaclass=Meta):
    __slots__ = ("__dict__", "limit", "unset")
    rate = 0.5
    trap = Trap()

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self._secret = 1
        self.limit = {"daily": [1, 2]}

    @property
    def total(self):
        ran.append("property")
        return self

    def __getattr__(self, name):
        ran.append("getattr")
        raise AttributeError(name)

    def __getattribute__(self, name):
        if name != "__dict__":
            ran.append("getattribute " + name)
        return object.__getattribute__(self, name)

    def __dir__(self):
        ran.append("dir")
        return []

    def __eq__(self, other):
        ran.append("eq")
        return False

    def __hash__(self):
        return hash("apple")

    def withdraw(self, amount, *, fee=0, note=None):
        return amount

    @classmethod
    def make(cls, owner, *rest, **more):
        return owner

    @staticmethod
    def plain(a, b=(), c="a long default that is cut here", d=print):
        return a


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def transfer(source, target, amount=1):
    return amount


def main(argument):
    account = Account("ann", 100)
    key = "apple"
    table = collections.OrderedDict({account: 0, "apple": account, "apricot": 2, 3: "three", "it's": 4, (1, 2): 5})
    rows = [account, {"deep": {"er": account}}]
    queue = collections.deque([1, 2])
    trap = Trap()
    many = {str(number): number for number in range(100_000)}
    del ran[:]
    breakpoint()
    unbound = argument, key, table, rows, queue, trap, many
    return unbound


main(1)
