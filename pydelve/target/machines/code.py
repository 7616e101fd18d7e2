"""Machine code that is put into a process, in words that hold for every machine; one encoder for each stands beside.

It is the code of C functions, so *result* is what the last call gave, and what is *passed* goes to the next one: the
first is number 0. Passing overwrites nothing else that is passed, and not the kept values; it overwrites the result
where the method says so. Pure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import Self


class Kept(Enum):
    """What lives through calls."""

    INT = 0
    POINTER = 1


class Code(ABC):
    """Instructions being put together; labels are resolved by :meth:`assembled`."""

    def __init__(self) -> None:
        self._parts = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def label(self, name: str) -> Self:
        """Here."""
        self._labels[name] = len(self._parts)
        return self

    def place(self, name: str) -> int:
        """Where a label is, from the first instruction on."""
        return self._labels[name]

    def assembled(self) -> bytes:
        """The machine code."""
        for at, label in self._jumps:
            self._resolve(at, self._labels[label])
        return bytes(self._parts)

    @abstractmethod
    def _resolve(self, at: int, target: int) -> None:
        """Complete the jump whose last part is at ``at``."""

    # -- functions -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def enter(self, *, keeps: bool = True) -> Self:
        """A function begins that calls others; ``keeps``: it has values that it keeps."""

    @abstractmethod
    def leave(self) -> Self:
        """Undo :meth:`enter`; nothing that is passed has been loaded yet."""

    @abstractmethod
    def return_zero(self) -> Self:
        """Leave, and return the int 0."""

    @abstractmethod
    def call(self, address: int) -> Self:
        """Call a function, also one of any number of arguments."""

    @abstractmethod
    def jump_to(self, address: int) -> Self:
        """Go on in a function, which returns to our caller; after :meth:`leave`."""

    @abstractmethod
    def replaceable(self) -> Self:
        """Before :meth:`enter`: what follows can be taken back while others may be about to run it."""

    @abstractmethod
    def replacement(self) -> bytes:
        """What to write over a :meth:`replaceable` beginning, so that the function returns 0 at once. Comes last."""

    # -- what is passed ------------------------------------------------------------------------------------------------

    @abstractmethod
    def pass_address(self, index: int, value: int) -> Self:
        """Pass a pointer."""

    @abstractmethod
    def pass_int(self, index: int, value: int) -> Self:
        """Pass a C int."""

    @abstractmethod
    def pass_int_at(self, index: int, address: int) -> Self:
        """Pass the C int that is stored at an address; overwrites the result."""

    @abstractmethod
    def pass_copy(self, index: int, address: int, source: int) -> Self:
        """Pass ``address``, where the C int from ``source`` is stored first; overwrites the result."""

    @abstractmethod
    def pass_result(self, index: int) -> Self:
        """Pass the result, a pointer."""

    @abstractmethod
    def pass_kept(self, index: int, kept: Kept) -> Self:
        """Pass what was kept."""

    # -- what comes back -----------------------------------------------------------------------------------------------

    @abstractmethod
    def keep_result(self, kept: Kept) -> Self:
        """Keep it through the calls that follow."""

    @abstractmethod
    def store_result(self, address: int) -> Self:
        """Store all eight bytes of it."""

    @abstractmethod
    def store_int(self, address: int, value: int) -> Self:
        """Store a C int, to be seen only after what was stored before."""

    @abstractmethod
    def jump_if_zero(self, label: str) -> Self:
        """Jump where the result is the int 0."""

    @abstractmethod
    def jump_if_null(self, label: str) -> Self:
        """Jump where the result is a null pointer."""

    @abstractmethod
    def jump_unless(self, value: int, label: str) -> Self:
        """Jump where the result is another int than a small one."""

    @abstractmethod
    def jump(self, label: str) -> Self:
        """Jump."""

    # -- borrowed threads ----------------------------------------------------------------------------------------------

    @abstractmethod
    def call_given(self) -> Self:
        """Call the function that ``Machine.calling`` was given, with what it passes."""

    @abstractmethod
    def return_from_signal(self, frame: int) -> Self:
        """Restore everything from a signal's frame; sets the label ``returned`` to where that call leads."""
