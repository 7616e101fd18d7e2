"""Small numbers for threads, and the truth about each: what the interpreter says joined to what the kernel says."""

from __future__ import annotations

from pydelve.api.target import Frame, Thread, ThreadState
from pydelve.errors import TargetStateError
from pydelve.target.interface import ThreadReport


class ThreadNumbers:
    """Gives each thread of one run of the target a number: 1 is the main thread, none is used twice."""

    def __init__(self, main_ident: int) -> None:
        self._main = main_ident
        self._numbers = {main_ident: 1}
        self._native_ids: dict[int, int] = {}
        self._next = 2

    def number(self, ident: int, native_id: int = 0) -> int:
        """The number of a thread, new if it was not seen before.

        A thread gets the ident of one that has ended, most often of the last one: ``native_id``, where it is known,
        tells them apart.
        """
        known = self._native_ids.get(ident, 0)
        another = ident != self._main and known not in (0, native_id or known)
        if ident not in self._numbers or another:
            self._numbers[ident] = self._next
            self._next += 1
        if native_id:
            self._native_ids[ident] = native_id
        return self._numbers[ident]

    def ident(self, number: int) -> int:
        """The ident behind a number.

        Raises:
            TargetStateError: no such thread.
        """
        for ident, known in self._numbers.items():
            if known == number:
                return ident
        raise TargetStateError(f"there is no thread {number}", why="it has ended, or never was", hint="threads")

    def forget_all_but(self, idents: set[int]) -> None:
        """Drop the numbers of threads that ended: their idents may come again in new threads."""
        self._numbers = {ident: number for ident, number in self._numbers.items() if ident in idents or number == 1}
        self._native_ids = {ident: known for ident, known in self._native_ids.items() if ident in self._numbers}


def to_thread(report: ThreadReport, number: int, current: bool, frame: Frame | None) -> Thread:
    """The api's thread for the target's."""
    state, detail = _state_of(report, current)
    return Thread(
        id=number,
        ident=report.ident,
        native_id=report.native_id,
        name=report.name or f"thread-{number}",
        state=state,
        detail=detail,
        current=current,
        frame=frame,
        holds_gil=report.holds_gil,
        waits_for_gil=report.waits_for_gil,
        lock=None if report.stance in ("queued", "frozen") else report.lock,  # one of the agent's own
        kept=report.kept,
    )


def _state_of(report: ThreadReport, current: bool) -> tuple[ThreadState, str]:
    """What a thread does while the target is stopped, and the detail.

    A thread that the kernel sees running has let the GIL go and computes in C; every other one stands still as far as
    Python goes: it waits for the GIL, or in a system call after which it will.
    """
    if current:
        return "stopped", ""
    if report.interpreter:
        return "running" if report.runs else "frozen", f"in interpreter {report.interpreter}"
    if report.stance == "queued":
        return "stopped", "waits for its turn"
    waits_in = report.waits_in if report.waits_in != "futex" else ""  # for the GIL, while we look
    if report.stance == "runs":
        return "running", waits_in
    if report.stance == "frozen":
        return "frozen", waits_in
    if report.kernel_state == "R":
        return "running in C", ""
    return "frozen", report.waits_in
