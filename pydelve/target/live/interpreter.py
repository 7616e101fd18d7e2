"""Which Python runs the program, and whether it is one that can be debugged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pydelve.errors import NotAPythonError
from pydelve.target import NEWEST, OLDEST

_PROBE = "import sys; print('pydelve-probe', sys.implementation.name, sys.version_info[0], sys.version_info[1])"
_PROBE_LIMIT_S = 20.0


def find(wanted: str) -> str:
    """Path of the interpreter to use: the one asked for, else the active environment's, else our own.

    Raises:
        NotAPythonError: it does not exist or is no executable file.
    """
    if wanted:
        return _resolve(wanted)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        prefix = os.environ.get(variable)
        if prefix and (Path(prefix) / "bin" / "python").exists():
            return str(Path(prefix) / "bin" / "python")
    return sys.executable


def _resolve(wanted: str) -> str:
    named = os.path.expanduser(wanted)
    if os.sep in named:
        path = named if os.path.isfile(named) and os.access(named, os.X_OK) else None
    else:
        import shutil  # noqa: PLC0415  # with its archives it takes as long as the rest of this package

        path = shutil.which(named)
    if path is None:
        raise NotAPythonError(
            f"no interpreter {wanted!r}",
            why="it does not exist, or is not an executable file" if os.sep in wanted else "it is not on PATH",
            hint="pydelve debug --python /path/to/python ...",
        )
    return os.path.abspath(path)


def check(path: str) -> None:
    """Refuse by name what is no supported CPython. Our own interpreter needs no probe; another one is run once (10 ms).

    Raises:
        NotAPythonError: not a Python, not CPython, or of a version outside ``OLDEST`` to ``NEWEST``.
    """
    if os.path.realpath(path) == os.path.realpath(sys.executable):
        return
    name, major, minor = _probe(path)
    version = (major, minor)
    if name != "cpython":
        raise NotAPythonError(
            f"{path} is {name}, not CPython",
            why="pydelve knows CPython's own structures",
            hint="pydelve debug --python /path/to/cpython ...",
        )
    if not OLDEST <= version <= NEWEST:
        raise NotAPythonError(
            f"{path} is CPython {major}.{minor}",
            why=f"pydelve supports {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} as targets",
            hint="pydelve debug --python /path/to/another/python ...",
        )


def _probe(path: str) -> tuple[str, int, int]:
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", _PROBE],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_LIMIT_S,
        )
        words = done.stdout.decode("utf-8", "replace").split()
        why = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    except subprocess.TimeoutExpired:
        raise NotAPythonError(
            f"{path} is not a Python interpreter",
            why=f"asked for its version it did not answer within {_PROBE_LIMIT_S:g} s",
            hint="pydelve debug --python /path/to/python ...",
        ) from None
    except OSError as error:
        raise NotAPythonError(
            f"{path} is not a Python interpreter",
            why=f"it can't be started: {error.strerror}",
            hint="pydelve debug --python /path/to/python ...",
        ) from error
    if len(words) != 4 or words[0] != "pydelve-probe" or not all(word.isdecimal() for word in words[2:]):
        raise NotAPythonError(
            f"{path} is not a Python interpreter",
            why=f"asked for its version it said: {why}" if why and len(why) < 100 else "it does not answer as one",
            hint="pydelve debug --python /path/to/python ...",
        )
    return words[1], int(words[2]), int(words[3])
