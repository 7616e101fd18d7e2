"""What Tab offers: commands, locations, names of the frame, breakpoints. Runs none of the program's code.

Pure but for the requests it sends; called by the prompt, on the main thread. It answers nothing rather than an error.
"""

from __future__ import annotations

import re

from pydelve import config_file
from pydelve.api.requests import CompleteLocation, GetVariables
from pydelve.api.values import Limits
from pydelve.errors import PydelveError
from pydelve.terminal.model import CommandTable
from pydelve.terminal.session import Session

_NAMES_ONLY = Limits(max_text=1, max_items=200, max_depth=1, max_total=2000)
_TAIL = re.compile(r"(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)?$")


def complete(line: str, session: Session, table: CommandTable) -> tuple[str, list[str]]:
    """The part of ``line`` (up to the cursor) that is being completed, and the words that may replace it."""
    line = line.lstrip()
    word, space, rest = line.partition(" ")
    if not space:
        names = [command.name for command in table if command.name.startswith(word)]
        return word, names or (_names(word, session)[1] if not table.find(word) else [])
    command = table.find(word)
    rest = rest.lstrip()
    if command is None:
        return _names(line, session)
    if rest.startswith("-") and " " not in rest and command.options:
        return rest, [option.name for option in command.options if option.name.startswith(rest)]
    match command.completes:
        case "command" if command.takes == "command":
            number, space, inner = rest.partition(" ")
            return complete(inner, session, table) if space and number.isdigit() else ("", [])
        case "command":
            return rest, [other.name for other in table if other.name.startswith(rest)]
        case "location":
            return _locations(rest, session)
        case "expression":
            return _names(rest, session)
        case "breakpoint":
            last = rest.rsplit(" ", 1)[-1]
            return last, [str(number) for number in sorted(session.breakpoints) if str(number).startswith(last)]
        case "variable":
            last = rest.rpartition(" ")[2]
            return _names(last, session) if last.isidentifier() else (last, [])
        case "config":
            return _settings(rest)
        case _:
            return "", []


def _settings(rest: str) -> tuple[str, list[str]]:
    """Keys of ``config``, then the words that a key can have."""
    key, space, text = rest.partition(" ")
    if not space:
        return key, [name for name in (*config_file.KEYS, "alias") if name.startswith(key) and name != "aliases"]
    known = config_file.choices(key) if key in config_file.KEYS else ()
    return text, [word for word in known if word.startswith(text)]


def _locations(rest: str, session: Session) -> tuple[str, list[str]]:
    condition = re.search(r"(?:\sif\s|,\s*)", rest)
    if condition is not None:
        return _names(rest[condition.end() :], session)
    try:
        file, _ = session.place_for_location()
        return rest, list(session.ask(CompleteLocation(rest, file)))
    except PydelveError:
        return rest, []


def _names(text: str, session: Session) -> tuple[str, list[str]]:
    """Names that end ``text``: variables of the frame, or attributes of one of them."""
    match = _TAIL.search(text)
    owner, start = (match[1], match[2] or "") if match else (None, "")
    if session.status != "stopped" or not (owner or start):
        return start, []
    try:
        asked = GetVariables("locals", session.thread, session.frame_index, _NAMES_ONLY)
        variables = list(session.ask(asked))
        variables += session.ask(GetVariables("globals", session.thread, session.frame_index, _NAMES_ONLY))
    except PydelveError:
        return start, []
    if owner is None:
        found = {variable.name for variable in variables}
    else:
        owners = [variable.value for variable in variables if variable.name == owner][:1]
        found = {item.name for value in owners for item in value.items if item.name is not None}
    return start, sorted(name for name in found if name.startswith(start))
