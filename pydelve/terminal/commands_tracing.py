"""The row of the command table about traced calls."""

from __future__ import annotations

from pydelve.terminal import handlers_tracing as tracing
from pydelve.terminal.model import Command

TRACE = Command(
    "trace", "Breakpoints", "show the calls of functions while the program runs, or list what is traced",
    ("LOCATION", "/REGEXP/", ""),
    tracing.trace, uses="control", takes="python", completes="location",
    details="A line for each call with its arguments, and one for its end with result or exception, and how long it\n"
    "took; objects are shown by their type. A regular expression is searched in module.qualname, also of functions\n"
    "that are loaded later. What is not read in time is dropped, and counted. Traces have numbers of their own, which\n"
    "clear takes, and are listed with the breakpoints. pydelve trace does more, without a prompt.",
    examples=(
        ("trace withdraw", "each call of a function"),
        ("trace /Account\\./", "of all methods of a class"),
    ),
)  # fmt: skip
