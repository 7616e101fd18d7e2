"""An expression that is shown at each stop. Type only; ``handlers_display`` has the commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Display:
    """One expression, and its value at the last stop."""

    number: int
    expression: str
    last: str = ""
    """The value in one line, to tell whether it changed; "" before the first."""
