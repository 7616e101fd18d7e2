"""A live process that is looked at and not entered: it is held by ptrace while it is looked at, and let run in between.

Implements ``looking.Source``. Should pydelve be killed the kernel lets go of it. Engine's thread, which does all of
ptrace.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, nullcontext

from pydelve.api.attach import LookOptions
from pydelve.api.target import ExitStatus, StopReason, TargetInfo
from pydelve.target.core.writing import write_core
from pydelve.target.live.handle import Stranger, end
from pydelve.target.live.look import known_view
from pydelve.target.live.memory import ProcessMemory, check_process, find_runtime, no_such_process
from pydelve.target.live.ptrace import Tracer
from pydelve.target.live.surroundings import LiveSurroundings, clock_of, command_of, folder_of, link


class LiveSource:
    """A process that somebody else started."""

    first = 0
    reason: StopReason = "attach"
    detail = ""

    def __init__(self, options: LookOptions) -> None:
        """Stops nothing yet.

        Raises:
            TargetError: it may not be looked into, or is no place to look at; NotAPythonError, UnsupportedError: it is
                no CPython whose structures are known.
        """
        pid, _ = check_process(options.pid)
        with ExitStack() as undo:
            self._memory = undo.enter_context(ProcessMemory(pid, "attach"))
            runtime = find_runtime(pid, self._memory)
            self.view = known_view(pid, self._memory, runtime, LiveSurroundings(pid))
            try:
                self._handle = Stranger(pid, os.pidfd_open(pid))
            except OSError:
                raise no_such_process(pid) from None
            undo.pop_all()
        self.main = pid
        self.anew = f"pydelve attach {pid}"
        self.exit_fd = self._handle.pidfd
        self.info = TargetInfo(
            pid, runtime.text, link(f"/proc/{pid}/exe"), command_of(pid)[1:], folder_of(pid), launched=False,
            capabilities=("run",), limited=options.because,
        )  # fmt: skip
        self.problems = (
            [] if self.view.layout.exact else ["its exact layout is not known; that of the nearest version is used"]
        )
        self._tracer = Tracer(pid)

    def hold(self) -> str:
        """See ``Source``."""
        if not self._tracer.holding:
            self._tracer.stop()
        return self._tracer.report.problem

    def let_go(self) -> None:
        """See ``Source``."""
        self._tracer.release()

    def clock(self) -> float | None:
        """See ``Source``."""
        return clock_of(self.main)

    def look_after(self) -> bool:
        """See ``Source``."""
        return self._tracer.attend()

    def kill(self) -> tuple[str, str, str] | None:
        """See ``Source``."""
        return end(self._handle, self._tracer)

    def send(self, number: int) -> None:
        """See ``Source``."""
        self._handle.send(number)

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """See ``Source``."""
        return write_core(self.main, path, going_on, nullcontext(self._tracer.report))

    def exit_status(self) -> ExitStatus:
        """See ``Source``."""
        self.let_go()
        self._handle.wait(None)
        code = self._handle.status()
        if code is None:
            return ExitStatus("gone", 0, False)
        return ExitStatus("killed", -code, False) if code < 0 else ExitStatus("exited", code)

    def close(self) -> None:
        """See ``Source``."""
        self.let_go()
        self._memory.close()
        os.close(self._handle.pidfd)
