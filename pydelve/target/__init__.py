"""Processes and core files as the debugger sees them: ``interface``, and what implements it. Imports nothing."""
