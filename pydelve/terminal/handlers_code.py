"""Commands about what the program is made of: sources, modules, functions, classes, instructions; and ``edit``.

Handlers of the table in ``commands``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from typing import Literal

from pydelve.api.code import Definition, Disassembly, Module
from pydelve.api.requests import Disassemble, GetDefinitions, GetModules
from pydelve.errors import UsageError
from pydelve.terminal.locating import find_locations, speaking_of
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.session import Session
from pydelve.terminal.theme import Theme

_AROUND = 20
"""Instructions shown before and after the current one of a long function."""
_AT_LINE = {
    "code": "{editor} -g {file}:{line}", "codium": "{editor} -g {file}:{line}", "subl": "{editor} {file}:{line}",
    "hx": "{editor} {file}:{line}", "zed": "{editor} {file}:{line}", "mate": "{editor} -l {line} {file}",
}  # fmt: skip
"""How editors that don't take ``+LINE FILE`` are told the line."""


def sources(call: Call) -> None:
    """``sources``: the source files that are loaded."""
    cwd, found = call.session.cwd, _modules(call)
    paths = dict.fromkeys(sorted(module.file for module in found if _search(call, module.file)))
    _list(call, [path if "-all" in call.options else short_path(path, cwd) for path in paths], "source file")


def modules(call: Call) -> None:
    """``modules``: the modules that are loaded, with their files."""
    found = [module for module in _modules(call) if _search(call, module.name)]
    rows = [(module.name, short_path(module.file, call.session.cwd, library=module.library)) for module in found]
    _list(call, _columns(rows), "module")


def funcs(call: Call) -> None:
    """``funcs``: functions and methods."""
    _definitions(call, "function", "function")


def types(call: Call) -> None:
    """``types``: classes."""
    _definitions(call, "class", "class")


def _modules(call: Call) -> tuple[Module, ...]:
    return call.session.ask(GetModules(libraries="-all" in call.options or "-lib" in call.options))


def _search(call: Call, name: str) -> bool:
    try:
        return re.search(call.text, name) is not None
    except re.error as error:
        raise UsageError(
            f"{call.text!r} is no regular expression",
            why=str(error),
            hint=f"{call.command.name} {re.escape(call.text)}",
        ) from error


def _definitions(call: Call, kind: Literal["function", "class"], noun: str) -> None:
    _search(call, "")  # refuses what is no regular expression, in our words
    library = call.options.get("-lib", "")
    found = call.session.ask(GetDefinitions(kind, call.text, libraries=bool(library), module=library))
    if library:
        found = tuple(each for each in found if each.module == library or each.module.startswith(library + "."))
    rows = [(_full_name(each), f"{short_path(each.file, call.session.cwd)}:{each.line}") for each in found]
    _list(call, _columns(rows), noun)


def _full_name(each: Definition) -> str:
    return each.name if each.module in {"", "__main__"} else f"{each.module}.{each.name}"


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = min(max((len(left) for left, _ in rows), default=0), 50)
    return [f"{left:<{width}}  {right}" for left, right in rows]


def _list(call: Call, lines: Sequence[str], noun: str) -> None:
    """Lines as many as a listing may have, and how to see the rest."""
    screen, name = call.session.screen, call.command.name
    limit = len(lines) if "-all" in call.options else call.session.settings.listing_lines
    screen.lines(lines[:limit])
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    if not lines:
        library = call.options.get("-lib", "")
        where = f" in {library}; is it loaded? modules -all ^{library}" if library else ""
        screen.line(f"no {plural}" + (f" match {call.text}" if call.text else "") + where)
    if len(lines) > limit:
        screen.remark(f"...+{len(lines) - limit:,} more {plural}: {name} REGEXP, or {name} -all")


# Instructions


