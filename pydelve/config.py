"""The user's folder for state, and the settings of the prompt with their defaults.

No file of settings is read yet. Imported by the command line and the terminal; keeps no state of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may want otherwise."""

    context_lines: int = 2
    """Source lines shown before and after the current one at a stop."""
    list_lines: int = 5
    """The same for ``list``."""
    stack_depth: int = 50
    """Frames that ``stack`` shows without being told."""
    width: int = 100
    """Columns that a value may take in one line; a narrower terminal has less."""
    variable_lines: int = 12
    """Lines that one value may take among others, in ``locals`` and ``args``, before its inner levels are left out."""
    evaluation_timeout_s: float = 10.0
    """After this long an evaluation is interrupted."""
    slow_evaluation_s: float = 0.1
    """Evaluations that took longer say that other threads moved meanwhile."""


def state_folder() -> str:
    """Path of the folder for history and logs, made with mode 0700 where it is missing.

    Raises:
        OSError: it can't be made.
    """
    base = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".local", "state")
    folder = os.path.join(base, "pydelve")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def private_file(name: str) -> str:
    """Path of a file in the state folder that exists and that only its owner can read (0600).

    Raises:
        OSError: it can't be made.
    """
    path = os.path.join(state_folder(), name)
    os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    if os.stat(path).st_mode & 0o077:
        os.chmod(path, 0o600)
    return path
