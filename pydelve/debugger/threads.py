"""Small numbers for threads, and the truth about each: what the interpreter says joined to what the kernel says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydelve.api.target import Frame, Thread, ThreadState
from pydelve.errors import TargetStateError


def to_frame(index: int, wire: Mapping[str, Any], qualname: str = "") -> Frame:
    """The api's frame for the agent's; ``qualname`` where the agent (before 3.11) knew only the bare name."""
    return Frame(
        index=index,
        function=qualname or str(wire["function"]),
        module=str(wire["module"]),
        file=str(wire["file"]),
        line=int(wire["line"]),
        first_line=int(wire["first_line"]),
        library=bool(wire["library"]),
    )


class ThreadNumbers:
    """Gives each thread of one run of the target a number: 1 is the main thread, none is used twice."""

    def __init__(self, main_ident: int) -> None:
        self._numbers = {main_ident: 1}
        self._next = 2

    def number(self, ident: int) -> int:
        """The number of a thread, new if it was not seen before."""
        if ident not in self._numbers:
            self._numbers[ident] = self._next
            self._next += 1
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


def state_of(current: bool, native: tuple[str, str] | None) -> tuple[ThreadState, str]:
    """What a thread does while the target is stopped, and the detail.

    A thread that the kernel sees running has let the GIL go and computes in C; every other one stands still as far as Python
    goes: it waits for the GIL, or in a system call after which it will.
    """
    if current:
        return "stopped", ""
    if native is not None and native[0] == "R":
        return "running in C", ""
    return "frozen", native[1] if native else ""


def to_thread(wire: Mapping[str, Any], number: int, current: bool, native_id: int, native: tuple[str, str] | None) -> Thread:
    """The api's thread for the agent's."""
    state, detail = state_of(current, native)
    return Thread(
        id=number,
        ident=int(wire["ident"]),
        native_id=native_id,
        name=str(wire["name"]) or f"thread-{number}",
        state=state,
        detail=detail,
        current=current,
        frame=to_frame(0, wire["frame"]) if wire["frame"] else None,
    )
