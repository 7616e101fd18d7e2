"""``pydelve stack``: one look at all threads of a running process, with no code run in it.

Imports as little as it can: a look takes less time than Python's own start.
"""

from __future__ import annotations

import gc
import os
import sys

from pydelve.api.values import Limits
from pydelve.cli.options import Option, parse
from pydelve.cli.subcommands import Help, import_late
from pydelve.errors import PydelveError, TargetGoneError, UsageError
from pydelve.target.live.look import look
from pydelve.terminal.stacks import plain_data, snapshot_lines
from pydelve.terminal.theme import Theme, terminal_width, wants_color

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTIONS = (
    Option("--locals", "show the local variables of each frame"),
    Option("--tasks", "show the tasks of asyncio, too: what each waits for, its frames, and who awaits it"),
    Option("--all", "show each thread and task by itself, also those with the same stack"),
    Option("--children", "show the processes that it has started, too, and theirs"),
    Option("--json", "print one JSON object, for programs"),
    Option("--no-stop", "don't stop the process meanwhile: what moves may be shown torn"),
)
HELP = Help(
    "stack",
    ("[options] PID",),
    details=(
        "Shows what every thread of a running CPython 3.9 to 3.15 does: its frames, innermost first, who holds the\n"
        "GIL, what it waits in, and, for threading's locks, for whom; a deadlock is named. Its threads are stopped\n"
        "for some milliseconds; no code runs in it, and it is not attached to. Values are read by their exact type,\n"
        "from memory; what can't be read says why. With --tasks those of asyncio follow: which one keeps its loop,\n"
        "what the others wait for, and which wait for each other. Options may stand before or after PID."
    ),
    options=_OPTIONS,
    examples=(
        ("pydelve stack 1234 --locals", "with the variables"),
        ("pydelve stack 1234 --tasks", "what a server of asyncio is about, or hangs in"),
        ("pydelve ps", "find the PID"),
    ),
)
_LIMITS = Limits(max_text=120, max_items=16, max_depth=1, max_total=200)
_WIDTH = 120


def run(words: Sequence[str]) -> int:
    """Look once and print it, without garbage collection: there is no garbage, and looking for it takes time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(words)
    finally:
        if collecting:
            gc.enable()


def _run(words: Sequence[str]) -> int:
    # No option takes a value, so they may stand on both sides of the pid.
    taken = parse("stack", _OPTIONS, [word for word in words if word.startswith("-")])
    pid = _pid([word for word in words if not word.startswith("-")])
    limits, stop = _LIMITS if "--locals" in taken.values else None, "--no-stop" not in taken.values
    tasks = "--tasks" in taken.values
    snapshots = [look(pid, limits, stop=stop, tasks=tasks)]
    others: list[str] = []
    if "--children" in taken.values:
        for child in import_late("pydelve.target.live.children").children_of(snapshots[0].pid):
            try:
                snapshots.append(look(child, limits, stop=stop, tasks=tasks))
            except TargetGoneError:  # it has ended meanwhile
                continue
            except PydelveError as error:
                others.append(f"{error.message}: {error.why}" if error.why else error.message)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if "--json" in taken.values:
        data = plain_data(snapshots[0])
        if "--children" in taken.values:
            data["children"] = [plain_data(snapshot) for snapshot in snapshots[1:]]
            data["others"] = others
        print(import_late("json").dumps(data, indent=2))
        return 0
    terminal = sys.stdout.isatty()
    shown = import_late("pydelve.terminal.values").render_value if limits else None
    theme = Theme(wants_color(os.environ, terminal=terminal))
    width = terminal_width(1, at_most=_WIDTH) if terminal else _WIDTH
    for number, snapshot in enumerate(snapshots):
        merged = "--all" not in taken.values
        lines = [""] * bool(number)
        lines += snapshot_lines(snapshot, width=width, theme=theme, merged=merged, shown=shown)
        if snapshot.tasks is not None:
            task_lines = import_late("pydelve.terminal.task_stacks").task_lines
            lines += task_lines(snapshot.tasks, snapshot.cwd, width=width, theme=theme, merged=merged)
        print("\n".join(lines))
    if others:
        print("\n".join(["", *others]))
    return 0


def _pid(rest: Sequence[str]) -> int:
    if len(rest) != 1:
        raise UsageError(
            "pydelve stack needs the number of one process",
            why=f"it was given {' '.join(rest)}" if rest else "none was given",
            hint="pydelve ps",
        )
    if not (rest[0].isascii() and rest[0].isdecimal()):
        raise UsageError(f"{rest[0]} is no number of a process", why="a pid is a number", hint="pydelve ps")
    return int(rest[0])
