"""``pydelve help``."""

from __future__ import annotations

from collections.abc import Sequence

from pydelve.cli.subcommands import SUBCOMMANDS, Help, help_lines, import_late, overview_lines
from pydelve.errors import UsageError
from pydelve.terminal.names import nearest

HELP = Help("help", ("", "SUBCOMMAND"))


def run(words: Sequence[str]) -> int:
    """Print the overview, or what there is to know about one subcommand."""
    if not words:
        print("\n".join(overview_lines()))
        return 0
    name = words[0]
    if name not in SUBCOMMANDS:
        near = nearest(name, SUBCOMMANDS)
        raise UsageError(
            f"there is no subcommand {name}",
            why=f"there are {', '.join(SUBCOMMANDS)}",
            hint=f"pydelve help {near[0]}" if near else "pydelve help; help for a command of the prompt is there",
        )
    subject: Help = import_late(SUBCOMMANDS[name][0]).HELP
    print("\n".join(help_lines(subject)))
    return 0
