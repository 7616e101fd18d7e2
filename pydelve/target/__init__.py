"""Processes and core files as the debugger sees them: ``interface``, and what implements it. Imports nothing."""

OLDEST, NEWEST = (3, 9), (3, 15)
"""CPython's versions that a target may be of, major and minor."""
