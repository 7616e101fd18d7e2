"""Which program a command line starts: a Python that an agent can get into, a shell that starts one, or something else.

Reads the first bytes of files at most, and decides nothing else. Called by the thread that starts the program.
"""

from __future__ import annotations

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Sequence

_SHELLS = (b"sh", b"bash", b"dash", b"zsh", b"ksh", b"ash", b"busybox")
_WRAPPERS = (b"env", b"nohup", b"nice", b"setsid", b"stdbuf", b"timeout", b"time", b"ionice", b"taskset", b"xargs")
_WITH_VALUE = (b"-W", b"-X", b"--check-hash-based-pycs")
_HEAD_BYTES = 4096
_DEPTH = 4
_BREAKS = b"|&;()<>\n\t"
IN_PYTHON = ""
"""It is a Python, or starts one."""
NO_PYTHON = "it is no Python"
ISOLATED = "its option "
_HELPER = "it is a part of multiprocessing itself"


def why_not(executables: Sequence[bytes], words: Sequence[bytes], path: bytes) -> str:
    """Why the program is left alone; "" where an agent is to get into it.

    Args:
        executables: Where it may be, in the order in which they are tried.
        words: Its command line, the name of the program first.
        path: Where programs are looked for.
    """
    for executable in executables:
        if _is_file(executable):
            return _why_not(executable, words[1:], path, 0)
    return NO_PYTHON


def _why_not(executable: bytes, rest: Sequence[bytes], path: bytes, depth: int) -> str:
    name = executable.rpartition(b"/")[2]
    if depth > _DEPTH:
        return NO_PYTHON
    if _is_python(executable):
        return _isolated(rest)
    if name in _SHELLS:
        return _of_shell(rest, path, depth)
    if name in _WRAPPERS:
        return _of_words(rest, path, depth)
    head = _head(executable)
    if not head.startswith(b"#!"):
        return NO_PYTHON
    words = head[2:].partition(b"\n")[0].split()
    if not words:
        return NO_PYTHON
    if words[0].rpartition(b"/")[2] in _SHELLS:
        return IN_PYTHON if b"python" in head else NO_PYTHON
    return _why_not(words[0], [*words[1:], executable, *rest], path, depth + 1)


def _of_shell(rest: Sequence[bytes], path: bytes, depth: int) -> str:
    """Of a shell: does its command, or its script, name a Python, or a script of one?"""
    for at, word in enumerate(rest):
        if word.startswith(b"-") and not word.startswith(b"--") and b"c" in word:
            text = rest[at + 1] if at + 1 < len(rest) else b""
            return _of_words(text.translate(bytes.maketrans(_BREAKS, b" " * len(_BREAKS))).split(), path, depth)
        if not word.startswith(b"-"):
            return IN_PYTHON if b"python" in _head(word) else NO_PYTHON
    return NO_PYTHON


def _of_words(words: Sequence[bytes], path: bytes, depth: int) -> str:
    """Of a command in words: what the first of them is that can be a Python."""
    for at, word in enumerate(words):
        bare = word.strip(b"'\"")
        found = _find(bare, path) if bare and not bare.startswith(b"-") and b"=" not in bare else b""
        if found:
            why = _why_not(found, [each.strip(b"'\"") for each in words[at + 1 :]], path, depth + 1)
            if why != NO_PYTHON:
                return why
    return NO_PYTHON


def _find(word: bytes, path: bytes) -> bytes:
    if b"/" in word:
        return word if _is_file(word) else b""
    for folder in path.split(b":"):
        if folder and _is_file(folder + b"/" + word):
            return folder + b"/" + word
    return b""


def _is_file(path: bytes) -> bool:
    try:
        return posix.stat(path).st_mode & 0o170000 == 0o100000 and posix.access(path, 1)
    except (OSError, ValueError):
        return False


def _is_python(executable: bytes) -> bool:
    """By its name, or that of the file that it is a link to: ``python``, ``python3``, ``python3.13``."""
    name = executable.rpartition(b"/")[2]
    for _ in range(_DEPTH):
        if name.startswith(b"python") and not name[6:].strip(b"0123456789.dt") and not name.startswith(b"python2"):
            return True
        try:
            link = posix.readlink(executable)
        except (OSError, ValueError):
            return False
        executable = link if link.startswith(b"/") else executable.rpartition(b"/")[0] + b"/" + link
        name = executable.rpartition(b"/")[2]
    return False


def _isolated(rest: Sequence[bytes]) -> str:
    """Do its options keep it from reading our folder, or is it no program of the user's?"""
    at = 0
    while at < len(rest):
        word = rest[at]
        if word[:2] in (b"-c", b"-m") or not word.startswith(b"-") or word == b"-":
            text = rest[at + 1] if word == b"-c" and at + 1 < len(rest) else b""
            return _HELPER if text.startswith(b"from multiprocessing.resource_tracker import ") else IN_PYTHON
        if word in _WITH_VALUE:
            at += 1
        elif not word.startswith((b"--", b"-W", b"-X")):
            for letter in b"ISE":
                if letter in word:
                    return ISOLATED + "-%c, as it is started, keeps it from what pydelve would give it" % letter
            if b"c" in word or b"m" in word:
                return IN_PYTHON
        at += 1
    return IN_PYTHON


def _head(path: bytes) -> bytes:
    try:
        fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC | posix.O_NONBLOCK)
    except (OSError, ValueError):
        return b""
    try:
        return posix.read(fd, _HEAD_BYTES)
    except OSError:
        return b""
    finally:
        posix.close(fd)
