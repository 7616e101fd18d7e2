"""``pydelve core``: looks into a core file of a Python process, with every command that looks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from pydelve import log
from pydelve.api.attach import CoreOptions
from pydelve.cli.attach import Opening
from pydelve.cli.debug import input_lines
from pydelve.cli.headless_options import HEADLESS, read_headless
from pydelve.cli.importing import importing
from pydelve.cli.launching import TUI, check_full_screen, init_lines
from pydelve.cli.options import Option, parse
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import Help, import_late
from pydelve.client import Client
from pydelve.errors import UsageError
from pydelve.server.pipe import open_session
from pydelve.terminal.console import ProgramConsole

_OPTIONS = (
    Option("--exe", "the program that the core is of, or a folder with it and its libraries", "PATH"),
    Option("--init", "run the commands in a file first", "FILE"),
    TUI,
    *HEADLESS,
)
HELP = Help(
    "core",
    ("[options] FILE",),
    details=(
        "Reads a core file of a CPython 3.9 to 3.15 on x86-64 or aarch64, written by the kernel (ulimit -c\n"
        "unlimited), by gcore, or by the command dump: threads, stacks, variables, print of all that is stored,\n"
        "sources. What the core has not got is read from the files that were mapped, which must be the same ones:\n"
        "their build ids are compared. On another machine give them by --exe. Options may stand before or after FILE."
    ),
    options=_OPTIONS,
    examples=(
        ("pydelve core core.4711", "where it crashed"),
        ("pydelve core core --exe /opt/python3.13/bin/python3.13", "with the program from elsewhere"),
    ),
)


def run(words: Sequence[str]) -> int:
    """Look to the end of the session; gives back pydelve's exit status."""
    parsed = parse("core", _OPTIONS, words)
    rest = list(parsed.rest)
    if len(rest) > 1:  # options may stand behind the file
        parsed = parse("core", _OPTIONS, [*words[: len(words) - len(rest)], *rest[1:], rest[0]])
        rest = [parsed.rest[-1], *parsed.rest[:-1]]  # the order that they were typed in
    if len(rest) != 1:
        raise UsageError(
            "pydelve core needs one core file", why=f"it was given {' '.join(rest)}" if rest else "none was given",
            hint="pydelve core core.4711",
        )  # fmt: skip
    log.configure(None, verbose=False)
    options = CoreOptions(rest[0], parsed.last("--exe") or "")
    headless = read_headless(parsed, "core")
    if headless is not None:
        import_late("pydelve.cli.headless").run(headless, options)
        return 0
    opening = Opening(init_lines(parsed.last("--init")), False, parsed.last("--tui") is not None)
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    check_full_screen(opening.full_screen, interactive=interactive, command="core")
    front = "pydelve.cli.in_terminal" if interactive else "pydelve.cli.from_input"
    with ExitStack() as cleanup:
        with importing(front):
            transport = open_session(options)
        cleanup.callback(transport.close)
        client, streams = Client(transport), Streams({})
        if interactive:
            import_late(front).run(client, ProgramConsole(), streams, opening)
        else:
            import_late(front).run(client, streams, opening, input_lines())
    return 0
