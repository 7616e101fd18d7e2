"""Which process to attach to or to look at, and how; or which core file."""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass

AttachMethod = Literal["auto", "thread", "pending", "pep768"]
"""thread: a thread that waits starts one of ours; pending: the main thread does, at its next look for pending calls;
pep768: CPython 3.14 or newer is asked to run a script, as ``sys.remote_exec`` does; auto: the first where a thread
waits, else the second, and the third where another debugger traces it."""


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """A process to bring under the debugger; it was started by somebody else, and outlives the session."""

    pid: int
    method: AttachMethod = "auto"
    stop: bool = True
    """False with ``--continue``: it runs on until a breakpoint."""
    follow: bool = False
    """Its children are debugged too; see ``requests.FollowChildren``."""
    children: bool = False
    """Also those that it has already; see ``requests.AttachChildren``."""


@dataclass(frozen=True, slots=True)
class LookOptions:
    """A process to look at from outside: nothing is put into it, and none of its code runs for us."""

    pid: int
    because: str
    """Why it is not brought under control."""
    hint: str = ""
    """What would help."""


@dataclass(frozen=True, slots=True)
class CoreOptions:
    """A core file to look into."""

    path: str
    executable: str = ""
    """The program that it is of, where that is not found at the path the core names."""
