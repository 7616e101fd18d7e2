"""Libraries for target interpreters, each installed once into a folder of its own below the cache.

A test gives the folder to its program by PYTHONPATH, so that no interpreter of the machine is changed. What can't be
had for an interpreter skips the test, with pip's reason. Called from fixtures, on the main thread.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.interpreters import Interpreter

CACHE = Path.home() / ".cache" / "pydelve-tests" / "site"
_LIMIT_S = 240.0
_SOURCES = {"pudb"}  # it, or what it needs, has no wheels now, and releases that had don't go with what others have now


def library(python: Interpreter, name: str, module: str = "") -> dict[str, str]:
    """What to add to the environment so that ``import name`` works: nothing, or a PYTHONPATH. ``module`` is its name
    where that is another one.

    Skips the test where the library can't be installed.
    """
    found, reason = folder(python, name, module)
    if reason:
        pytest.skip(f"{name} can't be installed for CPython {python.version}: {reason}")
    return {"PYTHONPATH": found} if found else {}


@cache
def folder(python: Interpreter, name: str, module: str = "") -> tuple[str, str]:
    """``(folder, why not)``; both empty where the interpreter has the library already."""
    if _imports(python, module or name, ""):
        return "", ""
    folder = CACHE / python.version / name
    if not folder.exists():
        reason = _install(python, name, folder)
        if reason:
            return "", reason
    return (str(folder), "") if _imports(python, module or name, str(folder)) else ("", "it does not import")


def _install(python: Interpreter, name: str, folder: Path) -> str:
    """Install into ``folder``, which appears whole or not at all; gives back why it could not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent))
    pip = [python.path, "-m", "pip", "install", "--quiet", "--target", str(scratch / "site")]
    pip += [] if name in _SOURCES else ["--only-binary", ":all:"]
    try:
        done = subprocess.run(
            [*pip, name], capture_output=True, text=True, timeout=_LIMIT_S, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.strip()]
            return errors[-1] if errors else f"pip ended with status {done.returncode}"
        try:
            (scratch / "site").rename(folder)
        except OSError:  # another test process was faster
            return ""
        return ""
    except subprocess.TimeoutExpired:
        return f"pip took more than {_LIMIT_S:g} s"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _imports(python: Interpreter, name: str, path: str) -> bool:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [python.path, "-c", f"import {name}"],
        env=environment | ({"PYTHONPATH": path} if path else {}), capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0
