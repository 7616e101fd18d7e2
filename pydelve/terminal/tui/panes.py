"""Each pane as lines of exactly its size: from the view to styled text. Pure.

Styles are names (``class:...``) that ``application`` gives colours to; each also differs without colours (see there).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pydelve.terminal.highlight import highlight_lines
from pydelve.terminal.names import short_path
from pydelve.terminal.places import breakpoint_where, place
from pydelve.terminal.source_view import misfit
from pydelve.terminal.tui.cells import Fragment, Line, clip, from_ansi, printable, wrap
from pydelve.terminal.tui.model import Pane, Row, View

_LEAD = 60
"""Lines before the first one shown that are coloured along with it, as ``listing`` does."""
TITLES: dict[Pane, str] = {
    "source": "Source", "locals": "Locals", "stack": "Stack", "threads": "Threads", "breakpoints": "Breakpoints",
    "output": "Output", "messages": "Commands",
}  # fmt: skip


def render_pane(view: View, pane: Pane, columns: int, rows: int) -> list[Line]:
    """A pane with its title line, exactly ``rows`` lines of exactly ``columns`` cells."""
    if rows <= 0 or columns <= 0:
        return []
    style = "class:title.focus" if pane == view.focus and not view.asking else "class:title"
    title: Line = [(style, f" {printable(_title(view, pane))} ")]
    body = _BODIES[pane](view, columns, rows - 1) if rows > 1 else []
    return _sized([clip(title, columns, fill=style), *body], columns, rows)


def render_overlay(view: View, columns: int, rows: int) -> list[Line]:
    """The text over everything, scrolled, with a title."""
    overlay = view.overlay
    if overlay is None or rows <= 0 or columns <= 0:
        return []
    wrapped = [piece for line in overlay.lines for piece in wrap(from_ansi(line), columns)]
    room = max(rows - 1, 1)
    overlay.top = max(0, min(overlay.top, len(wrapped) - room))
    shown = wrapped[overlay.top : overlay.top + room]
    more = f"{overlay.top + len(shown)}/{len(wrapped)}  " if len(wrapped) > room else ""
    title = f" {printable(overlay.title)}  {more}(q closes, j k and Space scroll)"
    return _sized([clip([("class:title.focus", title)], columns, fill="class:title.focus"), *shown], columns, rows)


def render_headline(view: View, columns: int) -> Line:
    """The line at the top: what it is doing or why it stands."""
    snapshot = view.snapshot
    if view.overlay is None and view.focus == "output" and not view.asking:
        text, style = "typing into the program: Ctrl-X leaves, Ctrl-C halts", "class:headline.busy"
    elif view.busy and snapshot.status != "ended":
        text, style = (
            f"{view.busy} ...  Ctrl-C halts, O types into the program, o shows its screen",
            "class:headline.busy",
        )
    elif snapshot.status == "running":
        text, style = "running; Ctrl-C halts, continue waits for it", "class:headline.busy"
    else:
        text, style = snapshot.headline, "class:headline"
    right = " ?: keys "
    left = clip([(style, f" {printable(text)}")], max(columns - len(right), 0), fill=style)
    return clip([*left, (style, right)], columns, fill=style)


def render_hint(view: View, columns: int) -> Line:
    """The bottom line while nothing is asked there."""
    program = view.snapshot.program
    return clip([("class:hint", f" : command  n s r c  b breakpoint  q leave   {printable(program)}")], columns)


def _title(view: View, pane: Pane) -> str:
    snapshot = view.snapshot
    if pane == "source":
        if view.source is None:
            return f"Source: {snapshot.problem}" if snapshot.problem else "Source"
        name = short_path(view.source.path, snapshot.cwd)
        doubt = ", changed on disk since the program started" if view.source.stale else ""
        if snapshot.frame_index < len(snapshot.frames) and view.source.path == snapshot.file:
            why = misfit(snapshot.frames[snapshot.frame_index], view.source.lines)
            doubt += why and f", {why}"
        return f"{name}  {view.cursor}/{len(view.source.lines)}{doubt}"
    if pane == "locals" and snapshot.frames and snapshot.frame_index < len(snapshot.frames):
        return f"Locals of {snapshot.frames[snapshot.frame_index].function}"
    if pane == "stack" and snapshot.total_frames > len(snapshot.frames):
        return f"Stack, {len(snapshot.frames)} of {snapshot.total_frames:,}"
    back = view.back.get(pane, 0)
    return f"{TITLES[pane]}, {back:,} lines back" if back else TITLES[pane]


def _source(view: View, columns: int, rows: int) -> list[Line]:
    source, snapshot = view.source, view.snapshot
    if source is None:
        return []
    first = window(view.cursor - 1, rows, len(source.lines)) + 1
    last = min(first + rows - 1, len(source.lines))
    marks = snapshot.marks(source.path)
    current = snapshot.line if source.path == snapshot.file else 0
    digits = max(len(str(len(source.lines))), 3)
    lines = []
    for number, code in enumerate(_code(source.lines, first, last, view.color), first):
        mark: Fragment = ("", " ")
        if number in marks:
            mark = ("class:breakpoint", "*") if marks[number] else ("class:breakpoint.off", "o")
        arrow = ("class:current", "=>") if number == current else ("", "  ")
        style = "class:cursor" if number == view.cursor else "class:current.line" if number == current else ""
        line: Line = [arrow, mark, ("class:number", f"{number:>{digits}}  "), *code]
        lines.append(_over(clip(line, columns), style))
    return lines


@lru_cache(maxsize=8)
def _code(lines: tuple[str, ...], first: int, last: int, color: bool) -> list[Line]:
    """Lines of code, coloured, without what can't be shown."""
    lead = max(0, first - 1 - _LEAD)
    shown = [printable(line.rstrip()) for line in lines[lead:last]]
    if color:
        return [from_ansi(line) for line in highlight_lines(shown)[first - 1 - lead :]]
    return [[("", line)] for line in shown[first - 1 - lead :]]


