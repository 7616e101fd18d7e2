"""ipdb and pudb: a program under one of them, with one breakpoint, on a terminal of its own. pdb: ``driving.py``."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import libraries
from bench.driving import environment
from tests.interpreters import MINORS

_PATIENCE_S = 300.0
_SIZE = (40, 120)


@dataclass(frozen=True, slots=True)
class Peer:
    """A debugger that runs in the program's own interpreter."""

    name: str
    python: str
    environment: dict[str, str]

    def run(self, program: Path, arguments: Sequence[str], line: int, condition: str, stamp: Path) -> None:
        """Run the program under it until it has written ``stamp``; then end both.

        Raises:
            RuntimeError: it did not within five minutes.
        """
        place = f"{program}:{line}" + (f", {condition}" if condition else "")
        if self.name == "ipdb":
            words = ["-m", "ipdb", "-c", f"break {place}", "-c", "continue", "-c", "quit"]
        else:
            folder = program.parent / "pudb"
            folder.mkdir(exist_ok=True)
            for minor in MINORS:
                (folder / f"saved-breakpoints-{minor}").write_text(f"b {place}\n", encoding="utf-8")
            (folder / "pudb.cfg").write_text("[pudb]\nseen_welcome = z\n", encoding="utf-8")
            words = ["-m", "pudb"]
        argv = [self.python, *words, str(program), *arguments]
        env = environment(program.parent) | self.environment | {"XDG_CONFIG_HOME": str(program.parent)}
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(program.parent)
            os.execve(argv[0], argv, env)
        termios.tcsetwinsize(fd, _SIZE)  # pudb draws nothing where there is no room
        try:
            if self.name == "pudb":
                _read_until(fd, lambda seen: b"reakpoints:" in seen, argv)  # the first letter is underlined
                os.write(fd, b"c")
            _read_until(fd, lambda seen: stamp.exists() and bool(stamp.read_text()), argv)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.close(fd)
            os.waitpid(pid, 0)


def _read_until(fd: int, done: Callable[[bytes], bool], argv: list[str]) -> None:
    """Read what the debugger draws until it, or the program, has come to where ``done`` says so."""
    seen, limit = b"", time.monotonic() + _PATIENCE_S
    while not done(seen):
        if time.monotonic() > limit:
            raise RuntimeError(f"{argv} did not run the program: {seen[-2000:]!r}")
        if select.select([fd], [], [], 0.05)[0]:
            try:
                seen += os.read(fd, 65536)
            except OSError as error:  # it has ended
                if done(seen):
                    return
                raise RuntimeError(f"{argv} ended: {seen[-2000:]!r}") from error


def peers(python: str, version: str) -> list[Peer]:
    """Those that can be had for an interpreter; each gets what it needs by PYTHONPATH."""
    found = []
    for name in ("ipdb", "pudb"):
        more = libraries.environment(python, version, name)
        if more is not None and _starts(python, more, name):
            found.append(Peer(name, python, more))
    return found


def _starts(python: str, more: dict[str, str], name: str) -> bool:
    """Whether it goes with what it needs: releases of pudb ask for older versions of urwid than they say."""
    words = [python, "-c", f"import {name}{'.debugger' if name == 'pudb' else ''}"]
    return not subprocess.run(words, env=environment(Path.home()) | more, capture_output=True, check=False).returncode
