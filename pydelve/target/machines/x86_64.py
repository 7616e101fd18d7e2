"""x86-64: registers, a signal frame, how system calls restart. See :class:`Machine`."""

from __future__ import annotations

from struct import pack, pack_into, unpack_from

from pydelve.target.machines.machine import (
    EINTR,
    RESTART_BLOCK,
    RESTARTS,
    WORD_MASK,
    Call,
    Floating,
    Machine,
    ReadMemory,
    Registers,
    signed,
)
from pydelve.target.machines.waits import WAITS
from pydelve.target.machines.x86_64_code import X8664Code

_NONE = WORD_MASK  # orig_rax of a thread in no call
_EPOLL_WAIT, _EPOLL_PWAIT = 232, 281
_RED_ZONE = 128
_FRAME_BYTES = 8 + 304 + 128  # struct rt_sigframe: return address, ucontext, siginfo
_SKEW = 8  # as at the entry of a handler, the return address is pushed
_DIRECTION_AND_TRAP = 0x400 | 0x100
_CONTEXT_FLAGS = 7  # UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
_CONTEXT_AT, _FPSTATE_AT, _MASK_AT = 8 + 40, 8 + 40 + 184, 8 + 296
_GENERAL = (
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip",
    "eflags",
)  # fmt: skip
_MAGIC1, _MAGIC2 = 0x46505853, 0x46505845  # asm/sigcontext.h: FP_XSTATE_MAGIC1, 2
_SOFTWARE_AT = 464  # bytes of the FXSAVE area that are software's


class X8664(Machine):
    """See ``Machine``."""

    name = "x86_64"
    elf = 62
    registers = (
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi",
        "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
    )  # fmt: skip
    stack_pointer, program_counter = "rsp", "rip"
    return_registers = ()
    address_mask = WORD_MASK
    floating_sets = (0x202,)  # NT_X86_XSTATE
    call_set = 0

    syscall_return = b"\x0f\x05\xc3"  # syscall; ret
    signal_return = b"\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05"  # mov $15, %rax; syscall
    instruction_bytes = 1
    call_mmap, call_munmap, call_sigreturn = 9, 11, 15  # asm/unistd_64.h
    # and fcntl, flock, rt_sigsuspend, recvmmsg, futex_waitv
    waits = frozenset(WAITS["x86_64"]) | {72, 73, 130, 299, 449}

    def code(self) -> X8664Code:
        """See ``Machine``."""
        return X8664Code()

    def call_at(self, registers: Registers) -> int:
        """See ``Machine``."""
        return signed(registers["orig_rax"])

    def result_of(self, registers: Registers) -> int:
        """See ``Machine``."""
        return signed(registers["rax"])

    def interrupted(self, registers: Registers, read: ReadMemory) -> Call | None:
        """See ``Machine``: the result is that of an interruption."""
        number = signed(registers["orig_rax"])
        return Call(number, registers["rdi"]) if number >= 0 and signed(registers["rax"]) in RESTARTS else None

    def is_rewound(self, registers: Registers, read: ReadMemory) -> bool:
        """See ``Machine``: the kernel restarts a call when its tracer has seen the registers."""
        return False

    def resuming(self, registers: Registers) -> Registers:
        """See ``Machine``."""
        call, result = signed(registers["orig_rax"]), signed(registers["rax"])
        new = dict(registers, orig_rax=_NONE)
        if call < 0 or result not in RESTARTS or result == EINTR:
            return new
        if result == RESTART_BLOCK:
            new["rax"] = EINTR & WORD_MASK
            return new
        new["rax"] = registers["orig_rax"]
        new["rip"] = registers["rip"] - 2
        return new

    def restarting_endless_wait(self, registers: Registers) -> Registers | None:
        """See ``Machine``."""
        timeouts = {_EPOLL_WAIT: registers["r10"], _EPOLL_PWAIT: registers["r10"]}
        timeout = timeouts.get(registers["orig_rax"])
        if timeout is None or timeout & 0xFFFFFFFF != 0xFFFFFFFF or signed(registers["rax"]) != EINTR:
            return None
        return dict(registers, rax=registers["orig_rax"], rip=registers["rip"] - 2, orig_rax=_NONE)

    def calling(self, registers: Registers, address: int, stack: int, function: int, *arguments: int) -> Registers:
        """See ``Machine``: the code finds the function in rax."""
        return _entered(registers, address, stack, function, arguments)

    def making_call(
        self, registers: Registers, address: int, frame: int, back: int, number: int, *arguments: int
    ) -> Registers:  # fmt: skip
        """See ``Machine``: ``back`` stands in the frame."""
        return _entered(registers, address, frame, number, arguments)

    def frame_below(self, stack: int, floating: Floating) -> tuple[int, int]:
        """See ``Machine``."""
        end = stack - _RED_ZONE
        return ((end - _FRAME_BYTES - len(floating.data) - 128) & ~63) - _SKEW, end

    def frame_at(self, address: int) -> int:
        """See ``Machine``."""
        return address - _SKEW

    def signal_frame(
        self, address: int, back: int, registers: Registers, mask: int, floating: Floating
    ) -> bytes:  # fmt: skip
        """See ``Machine``."""
        state_at = (address + _FRAME_BYTES + 63) & ~63
        frame = bytearray(state_at - address)
        pack_into("<QQ", frame, 0, back, _CONTEXT_FLAGS)
        pack_into("<18Q", frame, _CONTEXT_AT, *(registers[name] for name in _GENERAL))
        pack_into("<HHHH", frame, _CONTEXT_AT + 144, registers["cs"], 0, 0, registers["ss"])
        pack_into("<Q", frame, _FPSTATE_AT, state_at)
        pack_into("<Q", frame, _MASK_AT, mask)
        state = bytearray(floating.data)
        (features,) = unpack_from("<Q", state, _SOFTWARE_AT)
        pack_into("<IIQI", state, _SOFTWARE_AT, _MAGIC1, len(state) + 4, features, len(state))
        return bytes(frame) + bytes(state) + pack("<I", _MAGIC2)


def _entered(registers: Registers, address: int, stack: int, accumulator: int, arguments: tuple[int, ...]) -> Registers:
    new = dict(registers, rip=address, rsp=stack, rax=accumulator, orig_rax=_NONE)
    new["eflags"] &= ~_DIRECTION_AND_TRAP
    new.update(zip(("rdi", "rsi", "rdx", "rcx", "r8", "r9"), arguments, strict=False))
    new["r10"] = new["rcx"]
    return new
