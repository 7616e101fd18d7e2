"""One thread of a process under ptrace: stopped, its registers, let go again. Every method on the thread that made it.

The kernel lets go by itself when we die. So the thread must at each moment go on rightly from where it stands, which
``borrow`` sees to.
"""

from __future__ import annotations

import _ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from pydelve.errors import TargetError
from pydelve.target.live import ptrace
from pydelve.target.live.machine import REGISTERS, Registers

_CONT, _GET_REGISTERS, _SET_REGISTERS, _SYSCALL = 7, 12, 13, 24
_GET_SET, _SET_SET, _GET_MASK, _SET_MASK = 0x4204, 0x4205, 0x420A, 0x420B
_FLOATING = 0x202  # NT_X86_XSTATE
_FLOATING_BYTES = 1 << 16
_GOOD_CALLS = 1  # PTRACE_O_TRACESYSGOOD: stops of system calls are told apart from signals
_CALL_STOP = signal.SIGTRAP | 0x80
_EVENT_STOP = 128  # PTRACE_EVENT_STOP
_SPINS = 200
_NO_PROCESS = 3  # ESRCH


class _Unsigned(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "L"


_RegisterArray: type[_ctypes.Array[_Unsigned]] = _Unsigned * len(REGISTERS)
_Pair: type[_ctypes.Array[_Unsigned]] = _Unsigned * 2


class _Byte(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "B"


_FloatingArray: type[_ctypes.Array[_Byte]] = _Byte * _FLOATING_BYTES


class ThreadGoneError(Exception):
    """The thread has ended."""


class Halted(NamedTuple):
    """Why a traced thread stands."""

    kind: str
    """``event``: we asked for it, or the whole process is stopped; ``call``: at a system call; ``signal``."""
    signal: int


class Traced:
    """A thread from :meth:`seize` to :meth:`let_go`."""

    def __init__(self, pid: int, native_id: int) -> None:
        self.pid, self.native_id = pid, native_id
        self.standing: Halted | None = None
        """Why it stands; None while it runs."""
        self._array = _RegisterArray()

    def seize(self) -> None:
        """Become its tracer; it runs on.

        Raises:
            ThreadGoneError: it has ended, or is just ending.
            TargetError: refused.
        """
        error = ptrace.request(ptrace.SEIZE, self.native_id, 0, _GOOD_CALLS)
        if error == 0:
            return
        if error == _NO_PROCESS or ptrace.state_of(self.pid, self.native_id) in "XZ":
            raise ThreadGoneError
        raise refusal(self.pid, self.native_id, error)

    def interrupt(self) -> None:
        """Ask it to stop; :meth:`wait` tells when it does."""
        self._request(ptrace.INTERRUPT)

    def wait(self, limit_s: float) -> Halted | None:
        """Its next stop; None where there is none within the limit.

        Raises:
            ThreadGoneError: it has ended.
        """
        deadline, tries = time.monotonic() + limit_s, 0
        while True:
            try:
                found, status = os.waitpid(self.native_id, os.WNOHANG | ptrace.WALL)
            except ChildProcessError:
                raise ThreadGoneError from None
            if found:
                break
            tries += 1
            if tries > _SPINS:
                if time.monotonic() > deadline:
                    return None
                time.sleep(0.0001)
        if not os.WIFSTOPPED(status):
            raise ThreadGoneError
        number = os.WSTOPSIG(status)
        if status >> 16 == _EVENT_STOP:
            self.standing = Halted("event", number)
        else:
            self.standing = Halted("call", 0) if number == _CALL_STOP else Halted("signal", number)
        return self.standing

    def stop(self, limit_s: float) -> bool:
        """Stop it where it is; signals that come first are delivered. False where it does not within the limit."""
        self.interrupt()
        if self.standing:
            self.go()  # not far: it stops before its next instruction
        deadline = time.monotonic() + limit_s
        while (halted := self.wait(max(0.0, deadline - time.monotonic()))) is not None:
            if halted.kind == "event":
                return True
            self.go(halted.signal)
        return False

    def go(self, number: int = 0) -> None:
        """Let it run, with a signal."""
        self.standing = None
        self._request(_CONT, 0, number)

    def go_to_call(self, number: int = 0) -> None:
        """Let it run up to the next beginning or end of a system call."""
        self.standing = None
        self._request(_SYSCALL, 0, number)

    def let_go(self) -> None:
        """Be its tracer no longer; it must stand, and goes on."""
        with suppress(ThreadGoneError):
            self._request(ptrace.DETACH)

    # -- what it stands with -------------------------------------------------------------------------------------------

    def registers(self) -> Registers:
        """The general registers."""
        self._request(_GET_REGISTERS, 0, _ctypes.addressof(self._array))
        return dict(zip(REGISTERS, self._array, strict=True))

    def set_registers(self, registers: Registers) -> None:
        """Store the general registers, all at once."""
        self._array[:] = [registers[name] & ((1 << 64) - 1) for name in REGISTERS]
        self._request(_SET_REGISTERS, 0, _ctypes.addressof(self._array))

    def floating(self) -> bytes:
        """The floating point and vector registers."""
        state = _FloatingArray()
        pair = _Pair(_ctypes.addressof(state), _FLOATING_BYTES)
        self._request(_GET_SET, _FLOATING, _ctypes.addressof(pair))
        return bytes(memoryview(state)[: pair[1]])

    def set_floating(self, data: bytes) -> None:
        """Store them."""
        state = _FloatingArray(*data)
        pair = _Pair(_ctypes.addressof(state), len(data))
        self._request(_SET_SET, _FLOATING, _ctypes.addressof(pair))

    def mask(self) -> int:
        """Its blocked signals."""
        word = _Pair()
        self._request(_GET_MASK, 8, _ctypes.addressof(word))
        return int(word[0])

    def set_mask(self, mask: int) -> None:
        """Store its blocked signals."""
        word = _Pair(mask, 0)
        self._request(_SET_MASK, 8, _ctypes.addressof(word))

    def _request(self, number: int, address: int = 0, data: int = 0) -> None:
        error = ptrace.request(number, self.native_id, address, data)
        if error == _NO_PROCESS:
            raise ThreadGoneError
        if error:
            raise refusal(self.pid, self.native_id, error)


def registers_of(native_id: int) -> tuple[int, ...]:
    """The general registers of a thread that we have stopped, in the order of ``REGISTERS``; zeros where it is gone."""
    array = _RegisterArray()
    ptrace.request(_GET_REGISTERS, native_id, 0, _ctypes.addressof(array))
    return tuple(array)


def until(limit_s: float, ready: Callable[[], bool], pause_s: float = 0.0002) -> bool:
    """Ask again and again until ``ready()``; False after the limit."""
    deadline = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
        pause_s = min(0.005, pause_s * 1.2)
    return True


def refusal(pid: int, native_id: int, error: int) -> TargetError:
    """Ptrace was refused."""
    tracer = ptrace.tracer_of(pid, native_id)
    if tracer:
        return TargetError(
            f"process {pid} can't be entered", why=f"process {tracer} ({_name(tracer)}) traces it already",
            hint=f"end process {tracer}, or look only: pydelve stack {pid}",
        )  # fmt: skip
    return TargetError(
        f"process {pid} can't be entered", why=f"the kernel refused it: {os.strerror(error)}",
        hint=f"pydelve stack {pid}",
    )  # fmt: skip


def _name(pid: int) -> str:
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="backslashreplace") as file:
        return file.read().strip()
    return "?"
