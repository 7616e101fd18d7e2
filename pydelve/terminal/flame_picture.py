"""A flame graph as SVG: one picture without scripts, from folded stacks. Pure.

A frame is as wide as what it took, with what it called above it; its title, which a browser shows when the mouse rests
on it, has the whole name, the time and the share.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from html import escape

from pydelve.terminal.durations import duration

_WIDTH, _ROW, _MARGIN, _HEAD = 1_200.0, 17, 10, 34
_LETTER = 6.6  # the width of one
_LEAST = 0.1  # a narrower frame is left out
_SHORTEST = 3


class _Node:
    def __init__(self) -> None:
        self.own_us = self.all_us = 0
        self.children: dict[str, _Node] = {}


def picture(stacks: Iterable[tuple[tuple[str, ...], int]], title: str) -> list[str]:
    """The lines of the file; ``stacks``: chains of names, outermost first, with microseconds of their own."""
    root = _Node()
    for chain, own_us in stacks:
        node = root
        node.all_us += own_us
        for name in chain:
            node = node.children.setdefault(name, _Node())
            node.all_us += own_us
        node.own_us += own_us
    levels = _depth(root)
    height = _HEAD + levels * _ROW + _MARGIN
    frames = list(_frames(root, max(root.all_us, 1), 0.0, 0, height - _MARGIN - _ROW))
    width = round(_WIDTH + 2 * _MARGIN)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">',
        '<rect width="100%" height="100%" fill="#fffdf8"/>',
        f'<text x="{_MARGIN}" y="20" font-size="14">{escape(title)}: {duration(root.all_us / 1e6)}</text>',
        *frames,
        "</svg>",
    ]


def _depth(node: _Node) -> int:
    """Levels below a node, without recursion: stacks may be deep."""
    depth, level = 0, list(node.children.values())
    while level:
        depth += 1
        level = [child for each in level for child in each.children.values()]
    return depth


def _frames(root: _Node, all_us: int, left: float, level: int, bottom: float) -> Iterator[str]:
    todo = [(root, left, level)]
    while todo:
        node, left, level = todo.pop()
        for name, child in sorted(node.children.items()):
            width = _WIDTH * child.all_us / all_us
            if width >= _LEAST:
                yield _frame(name, child, child.all_us / all_us, _MARGIN + left, width, bottom - level * _ROW)
                todo.append((child, left, level + 1))
            left += width


def _frame(name: str, node: _Node, share: float, left: float, width: float, top: float) -> str:
    said = f"{name}: {duration(node.all_us / 1e6)}, {share:.1%}; self {duration(node.own_us / 1e6)}"
    most = int((width - 4) / _LETTER)
    shown = name if len(name) <= most else name[: most - 2] + ".." if most >= _SHORTEST else ""
    text = f'<text x="{left + 2:.1f}" y="{top + 12:.0f}">{escape(shown)}</text>' if shown else ""
    return (
        f'<g><title>{escape(said)}</title><rect x="{left:.1f}" y="{top:.0f}" width="{max(width - 0.5, 0.1):.1f}"'
        f' height="{_ROW - 1}" rx="1" fill="{_color(name)}"/>{text}</g>'
    )


def _color(name: str) -> str:
    """Warm, and the same for a name in every picture."""
    number = zlib.crc32(name.encode("utf-8", "surrogatepass"))
    return f"#{205 + number % 50:02x}{90 + number // 50 % 120:02x}{40 + number // 6_000 % 40:02x}"
