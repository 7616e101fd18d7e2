"""Every kind of place a breakpoint can be at."""

import functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


class Shop:
    """A class body runs too."""

    rate = 3

    def price(self, count):
        """Docstring, no statement."""
        return count * self.rate

    @property
    def name(self):
        return "shop"

    @classmethod
    def make(cls):
        return cls()


class Stall(Shop):
    def price(self, count):
        return super().price(count) - 1


@traced
def decorated(value):
    return value + 1


def counted():
    yield 1
    yield 2


def main():
    shop = Shop.make()
    stall = Stall()

    def inner(value):
        return value * 2

    total = shop.price(1) + stall.price(2)
    total += decorated(3)
    for value in counted():
        total += inner(value)
    import later

    later.arrive(total)
    print(shop.name, total)


main()
