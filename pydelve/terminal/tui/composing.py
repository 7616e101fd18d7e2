"""Where each pane is, for any size of the terminal, and the whole screen as lines. Pure."""

from __future__ import annotations

from pydelve.records import dataclass
from pydelve.terminal.tui.cells import Line
from pydelve.terminal.tui.model import SIDE, Pane, View
from pydelve.terminal.tui.panes import render_headline, render_overlay, render_pane

_NARROW = 60
"""Fewer columns have no room for two panes side by side."""
_LOW = 12
"""Fewer lines have no room for panes below the source."""
_SIDE_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class Region:
    """A pane's rectangle, its title line included."""

    pane: Pane
    left: int
    top: int
    columns: int
    rows: int


def regions(view: View, columns: int, rows: int) -> tuple[Region, ...]:
    """The panes that have room, side by side and one above the other; together they fill the rectangle.

    Where there is no room for all, the one with the focus is among those shown.
    """
    low = rows < _LOW
    if columns < _NARROW:
        return _column(_left(view, low, rows) if view.focus not in SIDE else ((view.focus, rows),), 0, columns)
    side = max(_SIDE_COLUMNS, columns * view.share // 100)
    right = ((view.focus if view.focus in SIDE else "locals", rows),) if low else _right(view, rows)
    return (
        *_column(_left(view, low, rows), 0, columns - side - 1),
        *_column(right, columns - side, side),
    )


def _left(view: View, low: bool, rows: int) -> tuple[tuple[Pane, int], ...]:
    if low:
        return ((view.focus if view.focus in {"output", "messages"} else "source", rows),)
    each = max(rows // 5, 3)
    return (("source", rows - 2 * each), ("output", each), ("messages", each))


def _right(view: View, rows: int) -> tuple[tuple[Pane, int], ...]:
    snapshot = view.snapshot
    breakpoints = min(1 + max(len(snapshot.breakpoints), 1), max(rows // 5, 2))
    threads = min(1 + max(len(snapshot.threads), 1), max(rows // 5, 2))
    stack = min(1 + max(len(snapshot.frames), 1), max(rows // 4, 2))
    rest = rows - breakpoints - threads - stack
    return (("locals", rest), ("stack", stack), ("threads", threads), ("breakpoints", breakpoints))


def _column(panes: tuple[tuple[Pane, int], ...], left: int, columns: int) -> tuple[Region, ...]:
    found, top = [], 0
    for pane, rows in panes:
        found.append(Region(pane, left, top, columns, rows))
        top += rows
    return tuple(found)


def compose(view: View, columns: int, rows: int) -> list[Line]:
    """The screen without its bottom line: the headline, and the panes or what lies over them."""
    if rows <= 0 or columns <= 0:
        return []
    lines = [render_headline(view, columns)]
    if view.overlay is not None:
        return lines + render_overlay(view, columns, rows - 1)
    places = regions(view, columns, rows - 1)
    drawn = {region: render_pane(view, region.pane, region.columns, region.rows) for region in places}
    for row in range(rows - 1):
        line: Line = []
        for region in places:
            if region.top <= row < region.top + region.rows:
                if line:
                    line.append(("class:border", "│"))
                line += drawn[region][row - region.top]
        lines.append(line)
    return lines
