"""``list`` and ``longlist``: source. Handlers of the table in ``commands``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydelve.api.breakpoints import Location
from pydelve.api.requests import GetDefinitions
from pydelve.errors import UsageError
from pydelve.terminal.locating import find_locations
from pydelve.terminal.model import Call
from pydelve.terminal.names import short_path
from pydelve.terminal.session import Session

_LINES = re.compile(r"(\d+)\s*(?:,\s*|\s+)(\d+)$")
_MOST_SHOWN = 3
"""Places whose source is shown; of more, only where they are."""


def list_(call: Call) -> None:
    """``list``: source around the current line, a line or a location; more of it when repeated."""
    session, text = call.session, call.text
    around = session.settings.list_lines
    if session.list_next and (call.repeated or not text):
        path, first = session.list_next
        _list(session, path, first, first + 2 * around)
    elif not text or text == ".":
        frame = session.current_frame()
        _list(session, frame.file, frame.line - around, frame.line + around)
    elif match := _LINES.match(text):
        first, last = int(match[1]), int(match[2])
        frame = session.current_frame()
        _list(session, frame.file, first, last if last >= first else first + last - 1)
    elif re.fullmatch(r"[-+]?\d+", text) and session.status == "stopped":
        # A line of this file; unlike break's it need not hold a statement.
        frame = session.current_frame()
        asked = int(text) if text.isdigit() else max(frame.line + int(text), 1)
        _list(session, frame.file, asked - around, asked + around, asked=asked)
    else:
        file, line = session.place_for_location()
        _list_places(call, find_locations(session, text, file, line, command="list"))


def _list_places(call: Call, places: Sequence[Location]) -> None:
    """Source around each place, or, of many, where they are."""
    session, around = call.session, call.session.settings.list_lines
    most = session.settings.listing_lines
    for place in places[:most]:
        session.screen.line(f"{short_path(place.file, session.cwd)}:{place.unit.line} in {place.function}")
        if len(places) <= _MOST_SHOWN:
            _list(session, place.file, place.unit.line - around, place.unit.line + around)
    if len(places) > most:
        session.screen.remark(f"...+{len(places) - most:,} more places")
    if len(places) > _MOST_SHOWN:
        session.screen.remark(f"{len(places):,} places; list FILE:LINE shows one")


def longlist(call: Call) -> None:
    """``longlist``: the whole function that the frame is in."""
    session = call.session
    frame = session.current_frame()
    found = session.ask(GetDefinitions("any", file=frame.file))
    around = [each for each in found if each.line <= max(frame.line, 1) <= each.end_line]
    first, last = (around[-1].line, around[-1].end_line) if around else (1, len(session.sources.read(frame.file).lines))
    most = session.settings.listing_lines
    if last - first >= most:
        begin = max(first, frame.line - most // 2)
        _list(session, frame.file, begin, min(last, begin + most - 1))
        session.screen.remark(f"a part of lines {first} to {last}; all: list {first}, {last}")
        return
    _list(session, frame.file, first, last)


def _list(session: Session, path: str, first: int, last: int, *, asked: int = 0) -> None:
    frame = session.current_frame() if session.status == "stopped" else None
    beyond = asked > len(session.sources.read(path).lines)
    shown = 0 if beyond else session.sources.show(path, max(first, 1), last, frame)
    if not shown:
        session.list_next = None
        raise UsageError(
            f"{short_path(path, session.cwd)} has no line {asked or first}",
            why=f"it ends with line {len(session.sources.read(path).lines)}",
            hint="list . goes back to the current line",
        )
    session.list_next = (path, shown + 1)