def disassemble(call: Call) -> None:
    """``disassemble``: the instructions of the frame's function, or of a location's."""
    session = call.session
    if call.text:
        if call.text == "-l":
            raise UsageError("-l needs a location", hint="disassemble -l main")
        file, line = session.place_for_location()
        asked = Disassemble(location=call.text, frame_file=file, frame_line=line)
    else:
        session.require_stopped("disassemble")
        asked = Disassemble(session.thread, session.frame_index)
    with speaking_of("disassemble"):
        found = session.ask(asked)
    text = session.sources.lines(found.file)
    session.screen.line(f"{found.function} in {short_path(found.file, session.cwd)}:{found.first_line}")
    lines = instruction_lines(found, text, theme=session.screen.theme)
    first, last = (0, len(lines)) if "-full" in call.options else _window(lines, 2 * _AROUND)
    if first:
        session.screen.remark(f"{counted(first, 'line')} before")
    session.screen.lines(lines[first:last])
    if last - first < len(lines):
        after = f"...+{counted(len(lines) - last, 'more line')}; " if last < len(lines) else ""
        session.screen.remark(f"{after}all: {call.command.name} -full{f' {call.text}' if call.text else ''}")


def instruction_lines(found: Disassembly, text: Sequence[str], *, theme: Theme) -> list[str]:
    """Each source line with the instructions that it became; ``=>`` at the current one, ``>`` at a jump's target."""
    digits = max((len(str(each.offset)) for each in found.instructions), default=1)
    width = max((len(each.operation) for each in found.instructions), default=1)
    lines, before = [], 0
    for each in found.instructions:
        if each.line and each.line != before:
            source = text[each.line - 1].strip() if each.line <= len(text) else ""
            lines.append(theme.dim(f"{each.line:>6}:  {source}".rstrip()))
            before = each.line
        arrow = theme.mark("=>") if each.offset == found.current else "  "
        target = ">" if each.jump_target else " "
        lines.append(
            f"{arrow} {target}{each.offset:>{digits + 6}}  {each.operation:<{width}}  {each.argument}".rstrip()
        )
    return lines


def _window(lines: Sequence[str], most: int) -> tuple[int, int]:
    """First and last of those shown: all of a few, else those around the current one, from a source line on."""
    if len(lines) <= most + _AROUND:
        return 0, len(lines)
    current = next((index for index, line in enumerate(lines) if "=>" in line[:12]), 0)
    first = max(current - _AROUND, 0)
    return first, min(first + most, len(lines))


# The editor


def edit(call: Call) -> None:
    """``edit``: the current line, or a location's, in the user's editor."""
    session = call.session
    editor = next((found for name in ("PYDELVE_EDITOR", "VISUAL", "EDITOR") if (found := os.environ.get(name))), "")
    if not editor:
        raise UsageError("no editor is known", why="neither VISUAL nor EDITOR is set", hint="EDITOR=vim pydelve ...")
    if not session.screen.interactive:
        raise UsageError(
            "edit needs a terminal", why="commands come from a file or a pipe", hint="list shows the place"
        )
    file, line = _place_to_edit(session, call.text)
    words = editor_words(editor, file, line)
    try:
        with session.screen.handed_over():
            status = subprocess.run(words, check=False).returncode
    except OSError as error:
        raise UsageError(
            f"can't start {words[0]}", why=error.strerror or str(error), hint="set EDITOR to one that exists"
        ) from error
    if status:
        session.screen.line(f"{words[0]} ended with status {status}")


def _place_to_edit(session: Session, text: str) -> tuple[str, int]:
    if not text:
        session.require_stopped("edit without a location")
        frame = session.current_frame()
        return frame.file, max(frame.line, 1)
    file, line = session.place_for_location()
    found = find_locations(session, text, file, line, command="edit")
    if len(found) > 1:
        raise UsageError(f"{text} means {len(found)} places", why="edit opens one", hint=f"list {text}")
    return found[0].file, found[0].unit.line


def editor_words(editor: str, file: str, line: int) -> list[str]:
    """The command that opens a file at a line.

    Raises:
        UsageError: the editor's variable holds no command.
    """
    try:
        words = shlex.split(editor)
    except ValueError as error:
        raise UsageError(
            f"{editor!r} is no editor's command", why=str(error).lower(), hint="set EDITOR to a command"
        ) from error
    if not words:
        raise UsageError(f"{editor!r} is no editor's command", why="it is blank", hint="set EDITOR to a command")
    pattern = _AT_LINE.get(os.path.basename(words[0]))
    if pattern is None:
        return [*words, f"+{line}", file]
    parts: Iterable[str] = pattern.split()[1:]
    return [*words, *(part.format(file=file, line=line) for part in parts)]
