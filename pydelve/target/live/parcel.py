"""What travels to a running program: the agent's sources and what it has to know. Read from our own installation.

Where that holds what Python has compiled of them for the program's version, as it keeps it beside the sources, it goes
along: compiling them there would take a tenth of a second of the program's time.
"""

from __future__ import annotations

import marshal
import os
import struct
from collections.abc import Iterator
from pathlib import Path

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
        with open(path, "rb") as file:  # as text it takes twice as long
            sources[name] = file.read().decode()
        code = _compiled(path, version)
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
    body = marshal.dumps(content, _MARSHAL_VERSION)
    return len(body).to_bytes(protocol.HEADER_BYTES, "little") + body


def _modules() -> Iterator[tuple[str, str]]:
    """Name in the agent, ``printers.times`` for one in a folder, and path; what starts it is left out."""
    for folder, folders, names in os.walk(_AGENT):
        folders[:] = [name for name in folders if name not in ("entry", "__pycache__")]
        package = folder[len(str(_AGENT)) + 1 :].replace(os.sep, ".")
        for name in names:
            if name.endswith(".py"):
                yield f"{package}.{name[:-3]}".lstrip("."), os.path.join(folder, name)


def _compiled(path: str, version: tuple[int, int]) -> bytes:
    """The content of the ``.pyc`` file that belongs to a source as it is now; b"" where there is none."""
    folder, name = os.path.split(path)
    cached = os.path.join(folder, "__pycache__", f"{name[:-3]}.cpython-{version[0]}{version[1]}.pyc")
    try:
        with open(cached, "rb") as file:
            content = file.read()
        _, flags, time, size = _COMPILED_HEADER.unpack_from(content)
        about = os.stat(path)
    except (OSError, struct.error):
        return b""
    made_of = (int(about.st_mtime) & 0xFFFFFFFF, about.st_size & 0xFFFFFFFF)
    return content if not flags and (time, size) == made_of else b""
