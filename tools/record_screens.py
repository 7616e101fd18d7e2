#!/usr/bin/env python3
"""Records screens of sessions into ``docs/guide/screens.md``: ``python tools/record_screens.py``; ``--check`` compares.

Each scene starts pydelve on a program in a terminal of its own (tmux's), types keys, waits for what they are to show,
and captures the screen as text. Pids, addresses and the like are replaced by fixed ones, so that a page is the same
wherever it is made by the same Python (3.11: others have other frames in their library). Used by hand and by
``tests/e2e/test_screens.py``; needs tmux.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve.target.live.children import children_of  # noqa: E402  # of this checkout, installed or not
from pydelve.target.live.kernel import thread_states  # noqa: E402

PAGE = ROOT / "docs" / "guide" / "screens.md"
_COLUMNS, _ROWS = 100, 32
_LIMIT_S = 30.0
_POLL_S = 0.05
_LIBRARY_LINE = re.compile(r"(threading\.py):(\d+)")
_IN_ANY_ORDER = re.compile(r"to-the-\w+: wants|main: waiting")
"""What `examples/threads.py` writes, from three threads."""
_HEAD = """\
# Screens

What pydelve looks like: the prompt and the [full-screen view](full-screen.md) on five programs. Written by
`tools/record_screens.py` from real sessions in a terminal (tmux) of 100 columns; colours are left away.
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One screen of the page."""

    title: str
    text: str
    """What to look at."""
    words: str
    """The command line after ``pydelve``."""
    steps: tuple[tuple[tuple[str, ...], str], ...]
    """Keys, as tmux names them, and a text that the screen shows then."""


SCENES = (
    Scene(
        "A breakpoint, at the prompt", "`examples/bank.py`: nobody's history adds up to the balance.",
        "debug examples/bank.py",
        (
            ((), "(pydelve)"),
            (("break audit", "Enter"), "breakpoint 1"),
            (("continue", "Enter"), "> breakpoint 1"),
            (("print accounts[1].owner, accounts[1].history", "Enter"), "'Ben',"),
            (("print accounts[0].history is accounts[1].history", "Enter"), "True"),
        ),
    ),
    Scene(
        "The same program, full screen", "`!` marks what changed since the last stop here, `-` what was opened.",
        "debug --tui examples/bank.py",
        (
            ((), "entry,"),
            ((":", "break Account.withdraw", "Enter"), "* 1 "),
            (("c",), "breakpoint 1,"),
            (("V", "Enter"), "-self"),
            (("C", "n"), "step,"),
            (("n",), "!"),
        ),
    ),
    Scene(
        "After an exception, full screen", "`examples/crash.py` stopped where the exception left it.",
        "debug --tui --continue --redirect stderr:/dev/null examples/crash.py",
        (((), "uncaught "), (("u",), "> frame 1")),
    ),
    Scene(
        "Threads that wait for each other", "`examples/threads.py`, halted by Ctrl-C: `T` and Enter chose thread 2.",
        "debug --tui --continue examples/threads.py",
        (
            ((), "to-the-left: wants"), ((), "to-the-right: wants"), ((), "main: waiting"),
            (("C-c",), "halted"), (("T", "j", "Enter"), "(pydelve) thread 2"),
        ),
    ),
    Scene(
        "Tasks, at the prompt", "`examples/tasks.py`: `next` sticks to its cook though the others run at each await.",
        "debug examples/tasks.py",
        (
            ((), "(pydelve)"),
            (("tbreak cook", "Enter"), "breakpoint 1"),
            (("continue", "Enter"), "> breakpoint 1"),
            (("next 3", "Enter"), "> step"),
            (("locals", "Enter"), "name ="),
        ),
    ),
    Scene(
        "A program that asks", "What is typed after `O` goes to the program; Ctrl-X comes back.",
        "debug --tui tests/programs/real/adventure.py",
        (((), "entry,"), (("n",), "step,"), (("c",), "the program runs"), (("O", "5", "Enter"), "gold: 5")),
    ),
    Scene(
        "The keys", "`?` shows them.", "debug --tui examples/bank.py",
        (((), "entry,"), (("?",), "over calls")),
    ),
)  # fmt: skip


class Terminal:
    """A tmux server with pydelve in its only pane."""

    def __init__(self, words: str, home: str) -> None:
        self._tmux = ["tmux", "-S", os.path.join(home, "tmux"), "-f", os.devnull]  # a server of its own
        launcher = ROOT / "tests" / "e2e" / "pydelve_here.py"
        command = f"{shlex.quote(sys.executable)} {shlex.quote(str(launcher))} {words}"
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "TMUX")) and name not in {"LINES", "COLUMNS", "NO_COLOR"}
        }
        environment |= {"HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "LC_ALL": "C.UTF-8"}
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-x", str(_COLUMNS), "-y", str(_ROWS), "-c", str(ROOT), command],
            env=environment, check=True,
        )  # fmt: skip

    def press(self, keys: Sequence[str]) -> None:
        """Press keys, or type words."""
        for key in keys:
            subprocess.run([*self._tmux, "send-keys", key], check=True)

    def screen(self) -> str:
        """What it shows now."""
        shown = subprocess.run([*self._tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout
        return "\n".join(line.rstrip() for line in shown.splitlines()).rstrip()

    def wait(self, text: str) -> str:
        """Wait until it shows a text, and no longer changes.

        Raises:
            TimeoutError: it does not; the message holds what it showed.
        """
        deadline = time.monotonic() + _LIMIT_S
        shown, before, same = self.screen(), "", 0
        while text not in shown or same < 4:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {text!r} within {_LIMIT_S:g} s; the screen:\n{shown}")
            time.sleep(_POLL_S)
            before, shown = shown, self.screen()
            same = same + 1 if shown == before else 0
        return shown

    def wait_at_rest(self) -> None:
        """Wait until every thread of the program has come to where it waits.

        Raises:
            TimeoutError: some still run.
        """
        shell = [*self._tmux, "display-message", "-p", "#{pane_pid}"]
        pydelve = int(subprocess.run(shell, check=True, capture_output=True, text=True).stdout)
        deadline, same = time.monotonic() + _LIMIT_S, 0
        while same < 4:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the program still runs after {_LIMIT_S:g} s")
            time.sleep(_POLL_S)
            states = [state for pid in children_of(pydelve) for state in thread_states(pid).values()]
            same = same + 1 if set(states) == {"S"} else 0

    def close(self) -> None:
        """End it, whatever it does."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


