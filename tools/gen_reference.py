#!/usr/bin/env python3
"""Writes docs/reference/commands.md from the tables: ``python tools/gen_reference.py``; ``--check`` only compares.

Run by hand after a change to ``pydelve/terminal/commands.py`` or to a subcommand's options; a test fails where that was
forgotten.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve import config_file  # noqa: E402  # of this checkout, installed or not
from pydelve.cli.attach import HELP as ATTACH  # noqa: E402
from pydelve.cli.connect import HELP as CONNECT  # noqa: E402
from pydelve.cli.core import HELP as CORE  # noqa: E402
from pydelve.cli.dap import HELP as DAP  # noqa: E402
from pydelve.cli.exec import HELP as EXEC  # noqa: E402
from pydelve.cli.launching import HELP as DEBUG  # noqa: E402
from pydelve.cli.ps import HELP as PS  # noqa: E402
from pydelve.cli.stack import HELP as STACK  # noqa: E402
from pydelve.cli.subcommands import Help, help_lines, overview_lines  # noqa: E402
from pydelve.cli.test import HELP as TEST  # noqa: E402
from pydelve.cli.trace import HELP as TRACE  # noqa: E402
from pydelve.terminal.commands import TABLE  # noqa: E402
from pydelve.terminal.model import GROUPS, Command  # noqa: E402
from pydelve.terminal.topics import TOPICS, Topic  # noqa: E402
from tools.pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "commands.md"

_HEAD = """\
# Commands

<!-- Written by tools/gen_reference.py from pydelve/cli and pydelve/terminal/commands.py. -->

## On the command line

"""
_PROMPT = """
## At the prompt

What is no command but parses as Python is evaluated in the current frame; `!` in front of a line makes it Python in
any case. An empty line repeats the last command where repeating makes sense. Ctrl-C halts the running program,
interrupts an evaluation, and drops a line that is being typed; Ctrl-D leaves as `exit` does; Ctrl-Z suspends pydelve
at the prompt. A line that starts with `#` is a comment.

Where standard input is no terminal, commands are read from it, one a line: no prompt, no colour, an empty line does
nothing, and the end of input leaves as `exit` does.

| command | also | what it does |
|---|---|---|
"""


_TOPICS = """
## Topics

What `help TOPIC` explains.
"""
_NAMES = """
## Names, aliases and prefixes

`thread`, `frame`, `up` and `down` are prefixes, too: with a command behind them they say where it looks. Where a short
name means one thing in pdb and another in Delve, [coming from pdb or Delve](coming-from.md) has what was decided, and
why. `config alias COMMAND NAME` adds names of your own, which win over the short ones.

| command | other names |
|---|---|
"""
_SETTINGS = """
## Settings

Keys of `config`, and of `config.toml` in the folder `pydelve` of `$XDG_CONFIG_HOME` (else `~/.config`),
where `aliases` and `substitute-path` are tables of texts.

| key | default | what it is |
|---|---|---|
"""


def render() -> str:
    """The whole page."""
    parts = [
        _HEAD,
        _block(overview_lines()),
        *map(_subcommand, (DEBUG, EXEC, TEST, ATTACH, TRACE, CORE, CONNECT, DAP, STACK, PS)),
        _PROMPT,
    ]
    parts += [_row(command) for group in GROUPS for command in TABLE if command.group == group]
    for group in GROUPS:
        parts.append(f"\n### {group}\n")
        parts += [_section(command) for command in TABLE if command.group == group]
    parts += [_TOPICS, *map(_topic, TOPICS), _NAMES, *map(_names, sorted(TABLE, key=lambda command: command.name))]
    parts += [_SETTINGS, *map(_setting, config_file.KEYS)]
    return "".join(parts)


def _block(lines: list[str]) -> str:
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _subcommand(subject: Help) -> str:
    return f"\n### pydelve {subject.name}\n\n" + _block(help_lines(subject))


def _row(command: Command) -> str:
    aliases = ", ".join(f"`{alias}`" for alias in command.aliases)
    return f"| [`{command.name}`](#{command.name}) | {aliases} | {command.summary} |\n"


def _section(command: Command) -> str:
    lines = [f"\n#### {command.name}", "", f"{command.summary[0].upper()}{command.summary[1:]}.", ""]
    if command.needs == "stopped":
        lines += ["Needs a stopped program.", ""]
    if command.aliases:
        lines += [f"Also: {', '.join(f'`{alias}`' for alias in command.aliases)}.", ""]
    text = "\n".join(lines) + "\n" + _block(command.usage_lines())
    if command.options:
        text += "\n" + "".join(f"- `{f'{o.name} {o.value}'.strip()}`: {o.summary}\n" for o in command.options)
    if command.details:
        text += "\n" + _details(command.details)
    if command.examples:
        text += "\n" + "".join(f"- `{typed}`: {does}\n" for typed, does in command.examples)
    return text


def _topic(topic: Topic) -> str:
    examples = "".join(f"- `{typed}`: {does}\n" for typed, does in topic.examples)
    return f"\n### {topic.name}\n\n{topic.summary[0].upper()}{topic.summary[1:]}.\n\n{_details(topic.text)}\n{examples}"


def _names(command: Command) -> str:
    aliases = ", ".join(f"`{alias}`" for alias in command.aliases)
    return f"| `{command.name}` | {aliases} |\n" if aliases else ""


def _setting(key: str) -> str:
    known = config_file.default(key)
    shown = "" if config_file.is_table(key) else f"`{config_file.as_typed(known)}`"
    return f"| `{key}` | {shown} | {config_file.summary(key)} |\n"


def _details(details: str) -> str:
    """Paragraphs as they are; one with indented lines keeps them as a block."""
    return "\n".join(
        _block(paragraph.split("\n")) if "\n  " in paragraph else paragraph + "\n"
        for paragraph in details.split("\n\n")
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    return write_or_check(PAGE, render(), Path(__file__), __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
