"""aarch64: registers, a signal frame, how system calls restart. See :class:`Machine`.

The kernel (arch/arm64/kernel/signal.c, do_signal) begins to restart an interrupted call *before* a tracer sees the
registers: the thread stands at its ``svc`` once more, with its first argument back. Whether it goes on with the rest of
a time limit (ERESTART_RESTARTBLOCK) shows only when that is made again, by the number of ``restart_syscall``.
"""

from __future__ import annotations

from struct import pack_into, unpack_from

from pydelve.target.machines.aarch64_code import Aarch64Code
from pydelve.target.machines.machine import (
    EINTR,
    Call,
    Floating,
    FrameError,
    Machine,
    ReadMemory,
    Registers,
    signed,
)
from pydelve.target.machines.waits import WAITS

_SVC = bytes.fromhex("010000d4")  # svc #0
# asm/ptrace.h: a single step, the kind of the last indirect branch (BTI), an illegal state
_STATE_OF_THE_MOMENT = 1 << 21 | 3 << 10 | 1 << 20

_CONTEXT_AT = 128 + 176  # struct rt_sigframe: siginfo, ucontext up to uc_mcontext, which is at a multiple of 16
_MASK_AT = 128 + 40
_GENERAL_AT, _RECORDS_AT = _CONTEXT_AT + 8, _CONTEXT_AT + 288
_RECORDS_BYTES = 4096
_FRAME_BYTES = _RECORDS_AT + _RECORDS_BYTES
_FPSIMD_MAGIC, _FPSIMD_BYTES = 0x46508001, 528  # asm/sigcontext.h: struct fpsimd_context
_SVE_MAGIC, _SVE_HEAD = 0x53564501, 16  # struct sve_context
_NT_FPREGS, _NT_SVE = 2, 0x405
_SVE_IN_USE = 1  # SVE_PT_REGS_SVE


class Aarch64(Machine):
    """See ``Machine``."""

    name = "aarch64"
    elf = 183
    registers = (*(f"x{number}" for number in range(31)), "sp", "pc", "pstate")  # struct user_pt_regs
    stack_pointer, program_counter = "sp", "pc"
    return_registers = ("x30",)
    address_mask = (1 << 48) - 1  # above may be what authenticates it (PAC), or a tag
    floating_sets = (_NT_SVE, _NT_FPREGS)
    call_set = 0x404  # NT_ARM_SYSTEM_CALL

    syscall_return = bytes.fromhex("010000d4 c0035fd6")  # svc #0; ret
    signal_return = bytes.fromhex("681180d2 010000d4")  # mov x8, #139; svc #0: the vDSO has it
    instruction_bytes = 4
    call_mmap, call_munmap, call_sigreturn = 222, 215, 139  # asm-generic/unistd.h
    # and fcntl, flock, rt_sigsuspend, recvmmsg, futex_waitv
    waits = frozenset(WAITS["aarch64"]) | {25, 32, 133, 243, 449}

    def code(self) -> Aarch64Code:
        """See ``Machine``."""
        return Aarch64Code()

    def call_at(self, registers: Registers) -> int:
        """See ``Machine``."""
        return signed(registers["x8"])

    def result_of(self, registers: Registers) -> int:
        """See ``Machine``."""
        return signed(registers["x0"])

    def interrupted(self, registers: Registers, read: ReadMemory) -> Call | None:
        """See ``Machine``: it stands at the call, to make it again, or just behind one that was interrupted."""
        if self.is_rewound(registers, read):
            return Call(registers["x8"], registers["x0"])
        if signed(registers["x0"]) == EINTR and read(registers["pc"] - 4, 4) == _SVC:
            return Call(registers["x8"], 0)
        return None

    def is_rewound(self, registers: Registers, read: ReadMemory) -> bool:
        """See ``Machine``."""
        return read(registers["pc"], 4) == _SVC

    def resuming(self, registers: Registers) -> Registers:
        """See ``Machine``: where it stands, it makes its call again; ``restart_syscall`` gives EINTR after a signal."""
        return dict(registers)

    def restarting_endless_wait(self, registers: Registers) -> Registers | None:
        """See ``Machine``: its first argument is lost; whoever waits sees EINTR, as under any debugger."""
        return None

    def calling(self, registers: Registers, address: int, stack: int, function: int, *arguments: int) -> Registers:
        """See ``Machine``: the code finds the function in x16."""
        return _entered(registers, address, stack, arguments) | {"x16": function}

    def making_call(
        self, registers: Registers, address: int, frame: int, back: int, number: int, *arguments: int
    ) -> Registers:
        """See ``Machine``."""
        return _entered(registers, address, frame, arguments) | {"x8": number, "x30": back}

    def frame_below(self, stack: int, floating: Floating) -> tuple[int, int]:
        """See ``Machine``."""
        return stack - _FRAME_BYTES & ~15, stack

    def frame_at(self, address: int) -> int:
        """See ``Machine``."""
        return address

    def signal_frame(
        self, address: int, back: int, registers: Registers, mask: int, floating: Floating
    ) -> bytes:  # fmt: skip
        """See ``Machine``: the handler's caller, and where it stands, are in registers only."""
        frame = bytearray(_FRAME_BYTES)
        pack_into("<Q", frame, _MASK_AT, mask)
        pack_into("<34Q", frame, _GENERAL_AT, *(registers[name] for name in self.registers))
        vectors, status, control, scalable = _parts_of(floating)
        pack_into("<IIII", frame, _RECORDS_AT, _FPSIMD_MAGIC, _FPSIMD_BYTES, status, control)
        frame[_RECORDS_AT + 16 : _RECORDS_AT + _FPSIMD_BYTES] = vectors
        if scalable:
            size = _SVE_HEAD + len(scalable) + 15 & ~15
            if _FPSIMD_BYTES + size + 16 > _RECORDS_BYTES:
                raise FrameError("its vector registers don't fit into a signal's frame")
            at = _RECORDS_AT + _FPSIMD_BYTES
            pack_into("<IIH", frame, at, _SVE_MAGIC, size, _vector_bytes(floating))
            frame[at + _SVE_HEAD : at + _SVE_HEAD + len(scalable)] = scalable
        return bytes(frame)


def _entered(registers: Registers, address: int, stack: int, arguments: tuple[int, ...]) -> Registers:
    new = dict(registers, pc=address, sp=stack)
    new["pstate"] &= ~_STATE_OF_THE_MOMENT
    new.update((f"x{index}", argument) for index, argument in enumerate(arguments))
    return new


def _parts_of(floating: Floating) -> tuple[bytes, int, int, bytes]:
    """The 32 vector registers, status, control; and the scalable ones (Z, P, FFR) where those are in use.

    asm/ptrace.h: ``struct user_fpsimd_state``; ``struct user_sve_header``, and what follows it.
    """
    data = floating.data
    if floating.note == _NT_SVE:
        (flags,) = unpack_from("<H", data, 12)
        if flags & _SVE_IN_USE:
            length = _vector_bytes(floating)
            size = 32 * length + 17 * (length // 8)
            scalable = data[16 : 16 + size]
            vectors = b"".join(scalable[at : at + 16] for at in range(0, 32 * length, length))
            status, control = unpack_from("<II", data, 16 + size + 15 & ~15)
            return vectors, status, control, scalable
        data = data[16:]
    status, control = unpack_from("<II", data, 512)
    return data[:512], status, control, b""


def _vector_bytes(floating: Floating) -> int:
    """The length of a scalable vector register."""
    (length,) = unpack_from("<H", floating.data, 8)
    return int(length)
