"""Where ``pydelve trace`` writes, until that fails: a full disk or a reader that has left is nothing to the program."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from pydelve.errors import UsageError
from pydelve.terminal.messages import part_lines
from pydelve.terminal.stacks import printable

_QUIET = (errno.EPIPE, errno.EIO)  # who reads it is gone, or the terminal


class TraceOutput:
    """The records' place: standard error, or a file."""

    def __init__(self, path: str, option: str) -> None:
        """``path``: "" is standard error; ``option``: that asked for it.

        Raises:
            UsageError: the file can't be written.
        """
        self._path = path
        self._file: TextIO = sys.stderr
        self.broken = False
        """What was written last, at the latest, is not there."""
        if path:
            try:
                self._file = open(path, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  see close
            except OSError as error:
                raise UsageError(
                    f"{path} can't be written", why=os.strerror(error.errno or 0), hint=f"{option} FILE"
                ) from error

    def write(self, lines: Iterable[str]) -> None:
        """Whole lines, those of a batch at once: the program may write between them."""
        self.draw("".join([f"{line}\n" for line in lines]))

    def draw(self, text: str) -> None:
        """This, as it is, and at once."""
        if text and not self.broken:
            try:
                self._file.write(text)
                self._file.flush()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.broken = True
        _to_nowhere(self._file)
        if error.errno not in _QUIET or self._path:
            what = self._path or "standard error"
            text = f"{what} can't be written: {os.strerror(error.errno or 0)}"
            remark("\n".join([text, *part_lines("what is told of calls has no other place: the trace ends", "")]))

    def close(self) -> None:
        """What some file systems say only now is told, too."""
        if self._path:
            try:
                self._file.close()
            except OSError as error:
                self._give_up(error)


def remark(text: str) -> None:
    """A line of our own on standard error, if anybody reads it."""
    lines = map(printable, text.split("\n"))  # it may hold texts of the program's
    try:
        print("pydelve: " + "\n".join(lines), file=sys.stderr, flush=True)
    except OSError:
        _to_nowhere(sys.stderr)


def _to_nowhere(file: TextIO) -> None:
    """What is still buffered is written to the null device."""
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.dup2(nowhere, file.fileno())
    except (OSError, ValueError):  # it is closed
        return
    finally:
        os.close(nowhere)
