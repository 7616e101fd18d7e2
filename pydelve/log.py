"""The log of pydelve itself: one private file, for the developer who reads a bug report.

Not for the user's program, and nothing a user has to read: whoever logs uses ``logging.getLogger(__name__)``; the
command line calls :func:`configure` once, before the target is started. May be called from any thread.
"""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper

from pydelve.config import private_file
from pydelve.errors import UsageError

_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s [%(threadName)s] %(message)s"
_logger = logging.getLogger("pydelve")


class _PrivateFileHandler(logging.FileHandler):
    """Opens its file at the first record, so that a session without one leaves nothing behind; mode 0600."""

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))


def configure(path: str | None = None, *, verbose: bool = False) -> str:
    """Send pydelve's log to a file; gives back the file's path, "" where there is no place for one.

    Args:
        path: The file; None means ``pydelve.log`` in the state folder.
        verbose: Everything, not only warnings and errors.

    Raises:
        UsageError: ``path`` can't be written.
    """
    try:
        if path is None:
            path = private_file("pydelve.log")
        else:
            os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except OSError as error:
        if path is not None:
            raise UsageError(
                f"can't write the log {path}", why=os.strerror(error.errno or 0), hint="pydelve debug --log=FILE ..."
            ) from error
        path = ""  # a home that can't be written is no reason not to debug
    path = path and os.path.abspath(path)
    for old in _logger.handlers[:]:
        _logger.removeHandler(old)
        old.close()
    handler = _PrivateFileHandler(path, delay=True) if path else logging.NullHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    _logger.addHandler(handler)
    _logger.propagate = False
    _logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    return path


def path_in_use() -> str:
    """Where the log goes; "" where there is none."""
    for handler in _logger.handlers:
        if isinstance(handler, logging.FileHandler):
            return handler.baseFilename
    return ""


def record_internal_error(doing: str, error: BaseException) -> str:
    """Log the traceback of a bug of ours; gives back the log's path, "" where there is none."""
    if not _logger.handlers:
        configure()
    _logger.error("internal error while %s", doing, exc_info=error)
    return path_in_use()
