"""What travels to a running program: the agent's sources and what it has to know. Read from our own installation.

Where that holds what Python has compiled of them for the program's version, as it keeps it beside the sources, it goes
along: compiling them there would take a tenth of a second of the program's time.
"""

from __future__ import annotations

import marshal
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydelve.agent import protocol

_AGENT = Path(protocol.__file__).resolve().parent
_PREFIX = "<pydelve agent>"  # a file of that name there is nowhere: frames of it are told apart by it
_MARSHAL_VERSION = 2
_COMPILED_HEADER = struct.Struct("<4sIII")  # of a .pyc file: magic, flags, time and size of its source (PEP 552)


def bootstrap() -> bytes:
    """The script that is put into the program; it reads the rest from its socket."""
    return (_AGENT / "entry" / "bootstrap.py").read_bytes()


def parcel(link: int, hold: int, blocked: list[int], version: tuple[int, int]) -> bytes:
    """What the script reads.

    Args:
        link: Number of the agent's end of *link* in the program.
        hold: The same of *hold*.
        blocked: Signals that its main thread blocks.
        version: Major and minor of its Python.
    """
    sources, compiled = {}, {}
    for name, path in _modules():
        sources[name], about = _read(path)
        code = _compiled(path, about, version)
        if code:
            compiled[name] = code
    content = {
        "entry": (_AGENT / "entry" / "attached.py").read_text(encoding="utf-8"),
        "prefix": _PREFIX,
        "sources": sources,
        "compiled": compiled,
        "link": link,
        "hold": hold,
        "blocked": blocked,
        "debugger": os.getpid(),
    }
    parts = list(_marshalled(content))
    return b"".join((sum(map(len, parts)).to_bytes(protocol.HEADER_BYTES, "little"), *parts))


def _marshalled(content: Mapping[str, Any]) -> Iterator[bytes]:
    """The parts of what ``marshal.dumps`` makes of it, which copies two megabytes more than once (Python/marshal.c)."""
    yield b"{"
    for name, value in content.items():
        yield marshal.dumps(name, _MARSHAL_VERSION)
        if isinstance(value, dict):
            yield from _marshalled(value)
        elif isinstance(value, bytes):
            yield b"s" + len(value).to_bytes(4, "little")
            yield value
        else:
            yield marshal.dumps(value, _MARSHAL_VERSION)
    yield b"0"


def _modules() -> Iterator[tuple[str, str]]:
    """Name in the agent, ``printers.times`` for one in a folder, and path; what starts it is left out."""
    for folder, folders, names in os.walk(_AGENT):
        folders[:] = [name for name in folders if name not in ("entry", "__pycache__")]
        package = folder[len(str(_AGENT)) + 1 :].replace(os.sep, ".")
        for name in names:
            if name.endswith(".py"):
                yield f"{package}.{name[:-3]}".lstrip("."), os.path.join(folder, name)


def _read(path: str) -> tuple[bytes, os.stat_result]:
    """A file of ours: there are two hundred, so by no more calls than needed.

    Raises:
        OSError: it is not there.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        about = os.fstat(fd)
        return os.read(fd, about.st_size), about
    finally:
        os.close(fd)


def _compiled(path: str, about: os.stat_result, version: tuple[int, int]) -> bytes:
    """The content of the ``.pyc`` file that belongs to a source as it is now; b"" where there is none."""
    folder, _, name = path.rpartition(os.sep)
    try:
        content, _ = _read(f"{folder}/__pycache__/{name[:-3]}.cpython-{version[0]}{version[1]}.pyc")
        _, flags, time, size = _COMPILED_HEADER.unpack_from(content)
    except (OSError, struct.error):
        return b""
    made_of = (int(about.st_mtime) & 0xFFFFFFFF, about.st_size & 0xFFFFFFFF)
    return content if not flags and (time, size) == made_of else b""
