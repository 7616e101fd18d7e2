"""Source lines with numbers and marks, as text. Pure but for the colours that a highlighter from outside gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pydelve.terminal.theme import Theme

Highlighter = Callable[[Sequence[str]], list[str]]
"""Colours lines of Python, one for one."""

_LEAD = 60
"""Lines before the first one that are coloured along with it: a string that starts there is still a string here."""


def render_lines(
    lines: Sequence[str],
    first: int,
    last: int,
    *,
    current: int = 0,
    breakpoints: Collection[int] = (),
    theme: Theme,
    highlight: Highlighter | None = None,
) -> list[str]:
    """Lines ``first`` to ``last`` (1-based, cut to what exists): ``=>`` marks ``current``, ``*`` a breakpoint."""
    first, last = max(first, 1), min(last, len(lines))
    shown = [line.expandtabs(8).rstrip() for line in lines[first - 1 : last]]
    if highlight is not None and shown:
        lead = max(0, first - 1 - _LEAD)
        shown = highlight([line.expandtabs(8).rstrip() for line in lines[lead:last]])[first - 1 - lead :]
    digits = max(len(str(last)), 3)
    result = []
    for number, text in enumerate(shown, first):
        arrow = theme.mark("=>") if number == current else "  "
        star = theme.breakpoint("*") if number in breakpoints else " "
        head = f"{arrow}{star}{theme.dim(f'{number:>{digits}}:')}"
        result.append(f"{head}  {text}" if text else head)
    return result
