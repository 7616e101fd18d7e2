"""Imported when the program has run for a while."""


def arrive(total):
    print("arrived with", total)
