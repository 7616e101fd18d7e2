"""Has one thread of a process make one call, and puts it back as it was: the way in, on Linux.

A thread that waits in a system call, and holds no lock of the allocator or the loader, is borrowed for one
``pthread_create``; where none waits, the main thread, wherever it is, for one ``Py_AddPendingCall``. No other thread is
stopped. Signals that come meanwhile wait, and are delivered to the thread when it is as it was.

We may be killed at any moment, and the kernel then lets the thread run on from where it stands. So it always stands
where it finds back by itself: first what it was is put on its stack as the kernel does for a signal's handler, then
registers are set, and whatever it is made to call returns as a handler does. Only where we live does the kernel's own
restart of the interrupted call follow, which knows how much of a time limit was left.

All of it on one thread: the kernel takes requests only from the thread that seized.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from pydelve.errors import TargetError, TargetGoneError
from pydelve.target.live import ptrace
from pydelve.target.live.inside import Inside
from pydelve.target.live.stub import PAGE_BYTES, Page
from pydelve.target.live.traced import ThreadGoneError, Traced
from pydelve.target.machines.machine import WORD_MASK, Floating, FrameError, Registers

STOP_LIMIT_S, CALL_LIMIT_S = 1.0, 5.0
_STACK_SIZES = (2048, 768)
"""How much of a waiting thread's stack must be free of returns into functions that may hold a lock. Old words that are
no return any more may lie in it: where no thread is free of them all, those near its top count, as the function that
needs a lock of the C library waits for it at once."""
_SYNCHRONOUS = (signal.SIGTRAP, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)
_BLOCKED = ((1 << 64) - 1) & ~sum(1 << (number - 1) for number in _SYNCHRONOUS)
_READ_WRITE_EXECUTE, _PRIVATE_ANONYMOUS = 7, 0x22


class Unborrowable(Exception):
    """This thread can't be borrowed now; the text says why."""


