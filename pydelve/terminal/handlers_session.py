"""``help``, from the table; and its texts, which the reference page shares."""

from __future__ import annotations

from pydelve.api.requests import Dump
from pydelve.errors import UsageError
from pydelve.terminal.coming_from import theirs_of
from pydelve.terminal.file_names import file_name
from pydelve.terminal.model import GROUPS, Call, Command, CommandTable
from pydelve.terminal.names import nearest
from pydelve.terminal.topics import CLASHES, TOPICS, topic_lines, topics_lines
from pydelve.terminal.topics import find as find_topic
from pydelve.terminal.units import size_text


def help_(call: Call) -> None:
    """``help``: the table, one command, a topic, or a name of pdb's or Delve's."""
    screen = call.session.screen
    if not call.text:
        screen.lines(overview_lines(call.table))
        return
    own = dict(call.session.settings.aliases).get(call.text)
    command, topic = call.table.find(call.text), find_topic(call.text)
    if own is not None:
        screen.line(f"{call.text}: an alias of yours, for {own}")
    elif command is not None:
        screen.lines(command_lines(command))
    elif call.text == "names":
        screen.lines(names_lines(call.table))
    elif call.text == "topics":
        screen.lines(topics_lines())
    elif topic is not None:
        screen.lines(topic_lines(topic))
    elif theirs := theirs_of(call.text, call.table):
        screen.lines(
            [theirs.says(call.text, call.table), *([f"  try: {theirs.here}"] if theirs.works(call.table) else [])]
        )
    else:
        near = nearest(call.text, [*call.table.names(), *(topic.name for topic in TOPICS), "topics", "names"])
        raise UsageError(f"there is no command {call.text}", hint=f"help {near[0]}" if near else "help")


def full_screen(call: Call) -> None:
    """``tui``: to the full-screen view, and back."""
    session = call.session
    if session.full_screen is None:
        raise UsageError(
            "the full-screen view needs a terminal",
            why="commands come from a file or a pipe",
            hint="pydelve debug --tui ...",
        )
    session.full_screen = not session.full_screen


def dump(call: Call) -> None:
    """``dump``: a core file of the program as it stands."""
    if not call.text:
        raise UsageError("dump needs the name of a file", hint="dump /tmp/core")
    session, path = call.session, file_name(call.text, "dump")
    try:
        written = session.ask_showing_progress(Dump(path))
    finally:
        session.screen.progress("")
    if written is None:
        session.screen.line("interrupted: no file was written")
        return
    session.screen.line(f"dumped: {written.path}, {size_text(written.size_bytes)}, in {written.took_s:.1f} s")
    if written.unreadable_bytes:
        session.screen.remark(f"{size_text(written.unreadable_bytes)} of memory can't be read, and are zeros there")


def overview_lines(table: CommandTable) -> list[str]:
    """All commands by group, one line each."""
    labels = {command.name: ", ".join(command.names) for command in table}
    width = max(map(len, labels.values()))
    lines: list[str] = []
    for group in GROUPS:
        lines.append(f"{group}:")
        lines += [
            f"  {labels[command.name]:<{width}}  {command.summary}" for command in table if command.group == group
        ]
        lines.append("")
    return [
        *lines,
        "Topics:",
        *topics_lines(),
        "",
        "help COMMAND, help TOPIC say more. All else is evaluated as Python in the current frame; !TEXT always is.",
    ]


def names_lines(table: CommandTable) -> list[str]:
    """Every name of every command, and what was decided where pdb's and Delve's clash."""
    width = max(len(command.name) for command in table)
    lines = [
        f"  {command.name:<{width}}  {', '.join(command.aliases)}"
        for command in sorted(table, key=lambda command: command.name)
        if command.aliases
    ]
    clashes = [
        f"  {clash.name}: {clash.here}; {clash.why} (pdb: {clash.pdb or 'none'}; Delve: {clash.delve or 'none'})"
        for clash in CLASHES
    ]
    return ["Short names and other names:", *lines, "", "Where pdb and Delve differ:", *clashes]


def command_lines(command: Command) -> list[str]:
    """Everything about one command."""
    lines = [f"{command.name}: {command.summary}", ""]
    lines += [f"  {line}" for line in command.usage_lines()]
    if command.aliases:
        lines += ["", f"Also: {', '.join(command.aliases)}"]
    if command.options:
        labels = [f"{option.name} {option.value}".strip() for option in command.options]
        width = max(map(len, labels))
        lines += ["", "Options:"]
        lines += [
            f"  {label:<{width}}  {option.summary}" for label, option in zip(labels, command.options, strict=True)
        ]
    if command.details:
        lines += ["", *command.details.split("\n")]
    if command.examples:
        width = max(len(typed) for typed, _ in command.examples)
        lines += ["", "Examples:", *(f"  {typed:<{width}}  {does}" for typed, does in command.examples)]
    return lines
