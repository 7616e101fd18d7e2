"""Sessions that listen (``--headless``), as processes of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.session import LAUNCHER, clean_environment
from tests.serving import LIMIT_S


class Listening:
    """``pydelve ... --headless`` as a process of its own."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        clean = clean_environment(folder) | {"XDG_RUNTIME_DIR": str(folder), **environment}
        self.process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), *words], cwd=folder, env=clean, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.fullmatch(r"pydelve listens on (\S+?)(?:, token (\S+))?\n", self.line)
        self.address, self.token = (found[1], found[2] or "") if found else ("", "")

    def finish(self) -> tuple[str, str, int]:
        """What it wrote, and its exit status, once it has ended."""
        out, err = self.process.communicate(timeout=LIMIT_S)
        return out, err, self.process.returncode