class Borrowed:
    """A thread that was stopped, from :meth:`stop` to :meth:`give_back`."""

    def __init__(self, inside: Inside, native_id: int, tracer: ptrace.Tracer) -> None:
        """``tracer`` lets go of the thread when it stops too late."""
        self._inside = inside
        self._machine = inside.machine
        self._tracer = tracer
        self._thread = Traced(inside.pid, native_id, inside.machine)
        self._before: Registers = {}
        self._floating = Floating(0, b"")
        self._mask = 0
        self._away = False

    def stop(self, *, waiting: bool) -> None:
        """Stop it, and see what it does.

        Args:
            waiting: Only in a call in which it holds no lock.

        Raises:
            Unborrowable: not this one, now; it runs on.
            TargetError: nobody may.
        """
        try:
            self._thread.seize()
        except ThreadGoneError:
            raise Unborrowable("it has ended") from None
        try:
            if not self._thread.stop(STOP_LIMIT_S):
                raise Unborrowable(f"it did not stop within {STOP_LIMIT_S:g} s: it can't be interrupted")
            before = self._thread.registers()
            if self._machine.is_rewound(before, self._inside.read):
                self._begin_call_again()
                before = self._thread.registers()
            self._before = before
            if waiting:
                self._check_wait()
            self._floating, self._mask = self._thread.floating(), self._thread.mask()
        except ThreadGoneError:
            raise Unborrowable("it has ended") from None
        except BaseException:
            self._release(self._before)
            raise

    def _begin_call_again(self) -> None:
        """As it is not to be seen how its call restarts: have that begun again, and interrupt it there."""
        thread = self._thread
        thread.go_to_call()
        halted = thread.wait(STOP_LIMIT_S)
        while halted is not None and halted.kind == "signal":  # its handler may make calls: one of them will do
            thread.go_to_call(halted.signal)
            halted = thread.wait(STOP_LIMIT_S)
        if halted is None or not thread.stop(STOP_LIMIT_S):
            raise Unborrowable(f"it did not stop within {STOP_LIMIT_S:g} s: it can't be interrupted")

    def _check_wait(self) -> None:
        before = self._before
        if not self._machine.is_waiting(before, self._inside.read):
            raise Unborrowable("it does not wait")
        links = [before[name] for name in self._machine.return_registers]
        if holds_a_lock(self._inside, before[self._machine.stack_pointer], _STACK_SIZES[-1], links):
            raise Unborrowable("it may hold a lock")

    def map_page(self) -> int:
        """Have it map memory for a ``Page``; gives the address, and leaves the thread at the end of that call.

        Raises:
            TargetError: the kernel refuses it.
        """
        address = self._system_call(
            self._machine.call_mmap, 0, PAGE_BYTES, _READ_WRITE_EXECUTE, _PRIVATE_ANONYMOUS, (1 << 64) - 1, 0
        )
        if -4096 < address < 0:
            raise TargetError(
                f"process {self._inside.pid} can't be entered", why=f"it gets no memory: {os.strerror(-address)}",
                hint=f"pydelve stack {self._inside.pid}",
            )  # fmt: skip
        return address

    def unmap_page(self, page: Page) -> None:
        """Have it give the page's memory back, as nothing of ours runs there, nor will; afterwards as ``map_page``."""
        self._system_call(self._machine.call_munmap, page.address, PAGE_BYTES)

    def _system_call(self, number: int, *arguments: int) -> int:
        """What a system call gives; the thread stands at its end then."""
        inside, thread, machine = self._inside, self._thread, self._machine
        frame, end = machine.frame_below(self._before[machine.stack_pointer], self._floating)
        if not inside.has_room(end, end - frame):
            raise Unborrowable("its stack is full")
        # where it stands at one of them, the kernel would take what it makes there for the call that it restarts
        gadget = next((place for place in inside.syscall_returns if place != self._before[machine.program_counter]), 0)
        if not gadget:
            raise Unborrowable("it waits where it would have to be entered")
        inside.write(frame, self._frame(frame))
        self._away = True
        thread.set_registers(
            machine.making_call(self._before, gadget, frame, inside.signal_return, number, *arguments)
        )  # fmt: skip
        thread.set_mask(_BLOCKED)  # after the registers: should we die in between, they return to the old mask
        self._run_to(lambda registers: machine.call_at(registers) == number)  # its beginning
        return machine.result_of(self._run_to(lambda _: True))

    def call(self, page: Page, function: int, *arguments: int) -> int:
        """Call a C function on the page's stack; its result. The page must have been written.

        Raises:
            TargetError: it does not return within the limit, or crashes.
        """
        machine = self._machine
        self._inside.write(page.frame, self._frame(page.frame))
        self._thread.set_registers(machine.calling(self._before, page.trampoline, page.stack, function, *arguments))
        self._run_to(
            lambda now: now[machine.program_counter] == page.returned and machine.call_at(now) == machine.call_sigreturn
        )
        if machine.call_set:  # else its number is among the registers, whatever is done next
            self._thread.leave_out_call(self._before)
            self._run_to(lambda _: True)  # and its end: should we die now, the page has it made again
        return int.from_bytes(self._inside.read(page.result, 4), "little", signed=True)

    def _frame(self, address: int) -> bytes:
        """What restores it, at ``address``."""
        registers = self._machine.resuming(self._before)
        try:
            return self._machine.signal_frame(
                address, self._inside.signal_return, registers, self._mask, self._floating
            )  # fmt: skip
        except FrameError as error:
            raise Unborrowable(str(error)) from None

    def _run_to(self, arrived: Callable[[Registers], bool]) -> Registers:
        """Run from system call to system call until ``arrived`` says so of one's beginning or end."""
        self._thread.go_to_call()
        while (halted := self._thread.wait(CALL_LIMIT_S)) is not None:
            if halted.kind == "call":
                registers = self._thread.registers()
                if arrived(registers):
                    return registers
            if halted.kind == "signal" and halted.signal in _SYNCHRONOUS:
                raise TargetError(
                    f"process {self._inside.pid} can't be entered",
                    why=f"the call crashed with {signal.Signals(halted.signal).name}, and was taken back",
                    hint=f"pydelve stack {self._inside.pid}",
                )
            self._thread.go_to_call(halted.signal if halted.kind == "signal" else 0)
        raise TargetError(
            f"process {self._inside.pid} can't be entered",
            why=f"the call in thread {self._thread.native_id} did not return within {CALL_LIMIT_S:g} s",
            hint=f"pydelve stack {self._inside.pid}",
        )

    def give_back(self) -> None:
        """Put everything back and let it go; it never notices. May be called at any point, also after an error.

        Raises:
            TargetGoneError: the process ended meanwhile.
        """
        thread = self._thread
        try:
            if self._away:
                if thread.standing is None and not thread.stop(STOP_LIMIT_S):
                    self._tracer.is_late(thread.native_id)  # let go later, it goes on as after a signal
                    return
                thread.set_floating(self._floating)
                thread.set_mask(self._mask)
                if thread.standing is not None and thread.standing.kind != "event":
                    # the kernel restarts a call only from a stop of the other kind
                    thread.leave_out_call(self._machine.resuming(self._before))
                    if not thread.stop(STOP_LIMIT_S):
                        self._tracer.is_late(thread.native_id)
                        return
            self._release(self._before)
        except ThreadGoneError:
            raise TargetGoneError(
                f"process {self._inside.pid} ended while it was entered", why="its threads are gone", hint="pydelve ps"
            ) from None

    def _release(self, before: Registers) -> None:
        if self._thread.standing is None:
            self._tracer.is_late(self._thread.native_id)
            return
        with suppress(ThreadGoneError):
            if before:
                self._thread.set_registers(self._machine.restarting_endless_wait(before) or before)
            self._thread.let_go()


def holds_a_lock(inside: Inside, stack: int, size: int, links: Sequence[int] = ()) -> bool:
    """Does a stack that begins at ``stack`` return into a function that may hold a lock we would need?

    ``links`` are further places to return to, those that registers hold.
    """
    data = inside.read(stack, size)
    words: Iterable[int] = memoryview(data[: len(data) & ~7]).cast("Q")
    if links or inside.machine.address_mask != WORD_MASK:
        words = [word & inside.machine.address_mask for word in (*links, *words)]
    lowest, highest = min(inside.unsafe, default=(0, 0))[0], max((end for _, end in inside.unsafe), default=0)
    returns = [word for word in words if lowest < word <= highest]  # few words of a stack lead to the C library
    return any(start < word <= end for word in returns for start, end in inside.unsafe)


def waiting_threads(inside: Inside) -> list[int]:
    """Threads that wait where they may be borrowed, the best first, by what the kernel tells of them."""
    ids = sorted(ptrace.thread_ids(inside.pid), key=lambda native_id: (native_id != inside.pid, native_id))
    found: dict[int, None] = {}
    for size in _STACK_SIZES:
        found.update(dict.fromkeys(native_id for native_id in ids if _may_be_borrowed(inside, native_id, size)))
    return list(found)


def _may_be_borrowed(inside: Inside, native_id: int, size: int) -> bool:
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{inside.pid}/task/{native_id}/syscall", "rb") as file:
        words = file.read().split()
        if words and words[0].isdigit() and int(words[0]) in inside.machine.waits:
            return not holds_a_lock(inside, int(words[7], 16), size)
    return False
