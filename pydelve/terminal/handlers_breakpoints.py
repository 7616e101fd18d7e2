"""The commands that set, list and change breakpoints. Handlers of the table in ``commands``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from pydelve.api.breakpoints import After, Breakpoint
from pydelve.api.requests import (
    AmendBreakpoint,
    ClearBreakpoint,
    CreateBreakpoint,
    CreateExceptionBreakpoint,
    FindLocations,
    ListBreakpoints,
)
from pydelve.errors import PydelveError, UsageError
from pydelve.terminal import recipes
from pydelve.terminal.file_names import file_name
from pydelve.terminal.handlers_exceptions import exception_recipe, filter_of
from pydelve.terminal.handlers_tracing import clear_traces, traced_line
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.parsing import (
    breakpoint_recipe,
    hit_condition,
    python_kind,
    split_line,
    take_log,
    take_thread,
    whole_number,
)
from pydelve.terminal.places import breakpoint_head, breakpoint_lines, place_lines
from pydelve.terminal.session import Session


def set_breakpoint(call: Call) -> None:
    """``break``: set one, or list them."""
    if not call.text and not call.options:
        list_breakpoints(call)
        return
    _create(call, temporary=False)


def set_temporary(call: Call) -> None:
    """``tbreak``: set one that goes with its first hit."""
    _create(call, temporary=True)


def _create(call: Call, *, temporary: bool) -> None:
    session = call.session
    text = " ".join([*call.options, call.text]).strip()
    if "-exc" in text.split():
        _create_on_exceptions(call, " ".join(word for word in text.split(" ") if word != "-exc"), temporary=temporary)
        return
    recipe = breakpoint_recipe(text)
    if not recipe.location:
        raise UsageError(
            f"{call.command.name} needs a location", hint=f"{call.command.name} bank.py:14, or a function's name"
        )
    after = _after(session, recipe.after) if recipe.after else None
    file, line = session.place_for_location()
    point = session.ask(
        CreateBreakpoint(
            recipe.location,
            file,
            line,
            recipe.condition,
            recipe.hits,
            temporary,
            recipe.name,
            after,
            inner=recipe.inner,
            log=recipe.log,
            thread=recipe.thread,
            per_task=recipe.per_task,
        )
    )
    session.note_breakpoint(point)
    session.screen.lines([breakpoint_head(point, session.cwd), *place_lines(point, session.cwd)])


def _create_on_exceptions(call: Call, text: str, *, temporary: bool) -> None:
    session, recipe = call.session, exception_recipe(text.strip())
    after = _after(session, recipe.after) if recipe.after else None
    wanted = filter_of(recipe, session.settings.exception_ignore, session.settings.exception_unknown)
    point = session.ask(CreateExceptionBreakpoint(wanted, recipe.condition, recipe.hits, temporary, recipe.name, after))
    session.note_breakpoint(point)
    session.screen.line(breakpoint_head(point, session.cwd))


def list_breakpoints(call: Call) -> None:
    """``breakpoints``: all of them; or to a file, or from one."""
    session, found = call.session, _all(call.session)
    if "-save" in call.options or "-restore" in call.options:
        save = "-save" in call.options
        named = file_name(call.text, f"breakpoints {'-save' if save else '-restore'}") if call.text else ""
        path = os.path.join(session.cwd, os.path.expanduser(named)) if named else recipes.project_file(session.cwd)
        if save:
            recipes.save(path, recipes.recipe_lines(found, session.cwd))
            where = f"to {named}" if named else "for this folder"
            session.screen.line(f"saved {counted(len(found), 'breakpoint')} {where}")
        else:
            _restore(call, path)
        return
    if call.text:
        raise UsageError(
            f"{call.command.name} takes no arguments", why=f"{call.text!r} follows it", hint=call.command.name
        )
    traced = traced_line(call)
    if not found and not traced:
        session.screen.line("no breakpoints; break LOCATION sets one")
    for point in found:
        session.screen.lines(breakpoint_lines(point, session.cwd, verbose="-v" in call.options))
    session.screen.lines(traced)


def _restore(call: Call, path: str) -> None:
    """Set what was saved; what can't be set is told, and does not keep the rest from it."""
    session = call.session
    if session.breakpoints:
        raise UsageError(
            "there are breakpoints already",
            why="what was saved is restored where none are set",
            hint="clearall, and then breakpoints -restore",
        )
    if not call.text and not os.path.exists(path):
        raise UsageError(
            "no breakpoints were saved in this folder", why=f"it is {session.cwd}", hint="breakpoints -save"
        )
    for line in recipes.read(path):
        try:
            call.execute(line)
        except PydelveError as error:
            session.screen.error(error)


def set_condition(call: Call) -> None:
    """``condition``: set, change or take away a condition or a hit condition."""
    session, text = call.session, call.text
    id_text, _, rest = text.partition(" ")
    rest = rest.strip()
    what = next(iter(call.options), "")
    if rest.split(" ", 1)[0] in {
        "-hitcount",
        "-per-task",
        "-after",
        "-log",
        "-thread",
        "-task",
    }:  # also after the number
        what, _, rest = rest.partition(" ")
        rest = rest.strip()
    if not id_text:
        raise UsageError("condition needs a breakpoint's number", hint="condition 1 amount > 100")
    number = _known(session, id_text, call.command.name)
    per_task = True if what == "-per-task" else False if session.breakpoints[number].per_task else None
    match what, bool(rest):
        case (("-hitcount" | "-per-task"), True):
            change = AmendBreakpoint(number, hit_condition=hit_condition(rest), per_task=per_task)
        case (("-hitcount" | "-per-task"), False):
            change = AmendBreakpoint(number, clear_hit_condition=True, per_task=False if per_task else per_task)
        case "-after", True:
            change = AmendBreakpoint(number, after=_after(session, rest))
        case "-after", False:
            change = AmendBreakpoint(number, clear_after=True)
        case "-log", _:
            change = AmendBreakpoint(number, log=take_log(f"-log {rest}")[0] if rest else "")
        case (("-thread" | "-task"), _):
            change = AmendBreakpoint(number, thread=take_thread(f"{what} {rest}")[0] if rest else 0)
        case _:
            change = AmendBreakpoint(number, condition=rest)
    _show(session, session.ask(change))


