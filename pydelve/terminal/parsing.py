"""What a typed line is: nothing, a command with its words and options, or Python. Pure."""

from __future__ import annotations

import ast
import re
import signal
import warnings
from collections.abc import Sequence
from typing import Literal

from pydelve.api.breakpoints import HitCondition
from pydelve.errors import UsageError
from pydelve.records import dataclass
from pydelve.terminal.names import nearest

_COMMAND = re.compile(r"([A-Za-z_][\w-]*|\?)(?:\s+(.*))?$", re.DOTALL)
_ASSIGNS = re.compile(r"(?:\*\*|//|>>|<<|[-+*/%&|^@])?=(?!=)|:\s*[\w\"'].*[^=]=(?!=)")
_HIT = re.compile(r"(==|!=|>=|<=|>|<|%)?\s*(\d+)\s*$")
PythonKind = Literal["expression", "statements", ""]


@dataclass(frozen=True, slots=True)
class Typed:
    """A line: its first word and the rest where it may be a command, its text where it is Python by force (``!``)."""

    word: str = ""
    rest: str = ""
    python: str = ""


def split_line(line: str) -> Typed:
    """First look at a line; an empty one and a comment give ``Typed()``.

    ``n = 5`` and ``list(x)`` are Python although they start with the name of a command.
    """
    line = line.strip()
    if not line or line.startswith("#"):
        return Typed()
    if line.startswith("!"):
        return Typed(python=line[1:].strip())
    if line.startswith("?") and len(line) > 1:
        line = f"? {line[1:]}"
    match = _COMMAND.match(line)
    if match is None or _ASSIGNS.match(match[2] or ""):
        return Typed(python=line)
    return Typed(match[1], (match[2] or "").strip())


def python_kind(text: str) -> PythonKind:
    """Whether text is a Python expression, statements, or neither. Runs nothing."""
    for mode, kind in (("eval", "expression"), ("exec", "statements")):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape is the target's affair
                ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return "expression" if kind == "expression" else "statements"
    return ""


def take_options(
    command: str, options: Sequence[tuple[str, str]], text: str, *, free_text: bool
) -> tuple[dict[str, str], str]:
    """The leading options of a command's text (and, of words, the trailing ones), and what is left.

    Args:
        command: Its name, for messages.
        options: ``(name, name of its value or "")`` of each; names start with a minus.
        text: What follows the command's name.
        free_text: The rest is Python: an unknown ``-x`` belongs to it, and so does an option with nothing behind it.

    Raises:
        UsageError: an unknown option, or one without its value.
    """
    known = dict(options)
    taken: dict[str, str] = {}
    while match := re.match(r"(-[A-Za-z][\w-]*)(?:\s+|$)", text):
        name, rest = match[1], text[match.end() :]
        if name not in known or (free_text and not rest):
            if free_text:
                break
            close = nearest(name, known)
            raise UsageError(
                f"{command} has no option {name}",
                why=f"it has {', '.join(known)}" if known else "it has none",
                hint=f"{command} {close[0]}" if close else f"help {command}",
            )
        value = ""
        if known[name]:
            value, _, rest = rest.partition(" ")
            if not value:
                raise UsageError(f"{name} needs {known[name]}", hint=f"help {command}")
            if free_text and not value.isdigit():
                break  # ``print -n * 2``: a minus and a variable
            rest = rest.strip()
        taken[name], text = value, rest
    while not free_text and (match := re.search(r"(?:^|\s)(-[A-Za-z][\w-]*)$", text)) and known.get(match[1]) == "":
        taken[match[1]], text = "", text[: match.start()].rstrip()  # ``stack 5 -full``
    return taken, text


def split_condition(text: str) -> tuple[str, str]:
    """``LOC if COND`` (Delve) or ``LOC, COND`` (pdb) as location and condition; a ``/regexp/`` may hold anything."""
    text = text.strip()
    start = 0
    if text.startswith("/") and (match := re.match(r"/(?:\\.|[^/\\])+/(?=\s|,|$)", text)):
        start = match.end()
    match = re.compile(r"\s+if\s+|\s+if$|\s*,\s*").search(text, start)
    if match is None:
        return text, ""
    location, condition = text[: match.start()], text[match.end() :].strip()
    if not condition:
        raise UsageError(
            "the condition is missing", why=f"nothing follows {match[0].strip()!r}", hint=f"break {location} if x > 1"
        )
    return location, condition


@dataclass(frozen=True, slots=True)
class Recipe:
    """What follows ``break``, taken apart."""

    location: str
    name: str = ""
    condition: str = ""
    hits: HitCondition | None = None
    after: str = ""
    """Number or name of another breakpoint, with ``:COUNT`` or without."""
    inner: bool = False
    log: str = ""
    thread: int = 0
    """Number of the only thread, or, negative, of the only task."""
    per_task: bool = False


