"""File names of code as the debugger knows them, and which code is the user's own. Pure but for ``realpath``; any
thread.
"""

from __future__ import annotations

import posix
import sys

from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType

try:
    _HERE = posix.getcwd()  # a relative co_filename was made when the program began; it may change its folder
except OSError:  # it was deleted
    _HERE = "/"
_canonical: dict[str, str] = {}


def canonical(filename: str) -> str:
    """``co_filename`` made absolute and free of symlinks; names that are no files (``<string>``) stay as they are.

    A path into a zip file is made absolute as far as the zip itself exists.
    """
    known = _canonical.get(filename)
    if known is None:
        known = _resolve(filename)
        if not filename.startswith("<"):  # what is compiled under a name of its own each time would be kept for ever
            _canonical[filename] = known
    return known


def _resolve(filename: str) -> str:
    if filename.startswith("<") or not filename:
        return filename
    path = filename if filename.startswith("/") else _HERE + "/" + filename
    real = _real(path)
    if real is not None:
        return real
    head, slash, tail = path.rpartition("/")
    rest = tail
    while slash and head:
        real = _real(head)
        if real is not None:
            return real + "/" + rest
        head, slash, tail = head.rpartition("/")
        rest = tail + "/" + rest
    return path


def _real(path: str) -> str | None:
    try:
        raw = native.real_path(path.encode(_ENCODING, "surrogateescape"))
    except (UnicodeError, ValueError):
        return None
    return None if raw is None else raw.decode(_ENCODING, "surrogateescape")


_ENCODING = sys.getfilesystemencoding()


def current_folder() -> str:
    """The program's current folder, "" where it was deleted.

    Not ``posix.getcwd``: that lets the GIL go, and in a stop whoever takes it does not give it back.
    """
    return _real(".") or ""


class Ownership:
    """Tells the user's code from the library's: standard library, installed packages, code that was frozen or made from
    a string.
    """

    def __init__(self) -> None:
        """Knows the standard library's folder; ``program`` is told later."""
        self._standard = canonical(str(sys.modules["os"].__file__)).rpartition("/")[0] + "/"
        self._own: tuple[str, ...] = ()
        self._known: dict[str, bool] = {}

    def program(self, filename: str, package: str) -> None:
        """The program's main file: it and its package are the user's, wherever they are installed."""
        path = canonical(filename)
        folder = path.rpartition("/")[0] + "/"
        installed = package and folder != self._standard and self._from_library(path)
        self._own = (path, folder) if installed else (path,)
        self._known.clear()

    def is_library(self, filename: str) -> bool:
        """True where a step does not stop by itself."""
        known = self._known.get(filename)
        if known is None:
            path = canonical(filename)
            own = any(path == entry or (entry.endswith("/") and path.startswith(entry)) for entry in self._own)
            known = not own and self._from_library(path)
            if not filename.startswith("<"):  # see ``canonical``
                self._known[filename] = known
        return known

    def _from_library(self, path: str) -> bool:
        return (
            path.startswith(("<", AGENT_FOLDER, self._standard))
            or "/site-packages/" in path
            or "/dist-packages/" in path
        )


AGENT_FOLDER: str = globals().get("AGENT_PREFIX") or __file__.rpartition("/")[0]


def is_agent(code: CodeType) -> bool:
    """Is this code ours? Such frames are never shown."""
    return code.co_filename.startswith(AGENT_FOLDER)
