"""Children of the program that are to be debugged too: what the parent prepares, and how a forked child begins.

Loaded when the debugger first asks for children to be followed. ``follow`` runs on the agent's own thread or at a stop,
``begin_in_fork`` in the child, on the thread that has forked. What happens in both processes, and why, is in
docs/internals/children.md.
"""

from __future__ import annotations

import _thread
import posix
from _thread import get_ident

from .. import protocol
from ..children import dialing
from ..children.spawning import Spawning
from ..link import own_fd

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from ..core import Agent

_KILL_PATIENCE_S = 1.0  # who is to be killed may be in C code that keeps the interpreter
_PATIENCE_S = 10.0  # for the debugger to have set its breakpoints


class Children:
    """One per agent."""

    def __init__(self, agent: Agent) -> None:
        """None is followed yet."""
        self._agent = agent
        self._address = ""
        self._spawning: Spawning | None = None
        self._removed: list[Spawning] = []
        """Whose functions the program may have taken over (``from os import _exit``), also before it was forked."""
        self._waits = _thread.allocate_lock()
        self._waits.acquire()

    def follow(self, address: str, folder: str) -> None:
        """Children are to call there from now on; "": none is followed any more.

        ``folder`` is where the module is that a Python imports while it starts.
        """
        self.remove()
        self._address = address
        if address and _is_there(folder):  # it may run where our files are not
            self._spawning = Spawning(self._agent, address, folder)
            self._spawning.install()

    def remove(self) -> None:
        """Leave nothing."""
        self._address = ""
        spawning, self._spawning = self._spawning, None
        if spawning is not None:
            spawning.remove()
            self._removed.append(spawning)

    def go(self) -> None:
        """The debugger has set its breakpoints, has what it wanted of who is killed, or is gone: go on."""
        if self._waits.locked():
            try:
                self._waits.release()
            except RuntimeError:  # both at the same moment
                return

    def kills(self, pid: int) -> None:
        """The program is about to kill a process: wait for the debugger to have all of what that one gathered."""
        self._waits.acquire(False)  # what came too late for the last one
        self._agent.link.send(("event", protocol.KILLING, {"pid": pid}))
        self._waits.acquire(True, _KILL_PATIENCE_S)

    def address_for_fork(self) -> str:
        """Where a child that was just forked on this thread is to call; "" where it is not followed."""
        agent = self._agent
        evaluates = agent.stops.stands_here() or get_ident() in agent.judging
        starts = self._spawning is not None and get_ident() in self._spawning.starting
        return "" if evaluates or starts else self._address

    # -- in a forked child, whose parent's agent this was --------------------------------------------------------------

    def begin_in_fork(self, address: str, blocked: set[int]) -> None:
        """The parent's agent has left the child: begin one of the child's own. ``blocked``: signals that the program
        blocks; all are, meanwhile (``undisturbed.py``).
        """
        sockets = dialing.dial(address)
        if sockets is None:
            return
        before = self._agent
        agent = type(before)(own_fd(sockets[0]), own_fd(sockets[1]), get_ident(), blocked)
        agent.children = children = Children(agent)
        children._removed = self._removed
        for spawning in self._removed:
            spawning.serve(agent)
        agent.begin_in_fork(before.hooks)
        children._waits.acquire(True, _PATIENCE_S)


def _is_there(folder: str) -> bool:
    try:
        posix.stat(folder + "/sitecustomize.py")
    except OSError:
        return False
    return True
