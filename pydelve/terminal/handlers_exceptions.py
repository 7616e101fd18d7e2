"""Breakpoints on exceptions, and the command that looks at one. Handlers of the table in ``commands``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from pydelve.api.breakpoints import ExceptionFilter, HitCondition
from pydelve.api.requests import GetException
from pydelve.api.target import RaisedException
from pydelve.config import ExceptionUnknown
from pydelve.errors import UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.parsing import hit_condition, whole_number
from pydelve.terminal.places import exception_line, place
from pydelve.terminal.session import Session

_PATTERN = re.compile(r"\*|[^\W\d][\w]*(\.[^\W\d]\w*)*")
_EXAMPLE = "break -exc ValueError"
_MODES: dict[str, Literal["raised", "user", "uncaught"]] = {
    "-raised": "raised",
    "-user": "user",
    "-uncaught": "uncaught",
}
_INDENT = "    "


@dataclass
class ExceptionRecipe:
    """What follows ``break -exc``, taken apart."""

    when: Literal["raised", "user", "uncaught"] = "raised"
    pattern: str = "*"
    name: str = ""
    ignored: tuple[str, ...] | None = None
    libraries: bool = False
    at_raise: bool = False
    condition: str = ""
    hits: HitCondition | None = None
    after: str = ""
    words: list[str] = field(default_factory=list)
    """Those that are no options: a name, a class."""


def exception_recipe(text: str) -> ExceptionRecipe:
    """``[NAME] [CLASS] [-raised|-user|-uncaught|-at-raise] [-all] [-ignore A,B] [-hitcount OP N] [-after ID]`` in any
    order, then ``[if CONDITION]``.

    Raises:
        UsageError: it is none.
    """
    head, found, condition = f" {text} ".partition(" if ")
    if found and not condition.strip():
        raise UsageError("the condition is missing", why="nothing follows 'if'", hint=f"{_EXAMPLE} if exc.args")
    recipe = ExceptionRecipe(condition=condition.strip())
    words = head.split()
    modes = [word for word in words if word in _MODES]
    if len(modes) > 1:
        raise UsageError(f"{modes[0]} and {modes[1]} exclude each other", hint=f"{_EXAMPLE} {modes[0]}")
    while words:
        _take(recipe, words.pop(0), words)
    if len(recipe.words) > 2:
        raise UsageError(f"break -exc takes a name and a class at most, not {' '.join(recipe.words)}", hint=_EXAMPLE)
    if recipe.words:
        recipe.pattern = recipe.words.pop()
        recipe.name = recipe.words.pop() if recipe.words else ""
    if not _PATTERN.fullmatch(recipe.pattern):
        raise UsageError(
            f"{recipe.pattern!r} is no class of exceptions", why="it is Class, module.Class or *", hint=_EXAMPLE
        )
    if recipe.at_raise and recipe.when != "uncaught":
        raise UsageError(
            "-at-raise goes with -uncaught only",
            why="the others stop at the raise anyway",
            hint=f"{_EXAMPLE} -at-raise",
        )
    if recipe.libraries and recipe.when != "raised":
        raise UsageError("-all goes with -raised only", why="the others are about your code", hint=f"{_EXAMPLE} -all")
    return recipe


def _take(recipe: ExceptionRecipe, word: str, rest: list[str]) -> None:
    """One word of it, with those of ``rest`` that are its value."""
    if word in _MODES:
        recipe.when = _MODES[word]
    elif word == "-all":
        recipe.libraries = True
    elif word == "-at-raise":
        recipe.at_raise, recipe.when = True, "uncaught"
    elif word in {"-ignore", "-hitcount", "-after"}:
        if not rest:
            raise UsageError(f"{word} needs a value", hint="help break")
        value = rest.pop(0)
        if word == "-ignore":
            recipe.ignored = tuple(name for name in value.split(",") if name)
        elif word == "-after":
            recipe.after = value
        else:
            if not value[-1:].isdigit() and rest:
                value += rest.pop(0)
            recipe.hits = hit_condition(value)
    elif word.startswith("-"):
        raise UsageError(
            f"break -exc has no option {word}",
            why="it has -raised, -user, -uncaught, -at-raise, -all, -ignore, -hitcount and -after", hint=_EXAMPLE,
        )  # fmt: skip
    else:
        recipe.words.append(word)


def filter_of(recipe: ExceptionRecipe, ignored_by_default: str, unknown: ExceptionUnknown) -> ExceptionFilter:
    """The api's filter; what is ignored by default is ignored where any class is meant."""
    ignored = recipe.ignored
    if ignored is None:
        ignored = (
            tuple(ignored_by_default.split())
            if recipe.pattern == "*" and (recipe.when != "uncaught" or recipe.at_raise)
            else ()
        )
    later: Literal["stop", "later"] = "stop" if unknown == "stop" else "later"
    return ExceptionFilter(recipe.when, recipe.pattern, ignored, recipe.libraries, recipe.at_raise, later)


def exception(call: Call) -> None:
    """``exception``: the one that the stop is about, or that is being handled, and those that belong to it."""
    session = call.session
    found = session.ask(GetException(max(session.thread, 0)))
    if not found:
        raise UsageError(
            "there is no exception",
            why="the stop is about none, and this thread is handling none",
            hint="break -exc stops at them",
        )
    word, _, command = call.text.partition(" ")
    if not word:
        session.screen.lines(_tree_lines(found, session))
        return
    number = whole_number(word, "exception's number", command="exception")
    if number >= len(found):
        raise UsageError(f"there is no exception {number}", why=f"there are {len(found)}", hint="exception")
    chosen = found[number]
    if not chosen.stack:
        raise UsageError(f"exception {number} has no frames", why="it was not raised", hint="exception")
    if command.strip():
        with session.looking_at(thread=chosen.stack):
            call.execute(command.strip())
        return
    session.select(thread=chosen.stack)
    frame = chosen.frames[0]
    session.screen.line(session.screen.theme.strong(f"> exception {number}, {place(frame, session.cwd)}"))
    session.sources.show_around(frame)


_HOW = {
    "cause": "raised from",
    "context": "while handling",
    "member": "with",
    "": "",
}


def _tree_lines(found: tuple[RaisedException, ...], session: Session) -> list[str]:
    """Each exception with its number, its notes and where it was raised, below the one it belongs to."""
    depths: list[int] = []
    lines: list[str] = []
    for number, each in enumerate(found):
        depth = depths[each.parent] + 1 if each.parent >= 0 else 0
        depths.append(depth)
        indent = _INDENT * depth
        how = f"{_HOW[each.how]} " if each.how else ""
        hidden = " (hidden by from)" if each.hidden else ""
        first, *more = exception_line(each.info).splitlines() or [""]
        lines.append(f"{indent}{number}  {how}{first}{hidden}")
        lines += [f"{indent}   {line}" for line in more]
        lines += [f"{indent}   note: {line}" for note in each.info.notes for line in note.splitlines()]
        if each.frames:
            raised = next((frame for frame in each.frames if not frame.library), each.frames[0])
            rest = f" ({counted(each.total, 'frame')}: exception {number} bt)" if each.total > 1 else ""
            lines.append(f"{indent}   at {place(raised, session.cwd)}{rest}")
    return lines
