"""Imported late, and again."""
loaded = True  # @module


def called(n):
    return n + 1  # @called


class Account:
    rate = 2  # @rate

    def add(self, n):
        total = n * self.rate  # @add
        return total
