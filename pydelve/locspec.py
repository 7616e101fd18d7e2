"""The text of a location, taken apart: ``bank.py:14``, ``14``, ``+3``, ``Account.withdraw``, ``/regexp/``.

Pure: looks at the text only, never at a file or a target; what it means in a program is
``pydelve.debugger.locations``' business. Called by the engine and by front ends, on any thread. ``str()`` of a spec
is a text that parses to an equal spec.
"""

from __future__ import annotations

import re
import unicodedata
import warnings

from pydelve.errors import LocationError
from pydelve.records import dataclass

_NUMBER = re.compile(r"[0-9]+")
_OFFSET = re.compile(r"([+-])([0-9]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FILE_ENDINGS = (".py", ".pyw", ".pyi")
_SPECIAL_NAMES = ("<locals>", "<module>")
_MAX_LINE = 10**9
_MAX_LENGTH = 4096
_FORMS = "break FILE:LINE, break LINE, break +N, break FUNCTION, break MODULE.CLASS.METHOD:LINE or break /REGEXP/"


@dataclass(frozen=True, slots=True)
class FileLine:
    """``path:line``; the path as typed: absolute, relative, or the end of one."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the current file."""

    line: int

    def __str__(self) -> str:
        return str(self.line)


@dataclass(frozen=True, slots=True)
class Offset:
    """So many lines after (or before) the current line."""

    offset: int

    def __str__(self) -> str:
        return f"{self.offset:+d}"


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method or class by its dotted name, or by the end of one."""

    name: str
    line: int | None = None
    """An absolute line of the file that must lie inside the function; None: the first of its body."""
    file: str = ""
    """Only in this file: ``bank.py:Account.withdraw``; "" where none was given."""

    def __str__(self) -> str:
        return ":".join([*([self.file] if self.file else []), self.name, *([str(self.line)] if self.line else [])])


@dataclass(frozen=True, slots=True)
class Pattern:
    """All functions whose ``module.qualname`` the regular expression is found in."""

    regexp: str

    def __str__(self) -> str:
        return f"/{self.regexp}/"


LocSpec = FileLine | Line | Offset | Function | Pattern


def parse(text: str) -> LocSpec:
    """Take a location apart.

    Raises:
        LocationError: it has none of the known forms.
    """
    text = text.strip()
    if not text:
        raise LocationError("no location given", hint=_FORMS)
    if len(text) > _MAX_LENGTH or _CONTROL.search(text):
        reason = (
            "it holds control characters" if _CONTROL.search(text) else f"it is longer than {_MAX_LENGTH} characters"
        )
        raise LocationError("that is no location", why=reason, hint=_FORMS)
    if text.startswith("/") and text.endswith("/"):
        return _pattern(text)
    if _NUMBER.fullmatch(text):
        return Line(_line(text, text))
    offset = _OFFSET.fullmatch(text)
    if offset:
        distance = _number(offset[2], text)
        return Offset(-distance if offset[1] == "-" else distance)
    head, colon, tail = text.rpartition(":")
    if not colon:
        return _bare_name(text)
    head, tail = head.strip(), tail.strip()
    if not head:
        raise LocationError(f'"{text}" names no file', why="nothing stands before the colon", hint=_FORMS)
    if _NUMBER.fullmatch(tail):
        return _with_line(head, _line(tail, text))
    name = _dotted_name(tail)
    if name and _is_file_name(head):
        return Function(name, None, head)
    why = f'"{tail}" after the colon is no line number' if tail else "no line number follows the colon"
    hint = f"break {head}.{name}" if name and _dotted_name(head) else f"break {head}:1"
    number, _, more = tail.partition(" ")
    if _NUMBER.fullmatch(number) and more.strip():
        hint = f"break {head}:{number} if {more.strip()}"
    raise LocationError(f'can\'t read the location "{text}"', why=why, hint=hint)


def _with_line(head: str, line: int) -> FileLine | Function:
    file, colon, tail = head.rpartition(":")
    name = _dotted_name(tail.strip())
    if name and not _is_file_name(name):
        if colon and _is_file_name(file.strip()):
            return Function(name, line, file.strip())
        if not colon and not _is_file_name(head):
            return Function(name, line)
    return FileLine(head, line)


def _bare_name(text: str) -> Function:
    if _is_file_name(text):
        raise LocationError(f'"{text}" names a file without a line', hint=f"break {text}:1")
    name = _dotted_name(text)
    if not name or _is_file_name(name):
        why = "it is no number, no dotted name and no FILE:LINE"
        if text.startswith("/"):
            why = "a regular expression ends with a slash, a path with a colon and a line"
        raise LocationError(f'can\'t read the location "{text}"', why=why, hint=_FORMS)
    return Function(name)


def _pattern(text: str) -> Pattern:
    regexp = text[1:-1]
    if not regexp:
        raise LocationError("the regular expression is empty", hint="break /withdraw/")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning about set operations: nobody would see it
            re.compile(regexp)
    except (re.error, OverflowError, RecursionError, MemoryError) as error:
        raise LocationError(
            f"can't compile the regular expression {text}", why=str(error), hint=f"break /{re.escape(regexp)}/"
        ) from error
    return Pattern(regexp)


def _is_file_name(text: str) -> bool:
    return text.endswith(_FILE_ENDINGS) or "/" in text or "\\" in text


def _dotted_name(text: str) -> str:
    """The name as Python's parser has it (NFKC); "" where it is no dotted name."""
    text = unicodedata.normalize("NFKC", text)
    parts = text.split(".")
    return text if all(part.isidentifier() or part in _SPECIAL_NAMES for part in parts) else ""


def _line(digits: str, text: str) -> int:
    line = _number(digits, text)
    if line == 0:
        raise LocationError(f'there is no line 0 in "{text}"', why="lines count from 1", hint=f"break {text[:-1]}1")
    return line


def _number(digits: str, text: str) -> int:
    if len(digits) > 10 or int(digits) > _MAX_LINE:
        raise LocationError(f'the line number in "{text[:60]}" is too large', hint=_FORMS)
    return int(digits)
