import sys


class Owner(str):
    pass


class Item:
    def __init__(self, name, price):
        self.name = name
        self.price = price

    @property
    def label(self):
        raise SystemExit("a property was run")

    def __repr__(self):
        raise SystemExit("a repr was run")


def double(number):
    return number * 2  # @double


def add(one, two):
    return one + two  # @add


def total(items):
    sum_so_far = 0
    for item in items:
        sum_so_far += item.price  # @loop
    return sum_so_far  # @returns


def fail(key):
    try:
        return {}[key]  # @raises
    except KeyError:
        return None


def main():
    items = [Item("tea", 3), Item("milk", 2), Item("bread", 4)]
    many = list(range(1000))
    mapping = {"one": items[0], 2: [1, 2, 3]}
    owners, flags = {Owner("ann"): 1, None: 2}, {True: "yes"}
    print("total", total(items))  # @prints
    result = add(double(1), double(2))  # @calls
    fail("nothing")  # @fails
    print("result", result, len(many), len(owners) + len(flags) - 1)  # @end
    if "wait" in sys.argv:
        while True:
            double(1)
    if "raise" in sys.argv:
        raise ValueError("too dear") from KeyError("price")  # @uncaught


main()
