"""What entering a process, and reading a core file, need to know of a machine: its registers and how its calls restart.

A thread that is borrowed must find back by itself, at whatever moment we die: so a machine knows how the kernel puts a
signal's frame on a stack. Implementations are pure: they build bytes, and touch no process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from struct import Struct

from pydelve.light_typing import NamedTuple
from pydelve.target.machines.code import Code

WORD = Struct("<Q")
WORD_MASK = (1 << 64) - 1
EINTR = -4
# ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK: linux/errno.h
RESTART_BLOCK = -516
RESTARTS = frozenset((-512, -513, -514, RESTART_BLOCK, EINTR))

Registers = dict[str, int]
ReadMemory = Callable[[int, int], bytes]
"""Bytes at an address; fewer where there are no more."""


class FrameError(Exception):
    """A thread's state does not fit into a signal's frame; the text says why."""


class Call(NamedTuple):
    """A system call that a thread is in."""

    number: int
    first: int
    """Its first argument; 0 where that is not known any more."""


class Floating(NamedTuple):
    """Floating point and vector registers, as ptrace gives them."""

    note: int
    """Which set of registers it is (``NT_*``, elf.h)."""
    data: bytes


class Machine(ABC):
    """One machine that Linux runs on, of 64 bits and little-endian."""

    name: str
    """As ``os.uname().machine`` has it."""
    elf: int
    """``EM_*``, elf.h."""
    registers: tuple[str, ...]
    """The general ones, in the order of ``NT_PRSTATUS``."""
    stack_pointer: str
    program_counter: str
    return_registers: tuple[str, ...]
    """Those that may hold where a function returns to, beside the stack."""
    address_mask: int
    """Of a word that may be a return address, the bits that are the address."""
    floating_sets: tuple[int, ...]
    """Register sets with all floating point and vector registers; the first that a kernel has."""
    call_set: int
    """Register set with the number of the call that begins, where -1 leaves it out; 0: that is a general one."""

    syscall_return: bytes
    """Instructions that every C library has: a system call, then the return."""
    signal_return: bytes
    """And those that a signal's handler returns to."""
    instruction_bytes: int
    """Instructions are at multiples of it."""
    call_mmap: int
    call_munmap: int
    call_sigreturn: int
    waits: frozenset[int]
    """Calls that wait and can be interrupted, in which a thread may be borrowed."""

    @abstractmethod
    def code(self) -> Code:
        """Code, with nothing in it yet."""

    # -- calls ---------------------------------------------------------------------------------------------------------

    @abstractmethod
    def call_at(self, registers: Registers) -> int:
        """Number of the call at whose beginning or end a thread stands."""

    @abstractmethod
    def result_of(self, registers: Registers) -> int:
        """What a call gave at whose end a thread stands."""

    @abstractmethod
    def interrupted(self, registers: Registers, read: ReadMemory) -> Call | None:
        """The call that a thread was stopped in, and that goes on when its registers are put back; None: in none."""

    @abstractmethod
    def is_rewound(self, registers: Registers, read: ReadMemory) -> bool:
        """Does it stand at a call that it will make again, or make now, and its registers don't say how?"""

    def is_waiting(self, registers: Registers, read: ReadMemory) -> bool:
        """Was the thread stopped in a call that waits, and that goes on when its registers are put back?"""
        call = self.interrupted(registers, read)
        return call is not None and call.number in self.waits

    @abstractmethod
    def resuming(self, registers: Registers) -> Registers:
        """Registers with which a thread goes on by itself, without the kernel's own restart: it makes its call again.

        A wait that the kernel restarts with what was left of its time (``ERESTART_RESTARTBLOCK``) ends with EINTR
        instead, as by a signal: only this way it lasts no longer than it should.
        """

    @abstractmethod
    def restarting_endless_wait(self, registers: Registers) -> Registers | None:
        """``epoll_wait`` without a limit is the one call of Python's waits that a mere stop ends: make it again.

        None where it is not that, or where its arguments are not known any more.
        """

    # -- being made to do something ------------------------------------------------------------------------------------

    @abstractmethod
    def calling(self, registers: Registers, address: int, stack: int, function: int, *arguments: int) -> Registers:
        """Registers with which a thread runs code of ours at ``address`` that calls ``function``.

        The kernel restarts no call that was interrupted.
        """

    @abstractmethod
    def making_call(
        self, registers: Registers, address: int, frame: int, back: int, number: int, *arguments: int
    ) -> Registers:
        """Registers with which a thread makes a system call by the ``syscall_return`` at ``address``.

        It returns to ``back``, a ``signal_return``, with the signal's frame at ``frame``.
        """

    @abstractmethod
    def frame_below(self, stack: int, floating: Floating) -> tuple[int, int]:
        """Where a signal's frame stands on a stack whose pointer is ``stack``, and the end of what it may overwrite."""

    @abstractmethod
    def frame_at(self, address: int) -> int:
        """Where a signal's frame stands in memory of ours: at ``address``, a multiple of 64, or some bytes before."""

    @abstractmethod
    def signal_frame(self, address: int, back: int, registers: Registers, mask: int, floating: Floating) -> bytes:
        """What the kernel puts on a stack before it calls a signal's handler: returning through it restores everything.

        Args:
            address: Where it will stand: what ``frame_below`` or ``frame_at`` gave.
            back: Address of a ``signal_return``.
            registers: Those to restore.
            mask: Blocked signals to restore.
            floating: The floating point and vector registers to restore.

        Raises:
            FrameError: they don't fit in.
        """


def signed(word: int) -> int:
    """A register as the C type long."""
    return word - (1 << 64) if word >> 63 else word
