"""The commands that set, list and change breakpoints. Handlers of the table in ``commands``."""

from __future__ import annotations

from collections.abc import Callable

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.requests import AmendBreakpoint, ClearBreakpoint, CreateBreakpoint, ListBreakpoints
from pydelve.errors import UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import hit_condition, split_condition, whole_number
from pydelve.terminal.places import breakpoint_head, breakpoint_lines, place_lines
from pydelve.terminal.session import Session


def set_breakpoint(call: Call) -> None:
    """``break``: set one, or list them."""
    if not call.text and "-hitcount" not in call.options:
        list_breakpoints(call)
        return
    _create(call, temporary=False)


def set_temporary(call: Call) -> None:
    """``tbreak``: set one that goes with its first hit."""
    _create(call, temporary=True)


def _create(call: Call, *, temporary: bool) -> None:
    session, text = call.session, call.text
    hits = None
    if "-hitcount" in call.options:
        operator, _, text = text.partition(" ")
        if not operator[-1:].isdigit():  # ``>= 3 LOC`` as well as ``>=3 LOC``
            count, _, text = text.strip().partition(" ")
            operator += count
        hits = hit_condition(operator)
    location, condition = split_condition(text)
    if not location:
        raise UsageError(
            f"{call.command.name} needs a location", hint=f"{call.command.name} bank.py:14, or a function's name"
        )
    file, line = session.place_for_location()
    point = session.ask(CreateBreakpoint(location, file, line, condition, hits, temporary))
    session.note_breakpoint(point)
    session.screen.lines([breakpoint_head(point, session.cwd), *place_lines(point, session.cwd)])


def list_breakpoints(call: Call) -> None:
    """``breakpoints``: all of them."""
    session, found = call.session, _all(call.session)
    if not found:
        session.screen.line("no breakpoints; break LOCATION sets one")
    for point in found:
        session.screen.lines(breakpoint_lines(point, session.cwd, verbose="-v" in call.options))


def set_condition(call: Call) -> None:
    """``condition``: set, change or take away a condition or a hit condition."""
    session, text = call.session, call.text
    id_text, _, rest = text.partition(" ")
    rest = rest.strip()
    by_hits = "-hitcount" in call.options
    if rest.split(" ", 1)[0] == "-hitcount":  # also after the number
        by_hits, rest = True, rest.partition(" ")[2].strip()
    if not id_text:
        raise UsageError("condition needs a breakpoint's number", hint="condition 1 amount > 100")
    number = _known(session, id_text, call.command.name)
    if not by_hits:
        amended = session.ask(AmendBreakpoint(number, condition=rest))
    elif rest:
        amended = session.ask(AmendBreakpoint(number, hit_condition=hit_condition(rest)))
    else:
        amended = session.ask(AmendBreakpoint(number, clear_hit_condition=True))
    _show(session, amended)


def clear(call: Call) -> None:
    """``clear``: remove some, or all."""
    session = call.session
    for point in _chosen(call):
        session.note_breakpoint(session.ask(ClearBreakpoint(point.id)), cleared=True)
        session.screen.line(f"cleared {breakpoint_head(point, session.cwd)}")


def enable(call: Call) -> None:
    """``enable``: switch some on."""
    _switch(call, lambda point: True)


def disable(call: Call) -> None:
    """``disable``: switch some off."""
    _switch(call, lambda point: False)


def toggle(call: Call) -> None:
    """``toggle``: switch each the other way."""
    _switch(call, lambda point: not point.enabled)


def _switch(call: Call, wanted: Callable[[Breakpoint], bool]) -> None:
    session = call.session
    for point in _chosen(call):
        _show(session, session.ask(AmendBreakpoint(point.id, enabled=wanted(point))))


def _show(session: Session, point: Breakpoint) -> None:
    session.note_breakpoint(point)
    session.screen.lines(breakpoint_lines(point, session.cwd))


def _all(session: Session) -> tuple[Breakpoint, ...]:
    found = session.ask(ListBreakpoints())
    session.breakpoints = {point.id: point for point in found}
    return found


def _known(session: Session, text: str, command: str) -> int:
    number = whole_number(text, "breakpoint's number", command=command)
    if number not in {point.id for point in _all(session)}:
        raise _unknown(session, text)
    return number


def _unknown(session: Session, text: str) -> UsageError:
    ids = ", ".join(map(str, sorted(session.breakpoints)))
    return UsageError(
        f"there is no breakpoint {text}", why=f"there are {ids}" if ids else "there are none", hint="breakpoints"
    )


def _chosen(call: Call) -> list[Breakpoint]:
    """The breakpoints that the words name: numbers, locations as they were typed or ``file:line``, or ``all``.

    Raises:
        UsageError: one names none.
    """
    found = _all(call.session)
    words = call.text.replace(",", " ").split() if not call.text.startswith("/") else [call.text]
    if not words:
        name = call.command.name
        raise UsageError(f"{name} needs a breakpoint's number, or all", hint=f"{name} 1, or {name} all")
    if words == ["all"]:
        return list(found)
    chosen: dict[int, Breakpoint] = {}
    for word in words:
        fitting = [point for point in found if _fits(point, word)]
        if not fitting:
            raise _unknown(call.session, word)
        chosen.update((point.id, point) for point in fitting)
    return list(chosen.values())


def _fits(point: Breakpoint, word: str) -> bool:
    if word.isdigit():
        return point.id == int(word)
    places = (f"/{p.location.file.lstrip('/')}:{p.location.unit.line}" for p in point.placements)
    return word == point.text or (":" in word and any(text.endswith(f"/{word.lstrip('/')}") for text in places))
