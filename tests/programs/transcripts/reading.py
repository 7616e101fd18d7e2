"""Reads its standard input, and has a breakpoint() of its own."""

import sys


def total(lines):
    result = sum(int(line) for line in lines)
    breakpoint()
    return result


print("total", total(sys.stdin))
