"""Traced calls: which functions, what is told of each call, and who tells it."""
