"""Stops all threads of a process, and lets them go as they were: by ptrace, Linux only.

One thread does all of it, since the kernel takes requests from the thread that seized only. Nothing in the target is
changed: no register, no memory. Should we die meanwhile, or that thread end, the kernel itself lets go. The stop makes
an endless ``epoll_wait`` return EINTR, as any debugger's does; CPython begins such a wait again (PEP 475).
"""

from __future__ import annotations

import os
import time

from pydelve.target.live import kernel
from pydelve.target.live.c_library import Function

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17  # sys/ptrace.h
WALL = 0x40000000
PEEK_USER = 3
_ORIG_RAX, _RDI, _WORD_MASK = 15 * 8, 14 * 8, (1 << 64) - 1  # sys/user.h, struct user_regs_struct
_STOP_LIMIT_S = 1.0
_ROUNDS = 20
_EPERM, _ESRCH = 1, 3


def system_call(native_id: int) -> tuple[int, int] | None:
    """Number and first argument of the call that a thread is in which we hold; None where that can't be told so.

    That is what ``/proc`` says, in a fifth of its time. On x86-64 only: others don't have registers one by one.
    """
    number, error = _ptrace(PEEK_USER, native_id, _ORIG_RAX, 0)
    if error or number < 0:
        return None
    return number, _ptrace(PEEK_USER, native_id, _RDI, 0)[0] & _WORD_MASK


class StopReport:
    """How the stop went."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        """Threads that stand still."""
        self.problem = ""
        """Why not all of them do."""
        self.signals: dict[int, int] = {}
        """A signal that was on its way to a thread: delivered as it is let go."""


_ptrace = Function("ptrace")


def request(number: int, native_id: int, address: int = 0, data: int = 0) -> int:
    """One request of ptrace: 0, or errno."""
    return _ptrace(number, native_id, address, data)[1]


class Tracer:
    """Stops the threads of one process, and keeps them until it is told to let go; again and again.

    A thread that can't be interrupted stops when its call ends, however late: until then it is *late*, and whoever has
    a tracer calls :meth:`attend` now and then, for as long as that says so.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.report = StopReport()
        self.holding = False
        """From :meth:`stop` to :meth:`release`."""
        self._refused: set[int] = set()
        self._late: set[int] = set()

    def stop(self) -> None:
        """Stop every thread there is, and those that begin meanwhile."""
        self.holding = True
        self.report.problem = ""
        self._refused.clear()
        deadline = time.monotonic() + _STOP_LIMIT_S
        for _ in range(_ROUNDS):
            new = thread_ids(self._pid) - self.report.held - self._late - self._refused
            if not new and not self._late:
                return
            for native_id in sorted(new):
                error = request(SEIZE, native_id)
                if error == 0:
                    request(INTERRUPT, native_id)
                    self._late.add(native_id)
                else:
                    self._refuse(native_id, error)
            self._await(self._late, deadline)
            if self._late:
                self.report.problem = f"thread {min(self._late)} did not stop within {_STOP_LIMIT_S:.0f} s"
                return

    def stopped(self, *, stop: bool = True) -> _Stopped:
        """All threads stand still during a ``with`` block, as far as the report says; none do where not ``stop``."""
        return _Stopped(self, stop)

    def is_late(self, native_id: int) -> None:
        """Somebody else has seized this thread, and it did not stop in time."""
        self._late.add(native_id)

    def _refuse(self, native_id: int, error: int) -> None:
        """A thread that ends can't be stopped and needs not be; else all are refused alike."""
        self._refused.add(native_id)
        if error == _ESRCH or (error == _EPERM and state_of(self._pid, native_id) in "XZ"):
            return
        tracer = tracer_of(self._pid, native_id)
        if tracer:
            self.report.problem = f"process {tracer} traces it already"
        else:
            self.report.problem = f"the kernel refused it: {os.strerror(error)}"

    def _await(self, waiting: set[int], deadline: float) -> None:
        pause_s = 0.0
        while waiting:
            for native_id in sorted(waiting):
                if self._stopped(native_id):
                    waiting.discard(native_id)
            if not waiting or time.monotonic() > deadline:
                return
            time.sleep(pause_s)
            pause_s = min(0.005, pause_s + 0.00005)

    def _stopped(self, native_id: int) -> bool:
        """Whether a thread has stopped by now, or has ended."""
        try:
            found, status = os.waitpid(native_id, os.WNOHANG | WALL)
        except ChildProcessError:
            return True
        if found == 0:
            return False
        if os.WIFSTOPPED(status):
            self.report.held.add(native_id)
            if status >> 16 == 0:  # not our interruption, but a signal before it
                self.report.signals[native_id] = os.WSTOPSIG(status)
        return True

    def attend(self) -> bool:
        """Hold, or let go, whichever late threads have stopped by now, and take note of threads that were killed.

        True where it has to be called again: while threads are held, or are late.
        """
        came = {native_id for native_id in sorted(self._late) if self._stopped(native_id)}
        self._late -= came
        if not self.holding:
            self._detach()
        elif came and not self._late:
            self.stop()
        self._reap()
        return bool(self.report.held or self._late)

    def _reap(self) -> None:
        """Until a killed thread's tracer takes note of it, nobody else hears of the process's end."""
        for native_id in sorted(self.report.held):
            try:
                if not self._ended(native_id):
                    continue
            except ChildProcessError:  # it is gone already
                pass
            self.report.held.discard(native_id)

    @staticmethod
    def _ended(native_id: int) -> bool:
        found, status = os.waitpid(native_id, os.WNOHANG | WALL)
        return bool(found) and not os.WIFSTOPPED(status)

    def release(self) -> None:
        """Let all of them go, each with the signal that was on its way; see :meth:`attend` for those that are late."""
        self.holding = False
        self._detach()
        self.attend()

    def _detach(self) -> None:
        for native_id in sorted(self.report.held):
            if request(DETACH, native_id, 0, self.report.signals.get(native_id, 0)) == _ESRCH:
                self._late.add(native_id)  # it was killed meanwhile: its parent hears of it once we have
        self.report.held.clear()
        self.report.signals.clear()


class _Stopped:
    """What ``with Tracer.stopped()`` enters and leaves."""

    def __init__(self, tracer: Tracer, stop: bool) -> None:
        self._tracer, self._stop = tracer, stop

    def __enter__(self) -> StopReport:
        if self._stop:
            try:
                self._tracer.stop()
            except BaseException:
                self._tracer.release()
                raise
        return self._tracer.report

    def __exit__(self, *raised: object) -> None:
        if self._stop:
            self._tracer.release()


def thread_ids(pid: int) -> set[int]:
    """Native ids of the threads there are; none where the process is gone."""
    try:
        return {int(name) for name in os.listdir(f"/proc/{pid}/task")}
    except OSError:
        return set()


def tracer_of(pid: int, native_id: int) -> int:
    """Pid of the process that traces a thread; 0 where none does."""
    for line in kernel.content(f"/proc/{pid}/task/{native_id}/status").splitlines():
        if line.startswith(b"TracerPid:"):
            return int(line.split()[1])
    return 0


def state_of(pid: int, native_id: int) -> str:
    """The kernel's state letter of a thread; ``X`` where it is gone."""
    stat = kernel.content(f"/proc/{pid}/task/{native_id}/stat")
    return stat.rpartition(b") ")[2][:1].decode() or "X"
