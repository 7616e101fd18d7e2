"""A package that is run by python -m shop.till."""

RATE = 19
