"""What Tab offers: commands and their options, locations, expressions, frames, threads, breakpoints, settings.

Pure but for the requests it sends, which run none of the program's code; called on a thread of the prompt's, so that
typing goes on meanwhile: it reads the session and changes nothing in it. It answers nothing rather than an error.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable

from pydelve import config_file
from pydelve.api.completion import Candidate, Signature
from pydelve.api.requests import CompleteExpression, CompleteLocation, GetSignature, GetStack, GetThreads
from pydelve.errors import PydelveError
from pydelve.terminal.fuzzy import fitting
from pydelve.terminal.model import Command, CommandTable
from pydelve.terminal.parsing import split_line
from pydelve.terminal.places import breakpoint_head, place
from pydelve.terminal.session import Session

Offer = tuple[str, list[Candidate]]
"""The part of the line, up to the cursor, that is being completed, and what may take its place."""
_FRAMES = 50


def complete(line: str, session: Session, table: CommandTable) -> Offer:
    """What could be typed at the end of ``line``."""
    line = line.lstrip()
    if re.fullmatch(r"[\w-]*", line):
        commands = [Candidate(command.name, command.summary) for command in table]
        typed, names = _expression(line, session) if line and not table.find(line) else (line, [])
        return line, fitting(line, [*commands, *names] if typed == line else commands)
    command, rest = _command(line, session, table)
    if command is None:
        return _expression(line.removeprefix("!"), session)
    if rest.startswith("-") and " " not in rest and command.options:
        return rest, fitting(rest, [Candidate(option.name, option.summary) for option in command.options])
    return _argument(command, _without_options(command, rest), session, table)


def signature(line: str, session: Session, table: CommandTable) -> Signature | None:
    """The call that the end of ``line`` is in, where the line is Python."""
    line = line.lstrip()
    command, rest = _command(line, session, table)
    while command is not None and (command.takes == "command" or command.completes == "breakpoint command"):
        command, rest = _command(rest.partition(" ")[2].lstrip(), session, table)
    if (command is not None and command.takes != "python") or session.status != "stopped":
        return None
    try:
        return session.client.call(
            GetSignature(rest if command is not None else line.removeprefix("!"), session.thread, session.frame_index)
        )
    except PydelveError:
        return None


def _command(line: str, session: Session, table: CommandTable) -> tuple[Command | None, str]:
    """The command that a line begins with, and its words; None where the line is Python, as ``list(x)`` is."""
    typed = split_line(line)
    own = dict(session.settings.aliases).get(typed.word)
    if own and not any(command.name == typed.word for command in table):
        typed = split_line(f"{own} {typed.rest}")
    command = table.find(typed.word) if typed.word else None
    if command is None:
        return None, line
    rest = typed.rest + (" " if typed.rest and line.endswith(" ") else "")
    return command, rest


def _without_options(command: Command, rest: str) -> str:
    known = {option.name: option for option in command.options}
    while (match := re.match(r"(-[\w-]+)\s+", rest)) and match[1] in known:
        rest = rest[match.end() :]
        if known[match[1]].value:
            rest = rest.partition(" ")[2].lstrip()
    return rest


def _argument(command: Command, rest: str, session: Session, table: CommandTable) -> Offer:
    first, space, inner = rest.partition(" ")
    match command.completes:
        case "command" if command.takes == "command":  # up, down: a number may come first
            return complete(inner, session, table) if space and first.isdigit() else ("", [])
        case "command":
            return rest, fitting(rest, [Candidate(other.name, other.summary) for other in table])
        case "location":
            return _locations(rest, session)
        case "expression":
            return _expression(rest, session)
        case "variable":
            last = rest.rpartition(" ")[2]
            return _expression(last, session) if last.isidentifier() else (last, [])
        case "breakpoint command" | "frame" | "thread" if space:
            return complete(inner, session, table)
        case "breakpoint expression" if space:
            return _expression(inner, session)
        case "breakpoint" | "breakpoint command" | "breakpoint expression":
            return _of(rest.rsplit(" ", 1)[-1], _breakpoints(session))
        case "frame":
            return _of(first, _frames(session))
        case "thread":
            return _of(first, _threads(session))
        case "config":
            return _settings(rest)
        case "signal":
            names = [name.name.removeprefix("SIG") for name in signal.Signals]
            return _of(rest, map(Candidate, names))
        case _:
            return "", []


def _of(typed: str, candidates: Iterable[Candidate]) -> Offer:
    return typed, fitting(typed, candidates)


def _settings(rest: str) -> Offer:
    """Keys of ``config``, then the words that a key can have."""
    key, space, text = rest.partition(" ")
    if not space:
        keys = [Candidate(name, config_file.summary(name)) for name in config_file.KEYS if name != "aliases"]
        return _of(key, [*keys, Candidate("alias", "a name of your own for a command")])
    known = config_file.choices(key) if key in config_file.KEYS else ()
    return _of(text, map(Candidate, known))


def _breakpoints(session: Session) -> list[Candidate]:
    points = [session.breakpoints[number] for number in sorted(session.breakpoints)]
    by_number = [Candidate(str(point.id), breakpoint_head(point, session.cwd)) for point in points]
    return by_number + [Candidate(point.name, f"breakpoint {point.id}") for point in points if point.name]


def _frames(session: Session) -> list[Candidate]:
    if session.status != "stopped":
        return []
    try:
        stack = session.client.call(GetStack(session.thread, 0, _FRAMES))
    except PydelveError:
        return []
    return [Candidate(str(frame.index), place(frame, session.cwd)) for frame in stack.frames]


def _threads(session: Session) -> list[Candidate]:
    if session.status != "stopped":
        return []
    try:
        threads = session.client.call(GetThreads())
    except PydelveError:
        return []
    return [Candidate(str(thread.id), f"{thread.name} {thread.state}".strip()) for thread in threads]


def _locations(rest: str, session: Session) -> Offer:
    condition = re.search(r"(?:\sif\s|,\s*)", rest)
    if condition is not None:
        return _expression(rest[condition.end() :], session)
    try:
        found = session.client.call(CompleteLocation(rest, _current_file(session)))
    except PydelveError:
        return rest, []
    return rest, [Candidate(word) for word in found]


def _current_file(session: Session) -> str:
    stop, index = session.stop, session.frame_index
    if session.status != "stopped" or stop is None:
        return ""
    if session.thread in {0, stop.thread} and index < len(stop.frames):
        return stop.frames[index].file
    frames = session.client.call(GetStack(session.thread, index, 1)).frames
    return frames[0].file if frames else ""


def _expression(text: str, session: Session) -> Offer:
    """Names, attributes, keys and indices; of a stopped program only."""
    if session.status != "stopped":
        return "", []
    try:
        found = session.client.call(CompleteExpression(text, session.thread, session.frame_index))
    except PydelveError:
        return "", []
    candidates: Iterable[Candidate] = found.candidates
    if not re.search(r"\[\s*['\"]?$", text[: len(text) - len(found.typed)]):  # keys stay in their order
        candidates = sorted(candidates, key=lambda candidate: candidate.text)
    return found.typed, fitting(found.typed, candidates)
