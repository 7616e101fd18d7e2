"""What to start and how: the recipe that ``debug`` runs, and runs again on ``restart``."""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass, field


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """A program to start under the debugger.

    The file descriptors are the program's three standard streams and stay owned by whoever made them; -1 means "as
    pydelve's own". A restart uses them again.
    """

    kind: Literal["script", "module"]
    program: str
    """Path of the script, or dotted name of the module."""
    arguments: tuple[str, ...] = ()
    python: str = ""
    """Path of the target's interpreter; "" means the active environment's."""
    cwd: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    """Added to (or replacing in) pydelve's own environment."""
    stdin_fd: int = -1
    stdout_fd: int = -1
    stderr_fd: int = -1
    terminal: bool = False
    """True where the three are a pseudo-terminal's slave, which becomes the program's controlling terminal in a session
    of its own."""
    stop_at_entry: bool = True
    """False with ``--continue``: runs until the first breakpoint."""
    interpreter_options: tuple[str, ...] = ()
    """The interpreter's own, in front of the program: ``-s``."""
    tests: bool = False
    """The program is ``-m pytest``: each test that fails is a stop."""
    follow: bool = False
    """Its children are debugged too; see ``requests.FollowChildren``."""
