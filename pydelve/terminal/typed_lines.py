"""When what is typed at the prompt goes on in the next line, and how several lines that were pasted are taken apart.

As Python's own prompt: an open bracket or string goes on, a block goes on to an empty line. Commands are one line, but
for the Python that some take. Pure.
"""

from __future__ import annotations

import codeop
import re
import warnings

from pydelve.terminal.model import CommandTable
from pydelve.terminal.parsing import split_line

_GOES_ON = re.compile(r"(?:else|elif|except|finally|case)\b|[)\]}]")


def is_unfinished(text: str, table: CommandTable) -> bool:
    """Whether Enter at the end of ``text`` begins a new line rather than running it."""
    python = _python(text, table)
    if not python.strip():
        return False
    begun, newline, last = python.rpartition("\n")
    if newline and not last.strip():
        python = f"{begun}\n"  # what the editor indented an empty line with does not count
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the program's affair
            return codeop.compile_command(python, symbol="single") is None
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
        return False  # it is wrong: running it says how


def split_pasted(text: str, table: CommandTable) -> list[str]:
    """The units of a text of several lines, each to be run by itself: commands, statements, whole blocks."""
    units: list[str] = []
    pending = ""
    for line in text.split("\n"):
        ends_block = line.strip() and not line[0].isspace() and not _GOES_ON.match(line)
        if pending and ends_block and not is_unfinished(pending + "\n\n", table):
            units.append(pending)
            pending = ""
        pending = f"{pending}\n{line}" if pending else line
        if not is_unfinished(pending, table):
            units.append(pending)
            pending = ""
    units.append(pending)
    return [unit for unit in units if unit.strip()]


def _python(text: str, table: CommandTable) -> str:
    """The part of a text that is Python; "" where it is a command with other words."""
    text = text.lstrip()
    typed = split_line(text)
    if typed.python:
        return text.removeprefix("!").lstrip() if text.startswith("!") else text
    command = table.find(typed.word) if typed.word else None
    if command is None:
        return text
    rest = text[len(typed.word) :].lstrip() if text.startswith(typed.word) else typed.rest
    if command.takes == "command":
        return _python(rest.partition(" ")[2], table)
    return rest if command.completes == "expression" and not rest.startswith("-") else ""
