"""The real ``pydelve`` as a subprocess, in script mode: all commands in, all output out.

Standard input is a pipe, so pydelve reads commands from it, one a line, with no prompt and no colour, and leaves at
its end. What comes back is its whole output, with pids, addresses and paths that differ between runs replaced
(:func:`normalise`), to be compared in full. For tests that look at single events, see ``live.py``.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.interpreters import Interpreter

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(__file__).with_name("pydelve_here.py")
_DEVELOPERS = {"EDITOR", "VISUAL", "PYDELVE_EDITOR", "PYDELVE_TOKEN", "LINES", "COLUMNS"}


@dataclass(frozen=True, slots=True)
class Finished:
    """One run of pydelve, from its start to its end."""

    output: str
    """Standard output and standard error in the order they came, normalised."""
    raw: str
    """The same as it was."""
    exit_code: int
    """Negative: pydelve was killed by that signal."""

    @property
    def lines(self) -> list[str]:
        """The normalised output's lines."""
        return self.output.splitlines()


@dataclass
class Session:
    """How to run ``pydelve`` in a test: the target's interpreter, the folder, the environment.

    ``run`` may be called as often as needed; each call is a process of its own.
    """

    python: Interpreter | None
    """The target's interpreter; None leaves ``--python`` away."""
    cwd: Path
    """pydelve's current folder, best the test's ``tmp_path``; shown as ``<tmp>``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the test's own environment."""
    timeout_s: float = 45.0

    def debug(
        self, program: Path | str, *commands: str, arguments: Sequence[str] = (), options: Sequence[str] = ()
    ) -> Finished:
        """``pydelve debug [options] program -- arguments`` with these commands.

        Raises:
            AssertionError: it did not end within ``timeout_s``; the message holds what it had said until then.
        """
        words = ["debug", *options]
        if self.python is not None:
            words += ["--python", self.python.path]
        words += [str(program)]
        if arguments:
            words += ["--", *arguments]
        return self.run(words, commands)

    def run(self, words: Sequence[str], commands: Sequence[str] = ()) -> Finished:
        """``pydelve WORDS`` with these commands on its standard input. Raises as :meth:`debug` does."""
        process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.cwd, env=clean_environment(self.cwd) | dict(self.environment), start_new_session=True,
        )  # fmt: skip
        text = "".join(f"{command}\n" for command in commands)
        try:
            raw_bytes, _ = process.communicate(text.encode(), timeout=self.timeout_s)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            # The program may live on with the pipe's other end: take what is there and no more.
            said = (error.output or b"").decode(errors="replace")
            raise AssertionError(
                f"pydelve {' '.join(words)}: no end after {self.timeout_s:g} s; it said:\n{said}"
            ) from None
        finally:
            _close_pipes(process)
        raw = raw_bytes.decode(errors="replace")
        return Finished(self._normalise(raw), raw, process.returncode)

    def _normalise(self, text: str) -> str:
        paths = {str(self.cwd.resolve()): "<tmp>", str(self.cwd): "<tmp>"}
        if self.python is not None:
            paths |= {os.path.realpath(self.python.path): "<python>", self.python.path: "<python>"}
            text = re.sub(rf"\b{re.escape(self.python.version)}\b(?!\.)", "<version>", text)
        return normalise(text, paths)


def clean_environment(home: Path) -> dict[str, str]:
    """For pydelve in a test: nothing that the developer has set up for Python, pydelve or an editor, no colours."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in _DEVELOPERS
    }
    return clean | {
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / ".state"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


def normalise(text: str, paths: Mapping[str, str]) -> str:
    """Replace what differs between runs: ``paths`` (longest first), pids, addresses, durations.

    Leaves every other character as it is, so that a comparison still is one of the full output.
    """
    text = text.replace("\r\n", "\n")
    for path in sorted(paths, key=len, reverse=True):
        text = text.replace(path, paths[path])
    text = text.replace(str(ROOT), "<pydelve>")
    text = re.sub(r"\b0x[0-9a-f]{6,16}\b", "0x<addr>", text)
    text = re.sub(r"\b(pid|process|Process|tid|native id)( |=|: )\d+\b", r"\1\2<pid>", text)
    return re.sub(r"\b\d+(?:\.\d+)? (ms|s)\b", r"<time> \1", text)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            try:
                pipe.close()
            except BrokenPipeError:  # pydelve ended before it read everything; what it said is in the output
                continue
