"""Is edited while it runs: every kind of function, one that runs, one that is a closure."""

import functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return ("old", function(*args))

    return wrapper


@traced
def decorated(value):
    return value + 1


class Account:
    rate = 2

    def __init__(self):
        self.total = 1

    @property
    def worth(self):
        return self.total * self.rate

    @worth.setter
    def worth(self, value):
        self.total = value

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def plain(value):
        return value


def closure(start):
    def add(value):
        return start + value

    return add


def counts():
    yield 1
    yield 2


def with_default(value=1):
    return value


def unchanged():
    return "same"


def removed():
    return "removed"


def results(account, add):
    account.worth = 5
    found = [decorated(1), account.worth, Account.make().total, Account.plain(3), add(1)]
    found += [list(counts()), with_default(), unchanged(), removed()]
    return found


def main():
    account = Account()
    add = closure(10)
    first = results(account, add)
    print(first)  # @first
    second = results(account, add)
    print(second)  # @second
    return second


main()
print("end")  # @end
