"""``pydelve exec``: debugs a command that is written in Python, such as ``flask`` or ``celery``, as a shell does."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pydelve.cli import debug
from pydelve.cli.entry_points import find_entry_point
from pydelve.cli.launching import COMMON, Launch, folder_path, interpreter_path, prepare
from pydelve.cli.options import parse
from pydelve.cli.subcommands import Help
from pydelve.errors import UsageError

HELP = Help(
    "exec",
    ("[options] COMMAND [arguments]",),
    details="COMMAND is looked for in PATH, as the shell does, or is a path; with --python, beside that interpreter\n"
    "first. It is run by the interpreter that its first line names, which is the environment's it is installed in.\n"
    "What follows COMMAND is the command's own.",
    options=COMMON,
    examples=(
        ("pydelve exec flask --app shop run", "debug a Flask application"),
        ("pydelve exec --continue celery -A tasks worker -P solo", "a worker, without stopping at the first line"),
        ("pydelve exec --python venv black --check .", "the command of another environment"),
    ),
)


def run(words: Sequence[str]) -> int:
    """Debug one command, from its start to the end of the session; gives back pydelve's exit status."""
    debug.start(read_words(words))
    return 0


def read_words(words: Sequence[str]) -> Launch:
    """Parse and check the words after ``pydelve exec``.

    Raises:
        UsageError: something about them can't be.
    """
    parsed = parse("exec", COMMON, words)
    if not parsed.rest:
        raise UsageError("there is no command to debug", why="none was given", hint="pydelve exec flask run")
    entry = find_entry_point(parsed.rest, interpreter_path(parsed.last("--python")))
    script = os.path.abspath(entry.script) if folder_path(parsed.last("--cwd")) else entry.script
    return prepare(parsed, script, parsed.rest[1:], python=entry.python, interpreter_options=entry.options)
