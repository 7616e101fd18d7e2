"""How much of a value a command's options ask for. Pure."""

from __future__ import annotations

from pydelve.api.values import Limits
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import whole_number
from pydelve.terminal.values import FULL


def asked_limits(call: Call) -> Limits:
    """The limits that ``-n``, ``-depth`` and ``-full`` of a command mean.

    Raises:
        UsageError: one of them is no number.
    """
    options, name = call.options, call.command.name
    base = FULL if "-full" in options else Limits()
    items = whole_number(options["-n"], "count", command=name) if "-n" in options else base.max_items
    depth = whole_number(options["-depth"], "depth", command=name) if "-depth" in options else base.max_depth
    text = max(base.max_text, items) if "-n" in options else base.max_text
    return Limits(text, items, depth, max(base.max_total, items * 2))
