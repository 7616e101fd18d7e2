"""Who waits for whose lock in a process that an agent holds still, read from outside, as the agent can't see it.

Imported when threads are asked for that wait. Engine's thread; stops nothing, as no Python thread moves.
"""

from __future__ import annotations

from contextlib import suppress

from pydelve.api.target import LockWait
from pydelve.errors import PydelveError
from pydelve.target.cpython.layout import choose_layout
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.view import View
from pydelve.target.live.memory import ProcessMemory, find_runtime
from pydelve.target.live.surroundings import LiveSurroundings


class LockWaits:
    """Of one process; says nothing where its memory can't be read."""

    def __init__(self, pid: int) -> None:
        self._memory: ProcessMemory | None = None
        with suppress(PydelveError, UnreadableError):
            self._memory = ProcessMemory(pid)
            runtime = find_runtime(pid, self._memory)
            self._view = View(self._memory, runtime, choose_layout(self._memory, runtime), LiveSurroundings(pid))
            return
        self.close()

    def now(self) -> dict[int, LockWait]:
        """What each thread waits for, by ident, with the owner's ident."""
        if self._memory is None:
            return {}
        view = self._view
        view.forget()
        native_ids = view.surroundings.native_ids()
        try:
            found, _ = view.interpreters.threads(set(native_ids))
        except UnreadableError:
            return {}
        threads = [(raw, native_ids.get(raw.native_id, 0), view.frames.frames(raw.address)[0]) for raw in found]
        return {ident: LockWait(*waiting) for ident, waiting in view.lock_waits(threads).items()}

    def close(self) -> None:
        """Let go of its memory."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
