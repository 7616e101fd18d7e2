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
from struct import Struct
from typing import NamedTuple, NoReturn

from pydelve.errors import TargetError
from pydelve.target.live import ptrace
from pydelve.target.machines.machine import WORD_MASK, Call, Floating, Machine, Registers

_CONT, _SYSCALL = 7, 24
_GET_SET, _SET_SET, _GET_MASK, _SET_MASK = 0x4204, 0x4205, 0x420A, 0x420B
_GENERAL = 1  # NT_PRSTATUS
_GENERAL_BYTES, _FLOATING_BYTES = 1 << 9, 1 << 16
_GOOD_CALLS = 1  # PTRACE_O_TRACESYSGOOD: stops of system calls are told apart from signals
_CALL_STOP = signal.SIGTRAP | 0x80
_EVENT_STOP = 128  # PTRACE_EVENT_STOP
_SPINS = 200
_NO_PROCESS, _NO_SUCH_SET = 3, 22  # ESRCH, EINVAL


class _Unsigned(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "L"


_Pair: type[_ctypes.Array[_Unsigned]] = _Unsigned * 2


class _Byte(_ctypes._SimpleCData):  # type: ignore[type-arg]
    _type_ = "B"


class ThreadGoneError(Exception):
    """The thread has ended."""


class Halted(NamedTuple):
    """Why a traced thread stands."""

    kind: str
    """``event``: we asked for it, or the whole process is stopped; ``call``: at a system call; ``signal``."""
    signal: int


class Traced:
    """A thread from :meth:`seize` to :meth:`let_go`."""

    def __init__(self, pid: int, native_id: int, machine: Machine) -> None:
        self.pid, self.native_id = pid, native_id
        self._machine = machine
        self._words = Struct(f"<{len(machine.registers)}Q")
        self.standing: Halted | None = None
        """Why it stands; None while it runs."""

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
        data = self._read_set(_GENERAL, self._words.size)
        return dict(zip(self._machine.registers, self._words.unpack(data), strict=True))

    def set_registers(self, registers: Registers) -> None:
        """Store the general registers, all at once."""
        self._write_set(_GENERAL, self._words.pack(*(registers[name] & WORD_MASK for name in self._machine.registers)))

    def leave_out_call(self, resuming: Registers) -> None:
        """It stands at the beginning or end of a call, or is about to take a signal: no call is made or restarted.

        Args:
            resuming: What it would go on with by itself.
        """
        if self._machine.call_set:
            self._write_set(self._machine.call_set, (-1).to_bytes(4, "little", signed=True))
        else:
            self.set_registers(resuming)

    def floating(self) -> Floating:
        """The floating point and vector registers."""
        *first, last = self._machine.floating_sets
        for note in first:
            data = read_set(self.native_id, note, _FLOATING_BYTES)
            if isinstance(data, bytes):
                return Floating(note, data)
            if data != _NO_SUCH_SET:
                self._fail(data)
        return Floating(last, self._read_set(last, _FLOATING_BYTES))

    def set_floating(self, floating: Floating) -> None:
        """Store them."""
        self._write_set(floating.note, floating.data)

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
        if error := ptrace.request(number, self.native_id, address, data):
            self._fail(error)

    def _fail(self, error: int) -> NoReturn:
        if error == _NO_PROCESS:
            raise ThreadGoneError
        raise refusal(self.pid, self.native_id, error)

    def _read_set(self, note: int, size: int) -> bytes:
        data = read_set(self.native_id, note, size)
        if isinstance(data, int):
            self._fail(data)
        return data

    def _write_set(self, note: int, data: bytes) -> None:
        state = (_Byte * len(data))(*data)
        pair = _Pair(_ctypes.addressof(state), len(data))
        self._request(_SET_SET, note, _ctypes.addressof(pair))


def read_set(native_id: int, note: int, size: int) -> bytes | int:
    """One of a stopped thread's register sets (``NT_*``), of ``size`` bytes at most; or the error."""
    state: _ctypes.Array[_Byte] = (_Byte * size)()
    pair = _Pair(_ctypes.addressof(state), size)
    error = ptrace.request(_GET_SET, native_id, note, _ctypes.addressof(pair))
    return error or bytes(memoryview(state)[: pair[1]])


def registers_of(native_id: int) -> bytes:
    """The general registers of a thread that we have stopped, as the kernel has them; b"" where it is gone."""
    data = read_set(native_id, _GENERAL, _GENERAL_BYTES)
    return data if isinstance(data, bytes) else b""


def interrupted_call(machine: Machine, native_id: int) -> Call | None:
    """The call that a thread is in which we have stopped; None where it is in none, or is gone."""
    words = registers_of(native_id)
    if not words:
        return None
    with suppress(OSError), open(f"/proc/{native_id}/mem", "rb", buffering=0) as memory:
        values = Struct(f"<{len(machine.registers)}Q").unpack(words)
        return machine.interrupted(
            dict(zip(machine.registers, values, strict=True)),
            lambda address, size: os.pread(memory.fileno(), size, address),
        )
    return None


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