def _after(session: Session, text: str) -> After:
    """``1``, ``entrance`` or ``entrance:3``: a breakpoint, and its hits before the other one counts."""
    word, colon, count = text.partition(":")
    hits = whole_number(count, "number of hits", command="condition") if colon else 1
    return After(_known(session, word, "condition"), hits)


def on(call: Call) -> None:
    """``on``: commands for each stop at a breakpoint."""
    session = call.session
    word, _, line = call.text.partition(" ")
    line = line.strip()
    if not word:
        raise UsageError("on needs a breakpoint and a command", hint="on 1 print amount")
    number = _known(session, word, "on")
    commands = session.breakpoints[number].commands
    if "-clear" in call.options:
        if line:
            raise UsageError("-clear takes away every command", why=f"{line!r} follows", hint=f"on -clear {word}")
        commands = ()
    elif line:
        _check_command(call, line)
        commands = (*commands, line)
    _show(session, session.ask(AmendBreakpoint(number, commands=commands)))


def _check_command(call: Call, line: str) -> None:
    typed = split_line(line)
    if typed.word and call.table.find(typed.word) is None and not python_kind(line):
        near = call.table.nearest(typed.word)
        raise UsageError(
            f"there is no command {typed.word}",
            why="and it is no Python either",
            hint=f"on {call.text.split()[0]} {near}" if near else "help",
        )


def clear_all(call: Call) -> None:
    """``clearall``: remove every one, or those at a location."""
    session = call.session
    chosen = _all(session)
    traced = [] if call.text else traced_line(call)
    if traced:
        clear_traces(call, ["all"])
    if call.text:
        file, line = session.place_for_location()
        places = {(found.file, found.unit) for found in session.ask(FindLocations(call.text, file, line))}
        chosen = tuple(
            point for point in chosen if places & {(p.location.file, p.location.unit) for p in point.placements}
        )
    if not chosen and not traced:
        session.screen.line(f"no breakpoint at {call.text}" if call.text else "no breakpoints to clear")
    _clear(session, chosen)


def clear(call: Call) -> None:
    """``clear``: remove some, or all."""
    words = call.text.replace(",", " ").split()
    rest = clear_traces(call, words)
    if rest or not words:
        _clear(call.session, _chosen(call, " ".join(rest) if len(rest) < len(words) else call.text))


def _clear(session: Session, points: Iterable[Breakpoint]) -> None:
    for point in points:
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
    for point in _chosen(call, call.text):
        _show(session, session.ask(AmendBreakpoint(point.id, enabled=wanted(point))))


def _show(session: Session, point: Breakpoint) -> None:
    session.note_breakpoint(point)
    session.screen.lines(breakpoint_lines(point, session.cwd))


def _all(session: Session) -> tuple[Breakpoint, ...]:
    found = session.ask(ListBreakpoints())
    session.breakpoints = {point.id: point for point in found}
    return found


def _known(session: Session, text: str, command: str) -> int:
    """The number of the breakpoint that has this number or name, or was the last to be set."""
    found = _all(session)
    if text == "last" and found:
        return found[-1].id
    for point in found:
        if text in (str(point.id), point.name):
            return point.id
    if not text.replace("-", "_").isidentifier():
        whole_number(text, "breakpoint's number", command=command)
    raise _unknown(session, text)


def _unknown(session: Session, text: str) -> UsageError:
    points = sorted(session.breakpoints.values(), key=lambda point: point.id)
    ids = ", ".join(f"{point.id} ({point.name})" if point.name else str(point.id) for point in points)
    return UsageError(
        f"there is no breakpoint {text}", why=f"there are {ids}" if ids else "there are none", hint="breakpoints"
    )


def _chosen(call: Call, text: str) -> list[Breakpoint]:
    """The breakpoints that the words name: numbers, names, locations as typed or ``file:line``, ``all`` or ``last``.

    Raises:
        UsageError: one names none.
    """
    found = _all(call.session)
    words = text.replace(",", " ").split() if not text.startswith("/") else [text]
    if not words:
        name = call.command.name
        raise UsageError(f"{name} needs a breakpoint's number, or all", hint=f"{name} 1, or {name} all")
    if words == ["all"]:
        return list(found)
    chosen: dict[int, Breakpoint] = {}
    for word in words:
        fitting = [point for point in found if _fits(point, word)] if word != "last" else list(found[-1:])
        if not fitting:
            raise _unknown(call.session, word)
        chosen.update((point.id, point) for point in fitting)
    return list(chosen.values())


def _fits(point: Breakpoint, word: str) -> bool:
    if word.isascii() and word.isdigit():
        return point.id == int(word)
    places = (f"/{p.location.file.lstrip('/')}:{p.location.unit.line}" for p in point.placements)
    return word in (point.name, point.text) or (
        ":" in word and any(text.endswith(f"/{word.lstrip('/')}") for text in places)
    )
