"""The subcommands: what each says of itself, and the one place where modules of ours are imported late.

A subcommand's module has ``HELP: Help`` and ``run(words) -> exit status``. Late imports keep ``pydelve version`` at the
speed of Python's start, and let the target start while the terminal's libraries are imported (PITFALLS 23).
"""

from __future__ import annotations

import gc
import sys

from pydelve.cli.options import Option, option_lines
from pydelve.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

SUBCOMMANDS = {
    "debug": ("pydelve.cli.debug", "start a program and debug it"),
    "exec": ("pydelve.cli.exec", "start a command that is written in Python and debug it"),
    "test": ("pydelve.cli.test", "run pytest, and stop where a test fails"),
    "attach": ("pydelve.cli.attach", "debug a process that runs"),
    "connect": ("pydelve.cli.connect", "debug in a session that listens (--headless)"),
    "trace": ("pydelve.cli.trace", "show the calls of functions while a program runs"),
    "dap": ("pydelve.cli.dap", "be the debug adapter of an editor"),
    "stack": ("pydelve.cli.stack", "show what all threads of a running process do"),
    "core": ("pydelve.cli.core", "look into a core file"),
    "ps": ("pydelve.cli.ps", "list the Python processes"),
    "help": ("pydelve.cli.help", "show the subcommands, or one of them"),
    "version": ("pydelve.cli.version", "show the version"),
}
"""Name, module, summary."""


@dataclass(frozen=True, slots=True)
class Help:
    """What ``pydelve help NAME`` shows."""

    name: str
    usage: tuple[str, ...]
    details: str = ""
    options: tuple[Option, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()


def import_late(module: str) -> ModuleType:
    """Import a module of ours now rather than at the start.

    Without garbage collection: an import makes what lasts, and looking for garbage in it takes a tenth of its time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        __import__(module)  # importlib's own module is imported by nothing else on the way to a look
        return sys.modules[module]
    finally:
        if collecting:
            gc.enable()


def overview_lines() -> list[str]:
    """What ``pydelve help`` shows."""
    width = max(map(len, SUBCOMMANDS))
    return [
        "pydelve: Delve for Python, a source-level debugger",
        "",
        "  pydelve debug [options] script.py [arguments]",
        "  pydelve debug [options] -m module [arguments]",
        "  pydelve exec [options] COMMAND [arguments]",
        "  pydelve test [options] [pytest's arguments]",
        "  pydelve attach [options] PID",
        "  pydelve connect [options] ADDRESS",
        "  pydelve trace [options] REGEXP script.py [arguments]",
        "  pydelve stack [options] PID",
        "  pydelve core [options] FILE",
        "",
        "Subcommands:",
        *(f"  {name:<{width}}  {summary}" for name, (_, summary) in SUBCOMMANDS.items()),
        "",
        "pydelve help SUBCOMMAND says more.",
    ]


def help_lines(subject: Help) -> list[str]:
    """What ``pydelve help NAME`` shows."""
    summary = SUBCOMMANDS[subject.name][1]
    lines = [
        f"pydelve {subject.name}: {summary}",
        "",
        *(f"  pydelve {subject.name} {form}".rstrip() for form in subject.usage),
    ]
    if subject.options:
        lines += ["", "Options:", *option_lines(subject.options)]
    if subject.details:
        lines += ["", *subject.details.split("\n")]
    if subject.examples:
        width = max(len(typed) for typed, _ in subject.examples)
        lines += ["", "Examples:", *(f"  {typed:<{width}}  {does}" for typed, does in subject.examples)]
    return lines
