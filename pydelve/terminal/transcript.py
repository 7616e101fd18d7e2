"""``transcript``: what is typed and what pydelve says, kept in a file. Handler of the table in ``commands``."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Literal, TextIO

from pydelve.errors import UsageError
from pydelve.terminal.file_names import file_name
from pydelve.terminal.model import Call

_COLORS = re.compile(r"\x1b\[[0-9;]*m")


class Transcript:
    """A file that a screen writes to as well.

    Args:
        path: For messages.
        only: The screen shows nothing meanwhile.
    """

    def __init__(self, path: str, file: TextIO, *, only: bool) -> None:
        self.path = path
        self.only = only
        self._file = file

    def write(self, text: str) -> None:
        """Write text, without colours."""
        self._file.write(_COLORS.sub("", text))
        self._file.flush()

    def close(self) -> None:
        """Write no more; what can't be written is lost, and was said."""
        with contextlib.suppress(OSError):
            self._file.close()


def transcript(call: Call) -> None:
    """``transcript``: begin one, end it, or say where it goes."""
    screen = call.session.screen
    now = screen.transcript
    if "-off" in call.options:
        if now is None:
            raise UsageError("there is no transcript", hint="transcript FILE begins one")
        screen.transcript = None
        now.close()
        screen.line(f"transcript ended: {now.path}")
        return
    if not call.text:
        screen.line(f"transcript goes to {now.path}" if now else "no transcript; transcript FILE begins one")
        return
    if now is not None:
        raise UsageError(f"a transcript goes to {now.path}", why="there is one at a time", hint="transcript -off")
    path = file_name(call.text, "transcript")
    try:
        mode: Literal["w", "a"] = "w" if "-t" in call.options else "a"
        file = open(os.path.expanduser(path), mode, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  the session's
    except OSError as error:
        raise UsageError(f"can't write {path}", why=error.strerror or str(error), hint="transcript FILE") from error
    screen.line(f"transcript goes to {path}")
    screen.transcript = Transcript(path, file, only="-x" in call.options)
