"""Turns among the workers of pytest-xdist: a test marked ``alone`` runs while no other worker runs one.

What is measured beside another test on two cores is that other test. The lock of one file is shared by all tests and
held alone by a marked one; that of a second, the door, is what a marked test waits behind, so that others can't go on
passing it by. Both are source files, only opened: there is nothing to make or to clean up.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The locks, in one worker; they go with its process."""

    def __init__(self) -> None:
        self._room = os.open(__file__, os.O_RDONLY | os.O_CLOEXEC)
        self._door = os.open(Path(__file__).with_name("__init__.py"), os.O_RDONLY | os.O_CLOEXEC)

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        """Wait for the turn of a test, and keep it for the time of a ``with``."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._room, fcntl.LOCK_UN)
