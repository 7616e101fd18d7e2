"""Packages of npm for tests that drive pydelve from JavaScript; skipped, saying so, where there are none."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path.home() / ".cache" / "pydelve-tests" / "npm"
_LIMIT_S = 50.0


def node_packages(*names: str) -> Path:
    """A folder with these packages in ``node_modules``, made once for all runs."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("this machine has no node and npm")
    folder = CACHE / "+".join(name.replace("/", "-").strip("@") for name in names)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            (folder / "package.json").write_text('{"private": true}', encoding="ascii")
            words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *names]
            try:
                subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=_LIMIT_S)
            except (OSError, subprocess.SubprocessError) as error:
                pytest.skip(f"npm can't install {' '.join(names)}: {error}")
            (folder / "complete").touch()
    return folder
