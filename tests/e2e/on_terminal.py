"""A person at a terminal with ``pydelve`` on it: types keys, sees a screen (pyte's), and waits for what is to appear.

For tests of the prompt itself; nothing in here sleeps, every wait has a deadline and says what the screen showed.
"""

from __future__ import annotations

import copy
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

from pydelve.target.live.children import children_of
from pydelve.terminal.keyboard import raw_modes
from tests.e2e.handshakes import calls
from tests.e2e.session import LAUNCHER, clean_environment

DEADLINE_S = 20.0
_PATIENCE_S = 3.0
PROMPT = "(pydelve)"
_CONTROLLING = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Screen(pyte.Screen):
    """pyte's, with an alternate screen as xterm has it: empty when it comes, the first one as it was when it goes."""

    _ALTERNATE = frozenset({47, 1047, 1049})

    def __init__(self, columns: int, lines: int) -> None:
        self._first: tuple[Any, Any] | None = None
        super().__init__(columns, lines)

    def set_mode(self, *modes: int, **more: Any) -> None:
        """Switch modes on."""
        super().set_mode(*modes, **more)
        if more.get("private") and self._ALTERNATE & set(modes) and self._first is None:
            self._first = copy.deepcopy((self.buffer, self.cursor))
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **more: Any) -> None:
        """Switch modes off."""
        super().reset_mode(*modes, **more)
        if more.get("private") and self._ALTERNATE & set(modes) and self._first is not None:
            self.erase_in_display(2)
            (buffer, self.cursor), self._first = self._first, None
            self.buffer.update(buffer)
            self.dirty.update(range(self.lines))

    def report_device_status(self, mode: int, **more: Any) -> None:
        """Asked by a program; what it asks of newer terminals is left unanswered."""
        if not more.get("private"):
            super().report_device_status(mode)


class OnTerminal:
    """``pydelve WORDS`` on a pseudo-terminal of its own; a context manager, leaving it kills pydelve.

    Args:
        words: The command line.
        cwd: Current folder; also the home folder.
        environment: Added to the test's own.
        rows, columns: Size of the terminal.
        program: What is run instead of ``pydelve``, with the words after it.
    """

    def __init__(
        self,
        words: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        *,
        rows: int = 40,
        columns: int = 100,
        program: Sequence[str] = (sys.executable, str(LAUNCHER)),
    ) -> None:
        self._fd, self._theirs = pty.openpty()
        self.screen = Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        """All that was written to the terminal."""
        self.resize(rows, columns)
        self.first_modes = self.modes()
        own = clean_environment(cwd) | {"TERM": "xterm-256color"}
        del own["NO_COLOR"]
        settings = cwd / ".config" / "pydelve" / "config.toml"
        if not settings.exists():  # most tests leave in the middle of a program, and one is about the question
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text("confirm-exit = false\n", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CONTROLLING, *program, *words],
            stdin=self._theirs, stdout=self._theirs, stderr=self._theirs,
            cwd=cwd, env=own | dict(environment or {}), start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)
        os.close(self._theirs)

    @property
    def lines(self) -> list[str]:
        """What the screen shows, without what is blank at the ends of lines and below the last one."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip().split("\n")

    def modes(self) -> list[Any]:
        """The terminal's modes now."""
        return termios.tcgetattr(self._theirs)

    def resize(self, rows: int, columns: int) -> None:
        """As if the window's border were dragged."""
        self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._theirs, (rows, columns))

    def keys(self, text: str) -> None:
        """Press keys."""
        os.write(self._fd, text.encode())

    def command(self, line: str) -> list[str]:
        """Type a line and Enter at the prompt; gives what is shown from it on until the next prompt, without both."""
        self.wait_prompt()
        start = len(self.lines)
        self.keys(f"{line}\r")
        self.wait(lambda: len(self.lines) > start and self.lines[-1] == PROMPT, f"a prompt after {line!r}")
        return self.lines[start:-1]

    def wait_prompt(self) -> list[str]:
        """Wait until pydelve asks for a command and reads keys itself; gives what the screen shows above that.

        A terminal without a cursor shows the prompt first: what is typed before the modes change, the kernel shows too.
        """
        self.wait(lambda: self.lines[-1] == PROMPT and not self.modes()[3] & termios.ICANON, "a prompt")
        return self.lines[:-1]

    def wait_line(self, line: str, again: str = "") -> None:
        """Wait until this is a line of the screen."""
        self.wait(lambda: line in self.lines, repr(line), again)

    def wait_raw(self) -> None:
        """Wait until the program has the keyboard."""
        self.wait(lambda: self.lines[-1] != PROMPT and self.modes() == raw_modes(self.first_modes), "raw modes")

    def wait_program_in(self, call: str, threads: int = 1) -> None:
        """Wait until this many threads of a launched program wait in a system call: it writes a moment before."""

        def there() -> bool:
            pids = children_of(self.process.pid)
            return any(list(calls(pid).values()).count(call) >= threads for pid in pids)

        # More than once: one may wait for the GIL while it is looked at, and hold it when it is the next one's turn.
        self.wait(lambda: all(there() for _ in range(4)), f"program with {threads} threads in {call}")

    def wait_end(self) -> int:
        """Wait for pydelve's end; gives its exit status."""
        self.wait(lambda: self.process.poll() is not None, "pydelve's end")
        status: int = self.process.returncode
        return status

    def wait(self, condition: Callable[[], bool], what: str, again: str = "") -> None:
        """Read what is written until the condition is true. A screen is drawn in parts: wait for all that is compared.

        Args:
            again: Keys to press once more every few seconds: a completion that comes late is not offered.

        Raises:
            AssertionError: it did not become true in time; the message shows the screen.
        """
        now = time.monotonic()
        deadline, press_at = now + DEADLINE_S, now + _PATIENCE_S
        while not condition():
            if again and time.monotonic() > press_at:
                press_at = time.monotonic() + _PATIENCE_S
                self.keys(again)
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} within {DEADLINE_S:g} s; the screen:\n" + "\n".join(self.lines))
            self._read(0.02)

    def wait_lines(self, first: int, *lines: str) -> None:
        """Wait until the screen shows these lines from a row on, the topmost being 0."""
        self.wait(lambda: self.lines[first : first + len(lines)] == list(lines), f"lines {lines} from {first} on")

    def wait_end_of_screen(self, *lines: str) -> None:
        """Wait until these are the last lines."""
        self.wait(lambda: self.lines[-len(lines) :] == list(lines), f"last lines {lines}")

    def read_quiet(self, quiet_s: float = 0.5) -> None:
        """Read until nothing was written for a time: for what has no end to wait for, as a screen that is recorded."""
        while self._read(quiet_s):
            pass

    def _read(self, limit_s: float) -> bool:
        """Show what is written within a time; whether anything was."""
        if not select.select([self._fd], [], [], limit_s)[0]:
            return False
        data = os.read(self._fd, 65536)
        self.raw += data
        self._stream.feed(data)
        return True
