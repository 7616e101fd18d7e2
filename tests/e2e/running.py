"""Programs that run beside a test: one that was started without a debugger, and the base of others."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.handshakes import wait_until_in
from tests.interpreters import Interpreter

LIMIT_S = 30.0


class Beside:
    """A process, and the files that it writes to so that it never waits for us; a context manager that ends it."""

    def __init__(self, popen: subprocess.Popen[bytes], *files: Path) -> None:
        self.popen = popen
        self.pid = popen.pid
        self._files = files

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdin is not None:
            self.popen.stdin.close()

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(line.encode() + b"\n")
        self.popen.stdin.flush()

    def wait_for(self, text: str) -> None:
        """Until it has written this to the first of its files."""
        deadline = time.monotonic() + LIMIT_S
        while text not in self._files[0].read_text():
            assert self.popen.poll() is None, f"it ended: {self.said()}"
            assert time.monotonic() < deadline, f"no {text!r} within {LIMIT_S:g} s: {self.said()}"
            time.sleep(0.005)

    def said(self) -> tuple[str, ...]:
        """What the files hold so far."""
        return tuple(file.read_text() for file in self._files)


class Running(Beside):
    """A process that has said that it is ready. Its files: output and errors."""

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
        files = folder / "output.txt", folder / "errors.txt"
        with files[0].open("wb") as output, files[1].open("wb") as errors:
            popen = subprocess.Popen(
                [python.path, *options, str(program), *arguments],
                stdin=subprocess.PIPE, stdout=output, stderr=errors, cwd=folder, env=environment,
            )  # fmt: skip
        super().__init__(popen, *files)

    def wait_ready(self, line: str = "ready", *, waits_in: str = "") -> None:
        """Until it has written this line, and its main thread waits in this system call, if one is named."""
        self.wait_for(line + "\n")
        if waits_in:
            wait_until_in(self.pid, waits_in)

    def end(self) -> tuple[str, str, int]:
        """Wait for its end: output, errors, exit status."""
        status = self.popen.wait(LIMIT_S)
        output, errors = self.said()
        return output, errors, status
