"""``help``, from the table; and its texts, which the reference page shares."""

from __future__ import annotations

from pydelve.errors import UsageError
from pydelve.terminal.model import GROUPS, Call, Command, CommandTable


def help_(call: Call) -> None:
    """``help``: the table, or one command."""
    screen = call.session.screen
    if not call.text:
        screen.lines(overview_lines(call.table))
        return
    command = call.table.find(call.text)
    if command is None:
        near = call.table.nearest(call.text)
        raise UsageError(f"there is no command {call.text}", hint=f"help {near}" if near else "help")
    screen.lines(command_lines(command))


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
        "help COMMAND says more. Anything else is evaluated as Python in the current frame; !TEXT always is.",
    ]


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
