"""Finds the CPython interpreters that tests use as targets: one for each supported minor version.

Looked at in this order, first one that runs wins: the paths in ``PYDELVE_TEST_PYTHONS`` (separated as in ``PATH``),
pyenv's versions (newest patch first), ``python3.X`` on ``PATH``, and what ``tools/get_pythons.sh`` put into
``CACHE``. Each is probed by running it: a shim that starts nothing, another implementation or a free-threaded build
doesn't count. Called once per pytest process, from ``conftest``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MINORS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""The supported target versions, oldest first."""

FREE_THREADED = ("3.13t", "3.14t", "3.15t")
"""Builds that need not have a GIL; see ``find_free_threaded``."""

CACHE = Path.home() / ".cache" / "pydelve-tests" / "pythons"
"""Where ``tools/get_pythons.sh`` is told to put interpreters (by ``.ci/run``, or by hand)."""

# -S and -I: the probe must not depend on what is installed there. Free-threaded builds have a "t" in their ABI flags.
_PROBE = """\
import sys
print(sys.implementation.name, "%d.%d" % sys.version_info[:2] + "t" * ("t" in sys.abiflags),
      "%d.%d.%d" % sys.version_info[:3], sys.maxsize > 2**32)
"""
_PROBE_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that runs on this machine."""

    path: str
    """Path of the executable, as it was found (a virtual environment's stays in it)."""
    minor: str
    """``3.13``"""
    version: str
    """``3.13.0``"""

    @property
    def version_info(self) -> tuple[int, ...]:
        """``(3, 13, 0)``, for comparisons."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def id(self) -> str:
        """``py313``, the name of the parametrised case."""
        return test_id(self.minor)

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


def test_id(minor: str) -> str:
    """``py313`` for ``3.13``."""
    return "py" + minor.replace(".", "")


test_id.__test__ = False  # type: ignore[attr-defined]  # pytest would take its name for a test's


@cache
def find_interpreters() -> dict[str, Interpreter]:
    """The interpreters of this machine by minor version, oldest first; versions that are missing are left out."""
    found: dict[str, Interpreter] = {}
    for path, minor in _candidates():
        if minor in found or (minor and minor not in MINORS):
            continue
        interpreter = probe(path)
        if interpreter is not None:
            found.setdefault(interpreter.minor, interpreter)
    return {minor: found[minor] for minor in MINORS if minor in found}


@cache
def find_free_threaded() -> dict[str, Interpreter]:
    """The same of free-threaded builds, by ``3.13t`` and so on: from ``PYDELVE_TEST_FREE_THREADED`` (paths, as
    in ``PATH``), pyenv, ``PATH``, and what ``tools/get_free_threaded.sh`` put into ``CACHE``.
    """
    paths = [path for path in os.environ.get("PYDELVE_TEST_FREE_THREADED", "").split(os.pathsep) if path]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    paths += [str(folder / "bin" / "python") for folder in sorted((pyenv / "versions").glob("3.*t"))]
    paths += filter(None, (shutil.which(f"python{name}") for name in FREE_THREADED))
    paths += [str(CACHE / f"free-threaded-{name}" / "app" / "python") for name in FREE_THREADED]
    found: dict[str, Interpreter] = {}
    for path in paths:
        interpreter = probe(path, FREE_THREADED)
        if interpreter is not None:
            found.setdefault(interpreter.minor, interpreter)
    return found


def probe(path: str, wanted: Sequence[str] = MINORS) -> Interpreter | None:
    """Run the interpreter and ask what it is; None where it does not run or is none of these versions of CPython."""
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE],
            capture_output=True, text=True, timeout=_PROBE_TIMEOUT_S, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split()
    if done.returncode != 0 or len(words) != 4:
        return None
    name, minor, version, usable = words
    if name != "cpython" or minor not in wanted or usable != "True":
        return None
    return Interpreter(path, minor, version)


def _candidates() -> Iterator[tuple[str, str]]:
    """Paths to try, best first, each with its minor version as far as its name tells ("" where not)."""
    for path in os.environ.get("PYDELVE_TEST_PYTHONS", "").split(os.pathsep):
        if path:
            yield path, ""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted((pyenv / "versions").glob("3.*"), key=_version_key, reverse=True):
        if re.fullmatch(r"3\.\d+\.\d+", folder.name):
            yield str(folder / "bin" / "python"), folder.name.rpartition(".")[0]
    for minor in MINORS:
        path_found = shutil.which(f"python{minor}")
        if path_found:
            yield path_found, minor
    for minor in MINORS:
        path_cached = CACHE / f"venv-{minor}" / "bin" / "python"
        if path_cached.exists():
            yield str(path_cached), minor


def _version_key(folder: Path) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", folder.name))
