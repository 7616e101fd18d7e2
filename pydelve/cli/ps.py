"""``pydelve ps``: the Python processes there are."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from pydelve.cli.options import parse
from pydelve.cli.subcommands import Help, import_late
from pydelve.errors import UsageError
from pydelve.target.live.finding import PythonProcess, find_processes
from pydelve.terminal.stacks import printable
from pydelve.terminal.theme import terminal_width

HELP = Help(
    "ps",
    ("",),
    details=(
        "Lists the processes that run a CPython: pid, user, version, container, debugger, command. Those that pydelve\n"
        "may not look into are told by their name, and their version is a question mark. CONTAINER is an id, a name,\n"
        "or the number of another namespace of pids; DEBUGGER is a pydelve, or what traces the process, with its pid."
    ),
    examples=(("sudo pydelve ps", "those of all users"),),
)


def run(words: Sequence[str]) -> int:
    """List them, by ascending pid."""
    rest = parse("ps", (), words).rest
    if rest:
        raise UsageError("pydelve ps takes no words", why=f"it was given {' '.join(rest)}", hint="pydelve ps")
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    width = terminal_width(1, at_most=1 << 16) if sys.stdout.isatty() else 0
    print("\n".join(process_lines(find_processes(), width=width)))
    return 0


def process_lines(processes: Sequence[PythonProcess], *, width: int) -> list[str]:
    """One line each, aligned under a head, cut to ``width`` (0: not)."""
    rows = [("PID", "USER", "VERSION", "CONTAINER", "DEBUGGER", "COMMAND")]
    rows += [
        (
            str(process.pid), printable(process.user), process.version or "?", printable(process.container or "-"),
            printable(process.debugger or "-"), printable(shlex.join(process.command)),
        )
        for process in processes
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join([row[0].rjust(widths[0]), *map(str.ljust, row[1:5], widths[1:]), row[5]]) for row in rows]
    if not width or all(line.isascii() for line in lines):
        return [line[:width] if width else line for line in lines]
    cut = import_late("pydelve.terminal.tui.cells").cut
    return [cut(line, width) for line in lines]
