"""Python called from C: sqlite3, ctypes, sorted, re."""

import ctypes
import re
import sqlite3


def double(value):
    twice = value * 2
    return twice  # @double


def compare(left, right):
    a, b = left[0], right[0]
    return (a > b) - (a < b)  # @compare


def last(word):
    return word[-1]  # @last


def shout(match):
    return match.group(0).upper()  # @shout


def queries():
    base = sqlite3.connect(":memory:")
    base.create_function("double", 1, double)
    return base.execute("select double(20) + double(1)").fetchone()


def quick_sort(numbers):
    kind = ctypes.POINTER(ctypes.c_int)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, kind, kind)(compare)
    array = (ctypes.c_int * len(numbers))(*numbers)
    ctypes.CDLL(None).qsort(array, len(numbers), ctypes.sizeof(ctypes.c_int), callback)
    return list(array)


print("sqlite", queries())
print("qsort", quick_sort([3, 1, 2]))
print("sorted", sorted(["ab", "ca", "bc"], key=last))
print("re", re.sub("b+", shout, "abba"))
