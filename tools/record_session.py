#!/usr/bin/env python3
"""Records real sessions into the documentation: ``python tools/record_session.py``; ``--check`` only compares.

A page holds a session between two comments, the first of which says which program to debug:

    <!-- session: examples/bank.py -->
    <!-- end of session -->

The commands are those after the prompts in the page as it stands; pydelve runs anew on a plain terminal of its own,
gets each one at its prompt, and what the terminal then shows replaces the page's text. Pids are replaced by a fixed
number. Used by hand and by ``tests/test_docs_match_code.py``; Linux and macOS.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROMPT = "(pydelve) "
_SESSION = re.compile(
    r"(?P<start><!-- session: (?P<program>[^\n]+?) -->\n+```text\n)(?P<text>.*?)(?P<end>```\n+<!-- end of session -->)",
    re.DOTALL,
)
_PID = re.compile(r"\b(pid|process) \d+\b", re.IGNORECASE)
_CONTROL_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
)  # ECMA-48 5.4; cursor on and the like, on a plain terminal too
_LOCAL_FLAGS = 3  # index into what termios.tcgetattr gives
_LIMIT_S = 30.0


class Terminal:
    """A pseudo-terminal with ``pydelve debug PROGRAM`` on it; plain: no colour, no cursor movement."""

    def __init__(self, program: str, home: str) -> None:
        self._fd, theirs = pty.openpty()
        # pydelve echoes what is typed by itself; the terminal would do so too in the moment before it takes over.
        attributes = termios.tcgetattr(theirs)
        attributes[_LOCAL_FLAGS] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"TERM": "dumb", "NO_COLOR": "1", "HOME": home, "XDG_STATE_HOME": home, "COLUMNS": "100"}
        environment["XDG_CONFIG_HOME"] = os.path.join(ROOT, "tests", "settings")  # leaving asks nothing
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "e2e" / "pydelve_here.py"), "debug", program],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def read_to_prompt(self) -> str:
        """What is shown until pydelve asks for a command, or ends; the prompt included.

        Raises:
            TimeoutError: neither came; the message holds what did.
        """
        deadline = time.monotonic() + _LIMIT_S
        shown = b""
        while not shown.endswith(PROMPT.encode()):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                raise TimeoutError(f"no prompt within {_LIMIT_S:g} s; shown: {shown!r}")
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # Linux says EIO where others say end of file: pydelve has ended
                data = b""
            if not data:
                break
            shown += data
        text = _CONTROL_SEQUENCE.sub("", shown.decode(errors="replace"))
        return text.replace("\r\n", "\n").replace("\r", "")

    def type_line(self, line: str) -> None:
        """Type a command and Enter."""
        os.write(self._fd, f"{line}\r".encode())

    def close(self) -> None:
        """End pydelve, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


def record(program: str, commands: Sequence[str]) -> str:
    """The session as a terminal shows it, the shell's own line first. Raises TimeoutError as the terminal does."""
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal(program, home)
        try:
            shown = terminal.read_to_prompt()
            for command in commands:
                terminal.type_line(command)
                shown += terminal.read_to_prompt()
        finally:
            terminal.close()
    shown = shown.removesuffix(PROMPT).replace(f"{ROOT}/", "")
    shown = _PID.sub(r"\1 4217", "\n".join(line.rstrip() for line in shown.splitlines()))
    return f"$ pydelve debug {program}\n{shown.rstrip()}\n"


def renew(page: str) -> str:
    """The page's text with every session in it recorded anew."""

    def again(match: re.Match[str]) -> str:
        commands = [line[len(PROMPT) :] for line in match["text"].splitlines() if line.startswith(PROMPT)]
        return match["start"] + record(match["program"], commands) + match["end"]

    return _SESSION.sub(again, page)


def main(arguments: list[str] | None = None) -> int:
    """Record the pages' sessions, or with ``--check`` say whether they are current; gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a session is not current")
    parser.add_argument("pages", nargs="*", type=Path, default=[ROOT / "README.md"])
    options = parser.parse_args(arguments)
    stale = 0
    for path in options.pages:
        old = path.read_text(encoding="utf-8")
        new = renew(old)
        if new == old:
            continue
        if options.check:
            print(f"{path.name}: its session is not what pydelve shows now: run python tools/record_session.py")
            stale = 1
        else:
            path.write_text(new, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