def record(scene: Scene, wanted: str | None = None) -> str:
    """The scene's part of the page. Raises TimeoutError as the terminal does.

    Args:
        wanted: A page: where its last screen is not there yet, because it was drawn in parts, it is waited for.
    """
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal(scene.words, home)
        try:
            shown = ""
            for keys, text in scene.steps:
                if keys == ("C-c",):  # which halts it wherever it is
                    terminal.wait_at_rest()
                terminal.press(keys)
                shown = terminal.wait(text)
            deadline = time.monotonic() + _LIMIT_S
            while wanted is not None and _part(scene, shown) not in wanted and time.monotonic() < deadline:
                time.sleep(_POLL_S)
                shown = terminal.screen()
        finally:
            terminal.close()
    return _part(scene, shown)


def _part(scene: Scene, shown: str) -> str:
    return f"\n## {scene.title}\n\n{scene.text}\n\n```text\n$ pydelve {scene.words}\n{_same_everywhere(shown)}\n```\n"


def _same_everywhere(text: str) -> str:
    """Without what differs from one run, or one machine, to the next. Nothing changes its width in a pane."""
    lines = text.replace(f"{ROOT}/", "").split("\n")
    chance = [index for index, line in enumerate(lines) if _IN_ANY_ORDER.match(line)]
    for index, left in zip(chance, sorted(lines[index].partition("│")[0] for index in chance), strict=True):
        lines[index] = left + "".join(lines[index].partition("│")[1:])
    text = "\n".join(lines)
    text = re.sub(r"^( : command .*process ).*", r"\1...", text, flags=re.MULTILINE)
    text = re.sub(r"process \d+", "process 4217", text)
    text = re.sub(r"CPython \d[\w.]*", "CPython 3.11.7", text)
    text = re.sub(r"0x[0-9a-f]{12}", "0x7f0123456789", text)
    return _LIBRARY_LINE.sub(lambda match: f"{match[1]}:{10 ** (len(match[2]) - 1)}", text)


def page(scenes: Sequence[str]) -> str:
    """The whole page."""
    return _HEAD + "".join(scenes)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where the page is not current")
    options = parser.parse_args(arguments)
    kept = PAGE.read_text(encoding="utf-8") if options.check and PAGE.exists() else None
    now = page([record(scene, kept) for scene in SCENES])
    if options.check:
        if kept == now:
            return 0
        print(f"{PAGE.name} is not what pydelve shows now: run python tools/record_screens.py")
        return 1
    PAGE.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
