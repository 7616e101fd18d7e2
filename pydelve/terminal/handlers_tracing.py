"""``trace``: calls of functions, shown while the program runs. Handler of the table in ``commands``."""

from __future__ import annotations

from pydelve.errors import UsageError
from pydelve.terminal.locating import find_locations
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.traces import traces_of

_MODULE = "<module>"


def trace(call: Call) -> None:
    """``trace``: show the calls of a function, of all that match a regular expression, or list what is traced."""
    session, text = call.session, call.text.strip()
    if not text:
        points = session.traces.all() if session.traces else []
        nothing = "nothing is traced; trace FUNCTION shows its calls"
        if session.traces and session.traces.elsewhere:
            nothing = "what is traced was not asked for here; trace FUNCTION shows its calls in place of those"
        session.screen.lines([f"trace {point.name} of {point.text}" for point in points] or [nothing])
        return
    if text.startswith("/"):
        if len(text) < len("/x/") or not text.endswith("/"):
            raise UsageError(
                f"{text} is no regular expression", why="it stands between slashes", hint="trace /Account/"
            )
        patterns, shown = [text[1:-1]], text
    else:
        from pydelve.terminal.trace_points import function_pattern  # noqa: PLC0415  many sessions trace nothing

        file, line = session.place_for_location()
        found = find_locations(session, text, file, line, command="trace")
        names = sorted({place.function for place in found} - {_MODULE, ""})
        if not names:
            raise UsageError(f"{text} is in no function", why="calls of functions are traced", hint="trace /REGEXP/")
        patterns, shown = [function_pattern(name) for name in names], ", ".join(names)
    point = traces_of(session).add(shown, patterns, session.target.pid if session.target else 0, session.ask)
    session.screen.line(f"trace {point.name} of {point.text}")


def clear_traces(call: Call, words: list[str]) -> list[str]:
    """End those that the words name, or ``all``; gives back the other words."""
    traces = call.session.traces
    known = {point.name: point for point in traces.all()} if traces else {}
    chosen = list(known) if words == ["all"] else [word for word in words if word in known]
    for name in chosen:
        if traces is not None:
            point = traces.remove(name, call.session.ask)
            call.session.screen.line(f"cleared trace {name} of {point.text}")
    return [word for word in words if word not in known]


def traced_line(call: Call) -> list[str]:
    """What ``breakpoints`` says of them."""
    points = call.session.traces.all() if call.session.traces else []
    if not points:
        return []
    return [f"{counted(len(points), 'trace')}: " + "; ".join(f"{point.name} of {point.text}" for point in points)]
