"""``pydelve test``: runs pytest, and stops where a test fails, with all of the test still there.

pytest itself is not changed, and its words are its own; ``agent/exceptions/failing_tests.py`` says how the stops come
about.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence

from pydelve.api.target import ExitStatus
from pydelve.cli import debug
from pydelve.cli.launching import COMMON, Launch, prepare
from pydelve.cli.options import Option, parse
from pydelve.cli.subcommands import Help
from pydelve.errors import TargetError, UsageError
from pydelve.records import replace
from pydelve.target.live import interpreter

_OPTIONS = (
    *(option for option in COMMON if option.name != "--continue"),
    Option("--entry", "stop before pytest begins, to set breakpoints"),
    Option("--continue", "run until a test fails, as it does without --entry"),
)
HELP = Help(
    "test",
    ("[options] [pytest's arguments]",),
    details="Runs python -m pytest, and stops post-mortem at each test that fails: in the test, in a fixture or while\n"
    "it is collected. The stop shows the failing line, parameters and fixtures; captured shows its output; continue\n"
    "goes on with the tests. Breakpoints in tests work as in any program.\n"
    "From the first word on that is no option of these, all is pytest's; -- in front is allowed, and left away.\n"
    "The exit status is pytest's, and 2 (interrupted) where you leave before its end.",
    options=_OPTIONS,
    examples=(
        ("pydelve test", "all tests, to the first that fails"),
        ("pydelve test -k withdraw -x", "these, and pytest ends after the first failure"),
        ("pydelve test --init cmds tests/test_bank.py", "with breakpoints set by the commands in a file"),
    ),
)
_INTERRUPTED = 2  # pytest's own status for a run that a person ended
_SIGNALLED = 128
_LIMIT_S = 20.0
_FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is None)"


def run(words: Sequence[str]) -> int:
    """Debug one run of pytest, and give back its exit status."""
    launch = read_words(words)
    check_pytest(launch)
    return exit_status(debug.start(launch))


def read_words(words: Sequence[str]) -> Launch:
    """Parse and check the words after ``pydelve test``.

    Raises:
        UsageError: something about them can't be.
    """
    parsed = parse("test", _OPTIONS, words, unknown_ends=True)
    refuse_workers(parsed.rest)
    launch = prepare(parsed, "pytest", parsed.rest, module=True, tests=True)
    return replace(launch, continue_="--entry" not in parsed.values)


def exit_status(ended: ExitStatus | None) -> int:
    """Pydelve's own: pytest's, or what stands for its end by a signal or by the user's leave."""
    if ended is None or ended.how not in {"exited", "killed"}:
        return _INTERRUPTED
    return ended.status if ended.how == "exited" else _SIGNALLED + ended.status


def refuse_workers(words: Sequence[str], command: str = "test", hint: str = "pydelve test -n 0 ...") -> None:
    """Tests that pytest-xdist runs in other processes would fail there unseen.

    Raises:
        UsageError: these are such.
    """
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name in {"-n", "--numprocesses"} and not value:
            value = words[index + 1] if index + 1 < len(words) else ""
        elif word.startswith("-n") and word[2:].isalnum():
            name, value = "-n", word[2:]
        if name in {"-n", "--numprocesses"} and value not in {"0", ""}:
            raise UsageError(
                f"tests can't be {'debugged' if command == 'test' else 'traced'} with {name} {value}",
                why="pytest-xdist runs them in processes of its own, where pydelve is not",
                hint=hint,
            )


def check_pytest(launch: Launch) -> None:
    """Ask the interpreter that will run it, in its folder and environment.

    Raises:
        TargetError: it has no pytest, or does not answer.
        NotAPythonError: it is none that can be debugged.
    """
    python = interpreter.find(launch.python)
    interpreter.check(python)
    try:
        found = subprocess.run(
            [python, "-c", _FIND], cwd=launch.cwd or None, env={**os.environ, **launch.environment},
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_LIMIT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TargetError(
            "whether pytest is installed can't be told",
            why=f"{python} does not start within {_LIMIT_S:g} s",
            hint=shlex.join([python, "-c", _FIND]),
        ) from error
    if found.returncode:
        raise TargetError(
            "pytest is not installed where the tests would run",
            why=f"{python} has no module of that name",
            hint=shlex.join([python, "-m", "pip", "install", "pytest"]),
        )
