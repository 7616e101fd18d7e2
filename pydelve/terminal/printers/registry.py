"""Finds how a value looks. Pure."""

from __future__ import annotations

from pydelve.api.values import Value
from pydelve.terminal.printers import kinds
from pydelve.terminal.printers.forms import FORMS
from pydelve.terminal.printers.look import Flat, Look, leaf


def look_of(value: Value, flat: Flat) -> Look:
    """By its form, else by its kind; ``flat`` makes one line of the values in it."""
    if value.kind == "unbound":
        return leaf("(not assigned)")
    if value.kind == "unreadable":
        return leaf(f"(unreadable: {value.text})" if value.text else "(unreadable)")
    if value.cycle:
        return leaf("<...>")
    if value.form in FORMS:
        return FORMS[value.form](value, flat)
    if value.kind in kinds.BRACKETS:
        return kinds.container(value, flat)
    if value.kind in kinds.NAMED:
        return kinds.named(value, flat)
    if value.kind == "exception":
        return kinds.exception(value, flat)
    if value.kind == "slice":
        return kinds.slice_(value, flat)
    return kinds.instance(value, flat) if value.kind == "object" else kinds.scalar(value, flat)
