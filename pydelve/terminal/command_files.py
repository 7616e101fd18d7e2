"""Reads a file of commands, or a script: a file or a pipe, with an end. Pure but for the file."""

from __future__ import annotations

import errno
import os
import stat

_MOST_CHARACTERS = 10_000_000


def read_commands(path: str, errors: str = "strict") -> str:
    """The whole text. Blocks as long as a pipe's writer wants.

    Raises:
        OSError: it can't be read, has no end that is in sight, or is a device, which need not have one.
        ValueError: it is no UTF-8, and ``errors`` is strict.
    """
    with open(path, encoding="utf-8", errors=errors) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise OSError(errno.EINVAL, "it is neither a file nor a pipe", path)
        text = file.read(_MOST_CHARACTERS + 1)
    if len(text) > _MOST_CHARACTERS:
        raise OSError(errno.EFBIG, f"it is longer than {_MOST_CHARACTERS:,} characters", path)
    return text
