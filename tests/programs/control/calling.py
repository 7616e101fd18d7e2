"""Calls short functions, one after the other: a frame that was shown late has ended, and its ``number`` is an old one."""

current = 0


def first(number):
    turns = 0
    while turns < 400:
        turns += 1
    return number


def second(number):
    turns = 0
    while turns < 400:
        turns += 1
    return number


while True:
    current += 1
    first(current)
    second(current)
