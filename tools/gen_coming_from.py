#!/usr/bin/env python3
"""Writes docs/reference/coming-from.md: ``python tools/gen_coming_from.py``; ``--check`` only compares.

Run by hand after a change to ``pydelve/terminal/coming_from.py`` or to the names of commands; a test fails where that
was forgotten.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve.terminal.coming_from import ROWS, Row  # noqa: E402  # of this checkout, installed or not
from pydelve.terminal.commands import TABLE  # noqa: E402
from pydelve.terminal.topics import CLASHES  # noqa: E402
from tools.pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "coming-from.md"
_HEAD = """\
# Coming from pdb or Delve

<!-- Written by tools/gen_coming_from.py from pydelve/terminal/coming_from.py. -->

Every command of pdb (CPython 3.15) and of Delve 1.27, and what to type here. Each row is run by a test. The same is
known at the prompt: a word of theirs that has another name here says so, and `help` with it explains. What is not here
says so.

What is no command is Python, as in pdb; `!` in front makes it so. An empty line repeats the last command, as in both.
"""


def render() -> str:
    """The whole page."""
    parts = [_HEAD]
    for debugger, theirs in (("pdb", "pdb 3.15"), ("Delve", "Delve 1.27")):
        parts.append(f"\n## {theirs}\n\n| {debugger} | here | |\n|---|---|---|\n")
        parts += [_row(row) for row in ROWS if row.debugger == debugger]
    parts.append(
        "\n## Names that mean different things\n\n| name | in pdb | in Delve | here | |\n|---|---|---|---|---|\n"
    )
    parts += [
        f"| `{clash.name}` | {clash.pdb} | {clash.delve} | `{clash.here}` | {clash.why} |\n".replace("|  |", "| |")
        for clash in CLASHES
    ]
    parts.append(
        "\n`config alias COMMAND NAME` decides otherwise, for one session or, with `config -save`, for all: "
        "`config alias restart r` makes `r` what it is in Delve.\n"
    )
    return "".join(parts)


def _row(row: Row) -> str:
    names = ", ".join(f"`{name}`" for name in row.names)
    here = f"`{row.here}`" if row.works(TABLE) else "not yet" if row.here else "nothing"
    return f"| {names} | {here} | {row.note} |\n".replace("|  |", "| |")


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    return write_or_check(PAGE, render(), Path(__file__), __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
