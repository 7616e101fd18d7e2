"""A program that was started without a debugger, for tests that attach to it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.interpreters import Interpreter

LIMIT_S = 30.0


class Running:
    """A process that has said that it is ready; a context manager that ends it.

    Its output goes to files, so that it never waits for us.
    """

    def __init__(
        self,
        python: Interpreter,
        program: Path,
        *arguments: str,
        folder: Path,
        options: Sequence[str] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._output = folder / "output.txt"
        self._errors = folder / "errors.txt"
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.popen = subprocess.Popen(
                [python.path, *options, str(program), *arguments],
                stdin=subprocess.PIPE, stdout=output, stderr=errors, cwd=folder, env=environment,
            )  # fmt: skip
        self.pid = self.popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdin is not None:
            self.popen.stdin.close()

    def wait_ready(self, line: str = "ready") -> None:
        """Until it has written this line."""
        deadline = time.monotonic() + LIMIT_S
        while line + "\n" not in self._output.read_text():
            assert self.popen.poll() is None, f"it ended: {self.said()}"
            assert time.monotonic() < deadline, f"not ready after {LIMIT_S:g} s: {self.said()}"
            time.sleep(0.005)

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(line.encode() + b"\n")
        self.popen.stdin.flush()

    def end(self) -> tuple[str, str, int]:
        """Wait for its end: output, errors, exit status."""
        status = self.popen.wait(LIMIT_S)
        return (*self.said(), status)

    def said(self) -> tuple[str, str]:
        """Output and errors so far."""
        return self._output.read_text(), self._errors.read_text()
