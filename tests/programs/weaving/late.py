"""Imported when breakpoints are set in it already, and loaded again."""


def late(n):
    n += 1  # @late
    return n
