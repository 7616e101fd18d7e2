"""What travels to a running program: the agent's sources and what it has to know. Read from our own installation."""

from __future__ import annotations

import marshal
import os
from pathlib import Path

from pydelve.agent import protocol

_AGENT = Path(protocol.__file__).resolve().parent
_PREFIX = "<pydelve agent>"  # a file of that name there is nowhere: frames of it are told apart by it
_MARSHAL_VERSION = 2


def bootstrap() -> bytes:
    """The script that is put into the program; it reads the rest from its socket."""
    return (_AGENT / "entry" / "bootstrap.py").read_bytes()


def parcel(link: int, hold: int, blocked: list[int]) -> bytes:
    """What the script reads.

    Args:
        link: Number of the agent's end of *link* in the program.
        hold: The same of *hold*.
        blocked: Signals that its main thread blocks.
    """
    content = {
        "entry": (_AGENT / "entry" / "attached.py").read_text(encoding="utf-8"),
        "prefix": _PREFIX,
        "sources": _sources(),
        "link": link,
        "hold": hold,
        "blocked": blocked,
        "debugger": os.getpid(),
    }
    body = marshal.dumps(content, _MARSHAL_VERSION)
    return len(body).to_bytes(protocol.HEADER_BYTES, "little") + body


def _sources() -> dict[str, str]:
    """Source by the module's name in the agent, ``printers.times`` for one in a folder; what starts it is left out."""
    found = {}
    for folder, folders, names in os.walk(_AGENT):
        folders[:] = [name for name in folders if name not in ("entry", "__pycache__")]
        package = folder[len(str(_AGENT)) + 1 :].replace(os.sep, ".")
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:  # as text it takes twice as long
                    found[f"{package}.{name[:-3]}".lstrip(".")] = file.read().decode()
    return found