def breakpoint_recipe(text: str) -> Recipe:
    """``[-inner] [-hitcount OP N] [-after ID[:COUNT]] [NAME] LOCATION [-thread N] [-log "TEXT"] [if CONDITION]``.

    A word before the location is its name: a path with a space in it may begin with ``./`` or ``/``. ``-log``,
    ``-thread``, ``-task`` and ``-per-task`` may stand anywhere: none can be part of a condition.

    Raises:
        UsageError: an option without its value, or a condition that is missing.
    """
    hits, after, inner = None, "", False
    log, text = take_log(text)
    thread, text = take_thread(text)
    per_task, text = _take_per_task(text)
    while match := re.match(r"(-hitcount|-after|-inner)(?:\s+|$)", text):
        if match[1] == "-inner":
            inner, text = True, text[match.end() :]
            continue
        value, _, text = text[match.end() :].partition(" ")
        if match[1] == "-hitcount" and not value[-1:].isdigit():  # ``>= 3 LOC`` as well as ``>=3 LOC``
            count, _, text = text.strip().partition(" ")
            value += count
        if match[1] == "-hitcount":
            hits = hit_condition(value)
        else:
            after = value
            if not value:
                raise UsageError("-after needs a breakpoint", hint="break -after 1 withdraw")
        text = text.strip()
    location, condition = split_condition(text)
    named = re.match(r"([A-Za-z_][\w-]*)\s+(\S.*)", location)
    name, location = (named[1], named[2]) if named else ("", location)
    return Recipe(location, name, condition, hits, after, inner, log, thread, per_task)


def take_log(text: str) -> tuple[str, str]:
    """The text behind ``-log``, which is in quotes, and what is left without it; "" where there is none.

    Raises:
        UsageError: no text in quotes follows it.
    """
    match = re.search(r"(?:^|\s)-log(?=\s|$)\s*", text)
    if match is None:
        return "", text
    quoted = re.compile(r"""(["'])((?:\\.|(?!\1).)+)\1(?=\s|$)""", re.DOTALL).match(text, match.end())
    if quoted is None:
        raise UsageError("-log needs a text in quotes", hint="break withdraw -log 'amount is {amount}'")
    log = re.sub(r"""\\([\\"'])""", r"\1", quoted[2])
    return log, f"{text[: match.start()]} {text[quoted.end() :].strip()}".strip()


def take_thread(text: str) -> tuple[int, str]:
    """The number behind ``-thread``, or, negative, that behind ``-task``, and what is left; 0 where there is none."""
    match = re.search(r"(?:^|\s)-(thread|task)(?:\s+(\S*)|$)\s*", text)
    if match is None:
        return 0, text
    number = whole_number(match[2] or "", f"{match[1]}'s number", command="break")
    return -number if match[1] == "task" else number, f"{text[: match.start()]} {text[match.end() :]}".strip()


def _take_per_task(text: str) -> tuple[bool, str]:
    match = re.search(r"(?:^|\s)-per-task(?:\s+|$)", text)
    if match is None:
        return False, text
    return True, f"{text[: match.start()]} {text[match.end() :]}".strip()


def quoted_log(log: str) -> str:
    """As :func:`take_log` reads it."""
    return '"' + log.replace("\\", "\\\\").replace('"', '\\"') + '"'


def hit_condition(text: str) -> HitCondition:
    """``>= 3``, ``% 10``, or ``3`` for ``== 3``.

    Raises:
        UsageError: it is none.
    """
    match = _HIT.match(text.strip())
    if match is None or (match[1] == "%" and int(match[2]) == 0):
        raise UsageError(
            f"{text!r} is no hit condition" if text else "the hit condition is missing",
            why="it is one of == != > >= < <= % and a number (% N: every N-th hit)",
            hint="condition -hitcount 1 >= 3",
        )
    return HitCondition(match[1] or "==", int(match[2]))


def signal_number(text: str) -> int:
    """``INT``, ``SIGINT``, ``sigint`` or ``2``.

    Raises:
        UsageError: there is no such signal.
    """
    if not text:
        raise UsageError("signal needs a signal's name", hint="signal INT")
    known = {entry.name[3:]: int(entry) for entry in signal.Signals}
    word = text.upper().removeprefix("SIG")
    if word.isascii() and word.isdigit() and int(word) in signal.valid_signals():
        return int(word)
    if word not in known:
        close = nearest(word, known)
        raise UsageError(f"there is no signal {text}", hint=f"signal {close[0]}" if close else "signal INT")
    return known[word]


def split_assignment(text: str) -> tuple[str, str]:
    """``lhs = rhs`` as its two sides.

    Raises:
        UsageError: it is no assignment to one name, attribute or item.
    """
    example = "set total = 0"
    if not text:
        raise UsageError("set needs lhs = rhs", hint=example)
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UsageError(f"{text!r} is no assignment", hint=example) from None
    if len(body) != 1 or not isinstance(body[0], ast.Assign):
        raise UsageError(
            f"{text!r} is no assignment", why="set takes lhs = rhs", hint=f"{example}, or !{text} to run it as Python"
        )
    targets = body[0].targets
    if len(targets) != 1 or not isinstance(targets[0], ast.Name | ast.Attribute | ast.Subscript):
        raise UsageError(
            "set assigns to one name, attribute or item", why=f"{text!r} has another target", hint=f"!{text}"
        )
    left = ast.get_source_segment(text.strip(), targets[0]) or ""
    right = ast.get_source_segment(text.strip(), body[0].value) or ""
    return left, right


def whole_number(text: str, what: str, *, command: str) -> int:
    """A number of 0 or more.

    Raises:
        UsageError: it is none; ``what`` says of what.
    """
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is no {what}", why="it is a whole number, 0 or more", hint=f"help {command}")
    return int(text)
