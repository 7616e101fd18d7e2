"""Text in cells of a terminal: its width, cut and padded to a width, wrapped; ANSI text as styled fragments. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.utils import get_cwidth

Fragment = tuple[str, str]
"""A style of prompt-toolkit and the text that has it."""
Line = list[Fragment]
_TAB_COLUMNS = 8


def width(text: str) -> int:
    """Cells that the text takes; it holds no control characters (see :func:`printable`)."""
    return len(text) if text.isascii() else sum(map(get_cwidth, text))


def line_width(line: Line) -> int:
    """Cells that a line takes."""
    return sum(width(text) for _, text in line)


def printable(text: str) -> str:
    """The text with tabs expanded, and what moves the cursor or is no character at all as escapes."""
    text = text.expandtabs(_TAB_COLUMNS)
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def cut(text: str, columns: int) -> str:
    """As much of the text's beginning as fits; a wide character that fits by half is left out."""
    if text.isascii():
        return text[:columns]
    used = 0
    for index, character in enumerate(text):
        used += get_cwidth(character)
        if used > columns:
            return text[:index]
    return text


def rows(text: str, columns: int) -> int:
    """Rows that the terminal makes of a line of text without control characters; an empty one takes one."""
    columns = max(columns, 1)
    text = text.expandtabs(_TAB_COLUMNS)
    return max(1, -(-len(text) // columns)) if text.isascii() else len(wrap([("", text)], columns))


def clip(line: Iterable[Fragment], columns: int, *, fill: str = "") -> Line:
    """The line in exactly ``columns`` cells: cut with ``…`` at its end, or padded in the style ``fill``."""
    parts: Line = list(line)
    if line_width(parts) <= columns:
        pad = columns - line_width(parts)
        return [*parts, (fill, " " * pad)] if pad else parts
    if columns <= 0:
        return []
    result: Line = []
    room = columns - 1  # the last cell is the mark's
    style = fill
    for style, text in parts:
        shown = cut(text, room)
        result.append((style, shown))
        room -= width(shown)
        if shown != text:
            break
    result.append((style, " " * room + "…"))
    return [part for part in result if part[1]]


def wrap(line: Line, columns: int) -> list[Line]:
    """The line over as many lines as it takes, each at most ``columns`` wide; an empty one stays one line."""
    columns = max(columns, 1)
    lines: list[Line] = [[]]
    room = columns
    for style, text in line:
        while text:
            piece = cut(text, room)
            if not piece and room == columns:  # a wide character in a single column
                piece, text = "…", text[1:]
            else:
                text = text[len(piece) :]
            if piece:
                lines[-1].append((style, piece))
                room -= width(piece)
            if text:
                lines.append([])
                room = columns
    return lines


def from_ansi(text: str) -> Line:
    """Text with the escape sequences of colours as fragments; other control characters become visible."""
    if "\x1b" not in text:
        return [("", printable(text))]
    merged: Line = []
    for part in ANSI(text).__pt_formatted_text__():
        if merged and merged[-1][0] == part[0]:
            merged[-1] = (part[0], merged[-1][1] + part[1])
        else:
            merged.append((part[0], part[1]))
    result: Line = []
    column = 0
    for style, piece in merged:  # tabs go to columns of the line, not of the piece
        before = " " * (column % _TAB_COLUMNS)
        shown = printable(before + piece)[len(before) :]
        result.append((style, shown))
        column += width(shown)
    return result