def _locals(view: View, columns: int, rows: int) -> list[Line]:
    if not view.snapshot.rows and view.snapshot.status in {"stopped", "running"}:
        return [[("class:dim", " none" if view.snapshot.status == "stopped" else " the program runs")]]
    return _list(view, "locals", [_row(row) for row in view.snapshot.rows], columns, rows)


def _row(row: Row) -> Line:
    indent = "  " * (len(row.path) - 1)
    name = printable(row.path[-1])
    mark = row.mark or " "
    style = "class:changed" if row.changed else ""
    sign = "!" if row.changed else " "
    # The name keeps its own style where the value has changed, so that a column of names stays readable.
    return [(style, sign), ("class:dim", mark), ("class:name", f"{indent}{name}"), (style, f" {printable(row.text)}")]


def _stack(view: View, columns: int, rows: int) -> list[Line]:
    snapshot = view.snapshot
    digits = len(str(len(snapshot.frames)))
    lines: list[Line] = []
    for frame in snapshot.frames:
        arrow = ("class:current", "=>") if frame.index == snapshot.frame_index else ("", "  ")
        text = printable(
            f"{frame.index:>{digits}} {frame.function}  {_where(view, frame.file, frame.line, frame.library)}"
        )
        lines.append([arrow, ("class:dim" if frame.library else "", f" {text}")])
    return _list(view, "stack", lines, columns, rows)


def _where(view: View, file: str, line: int, library: bool) -> str:
    path = short_path(file, view.snapshot.cwd, library=library)
    return f"{path}:{line}" if line else path


def _threads(view: View, columns: int, rows: int) -> list[Line]:
    snapshot = view.snapshot
    lines: list[Line] = []
    for thread in snapshot.threads:
        arrow = ("class:current", "=>") if thread.id == snapshot.thread else ("", "  ")
        state = f"{thread.state} ({thread.detail})" if thread.detail else thread.state
        where = place(thread.frame, snapshot.cwd) if thread.frame else "no Python frame"
        lines.append([arrow, ("", printable(f" {thread.id} {thread.name}  {state}  {where}"))])
    return _list(view, "threads", lines, columns, rows)


def _breakpoints(view: View, columns: int, rows: int) -> list[Line]:
    points = view.snapshot.breakpoints
    if not points:
        return [[("class:dim", " none; b sets one")]]
    lines: list[Line] = []
    for point in points:
        mark = ("class:breakpoint", "*") if point.enabled else ("class:breakpoint.off", "o")
        where = breakpoint_where(point, view.snapshot.cwd)
        hits = f"hit {point.hits:,}, " if point.hits else ""
        text = f"{point.id}  {hits}{where}" + (f" if {point.condition}" if point.condition else "")
        lines.append([mark, ("" if point.enabled else "class:dim", f" {printable(text)}")])
    return _list(view, "breakpoints", lines, columns, rows)


def _output(view: View, columns: int, rows: int) -> list[Line]:
    if view.output.full_screen:
        return [clip([("class:dim", " the program draws on the whole screen: o shows it")], columns)]
    return _tail(view, "output", view.output.lines, columns, rows)


def _messages(view: View, columns: int, rows: int) -> list[Line]:
    count = rows + view.back.get("messages", 0)
    lines = list(view.messages)[-count:] if count else []
    return _tail(view, "messages", [from_ansi(line) for line in lines], columns, rows)


def _tail(view: View, pane: Pane, lines: Sequence[Line], columns: int, rows: int) -> list[Line]:
    """The last lines that fit, wrapped, or those that the person scrolled back to."""
    if rows <= 0:
        return []
    back = view.back.get(pane, 0)
    shown: list[Line] = []
    for line in reversed(lines[: len(lines) - back]):
        shown[:0] = wrap(line, columns)
        if len(shown) >= rows:
            break
    return shown[-rows:]


def _list(view: View, pane: Pane, lines: Sequence[Line], columns: int, rows: int) -> list[Line]:
    """The part of the lines that has the selected one, which is marked where the pane has the focus."""
    selected = view.at(pane)
    first = window(selected, rows, len(lines))
    return [
        _over(clip(line, columns), "class:cursor" if index == selected and pane == view.focus else "")
        for index, line in enumerate(lines[first : first + max(rows, 0)], first)
    ]


def window(index: int, rows: int, count: int) -> int:
    """The first of ``rows`` lines of ``count`` to show, so that line ``index`` is near their middle."""
    return max(0, min(index - rows // 2, count - rows))


def _over(line: Line, style: str) -> Line:
    return [(f"{own} {style}".strip(), text) for own, text in line] if style else line


def _sized(lines: Sequence[Line], columns: int, rows: int) -> list[Line]:
    """The lines, cut and padded to a rectangle."""
    shown = [clip(line, columns) for line in lines[:rows]]
    return shown + [[("", " " * columns)] for _ in range(rows - len(shown))]


_BODIES = {
    "source": _source, "locals": _locals, "stack": _stack, "threads": _threads, "breakpoints": _breakpoints,
    "output": _output, "messages": _messages,
}  # fmt: skip
