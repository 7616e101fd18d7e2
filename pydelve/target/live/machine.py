"""What entering a process needs to know of x86-64: registers, a signal frame, and the few instructions that run there.

Pure: builds bytes, touches no process. The only other 64-bit machine Linux Python is common on, aarch64, would be a
second module of this shape.
"""

from __future__ import annotations

from struct import Struct, pack, pack_into, unpack_from

NAME = "x86_64"
WORD = Struct("<Q")
REGISTERS = (
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
    "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
)  # fmt: skip
"""In the order of ``struct user_regs_struct``: sys/user.h."""
Registers = dict[str, int]

SYSCALL_RETURN = b"\x0f\x05\xc3"  # syscall; ret
SIGNAL_RETURN = b"\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05"  # mov $15, %rax; syscall: every C library has it for handlers
CALL_MMAP, CALL_MUNMAP, CALL_SIGRETURN = 9, 11, 15
CALL_EPOLL_WAIT, CALL_EPOLL_PWAIT = 232, 281
# asm/unistd_64.h: calls that wait and can be interrupted, in which a thread may be borrowed
WAITS = frozenset((
    0, 1, 7, 23, 34, 35, 42, 43, 44, 45, 46, 47, 61, 72, 73, 128, 130, 202, 219, 230, 232, 247, 270, 271, 281, 288,
    299, 441, 449,
))  # fmt: skip
# ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (linux/errno.h), EINTR
_RESTART_BLOCK, _EINTR = -516, -4
_RESTARTS = frozenset((-512, -513, -514, _RESTART_BLOCK, _EINTR))

RED_ZONE = 128
FRAME_BYTES = 8 + 304 + 128  # struct rt_sigframe: return address, ucontext, siginfo
_DIRECTION_AND_TRAP = 0x400 | 0x100
_CONTEXT_FLAGS = 7  # UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
_CONTEXT_AT, _FPSTATE_AT, _MASK_AT = 8 + 40, 8 + 40 + 184, 8 + 296
_GENERAL = (
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip",
    "eflags",
)  # fmt: skip
_MAGIC1, _MAGIC2 = 0x46505853, 0x46505845  # asm/sigcontext.h: FP_XSTATE_MAGIC1, 2
_SOFTWARE_AT = 464  # bytes of the FXSAVE area that are software's


def signed(word: int) -> int:
    """A register as the C type long."""
    return word - (1 << 64) if word >> 63 else word


def waits(registers: Registers) -> bool:
    """Was the thread stopped in a call that waits, and that goes on when its registers are put back?"""
    return registers["orig_rax"] in WAITS and signed(registers["rax"]) in _RESTARTS


def entered(registers: Registers, address: int, stack: int, *arguments: int) -> Registers:
    """Registers with which a thread calls ``address``; the kernel restarts no call that was interrupted."""
    new = dict(registers, rip=address, rsp=stack, rax=address, orig_rax=(1 << 64) - 1)
    new["eflags"] &= ~_DIRECTION_AND_TRAP
    new.update(zip(("rdi", "rsi", "rdx", "rcx", "r8", "r9"), arguments, strict=False))
    new["r10"] = new["rcx"]
    return new


def resuming(registers: Registers) -> Registers:
    """Registers with which a thread goes on by itself, without the kernel's own restart: it makes its call again.

    A wait that the kernel restarts with what was left of its time (``ERESTART_RESTARTBLOCK``) ends with EINTR instead,
    as by a signal: only this way it lasts no longer than it should.
    """
    call, result = signed(registers["orig_rax"]), signed(registers["rax"])
    new = dict(registers, orig_rax=(1 << 64) - 1)
    if call < 0 or result not in _RESTARTS or result == _EINTR:
        return new
    if result == _RESTART_BLOCK:
        new["rax"] = _EINTR & ((1 << 64) - 1)
        return new
    new["rax"] = registers["orig_rax"]
    new["rip"] = registers["rip"] - 2
    return new


def restarting_endless_wait(registers: Registers) -> Registers | None:
    """``epoll_wait`` without a limit is the one call of Python's waits that a mere stop ends: make it again."""
    timeouts = {CALL_EPOLL_WAIT: registers["r10"], CALL_EPOLL_PWAIT: registers["r10"]}
    timeout = timeouts.get(registers["orig_rax"])
    if timeout is None or timeout & 0xFFFFFFFF != 0xFFFFFFFF or signed(registers["rax"]) != _EINTR:
        return None
    return dict(registers, rax=registers["orig_rax"], rip=registers["rip"] - 2, orig_rax=(1 << 64) - 1)


def signal_frame(address: int, back: int, registers: Registers, mask: int, floating: bytes) -> bytes:
    """What the kernel puts on a stack before it calls a signal's handler: returning through it restores everything.

    Args:
        address: Where it will stand; ``rsp`` as if the handler was called. 16 bytes below a multiple of 64, less 8.
        back: Address of code that makes the call ``rt_sigreturn``.
        registers: Those to restore.
        mask: Blocked signals to restore.
        floating: The floating point registers as ptrace gives them (``NT_X86_XSTATE``).
    """
    state_at = (address + FRAME_BYTES + 63) & ~63
    frame = bytearray(state_at - address)
    pack_into("<QQ", frame, 0, back, _CONTEXT_FLAGS)
    pack_into("<18Q", frame, _CONTEXT_AT, *(registers[name] for name in _GENERAL))
    pack_into("<HHHH", frame, _CONTEXT_AT + 144, registers["cs"], 0, 0, registers["ss"])
    pack_into("<Q", frame, _FPSTATE_AT, state_at)
    pack_into("<Q", frame, _MASK_AT, mask)
    state = bytearray(floating)
    (features,) = unpack_from("<Q", state, _SOFTWARE_AT)
    pack_into("<IIQI", state, _SOFTWARE_AT, _MAGIC1, len(state) + 4, features, len(state))
    return bytes(frame) + bytes(state) + pack("<I", _MAGIC2)


class Code:
    """Instructions being put together; labels are resolved by :meth:`assembled`."""

    def __init__(self) -> None:
        self._parts = bytearray()
        self._labels: dict[str, int] = {}
        self._jumps: list[tuple[int, str]] = []

    def raw(self, text: str) -> Code:
        """Bytes in hexadecimal."""
        self._parts += bytes.fromhex(text)
        return self

    def load(self, register: str, value: int) -> Code:
        """``movabs $value, %register``."""
        prefix = {
            "rax": "48b8",
            "rcx": "48b9",
            "rdx": "48ba",
            "rsi": "48be",
            "rdi": "48bf",
            "rsp": "48bc",
            "r11": "49bb",
        }
        self._parts += bytes.fromhex(prefix[register]) + WORD.pack(value)
        return self

    def call(self, address: int) -> Code:
        """``call address``, through r11; rax counts no vector registers, for functions of any number of arguments."""
        return self.load("r11", address).raw("31c0 41ffd3")

    def jump_to(self, address: int) -> Code:
        """``jmp address``."""
        return self.load("r11", address).raw("41ffe3")

    def store(self, address: int, value: int) -> Code:
        """Store a 4-byte int."""
        self.load("r11", address).raw("41c703")
        self._parts += pack("<i", value)
        return self

    def load_int(self, register: str, address: int) -> Code:
        """``movl (address), %register``; of ``edi``, ``edx``, ``eax``."""
        code = {"eax": "418b03", "edx": "418b13", "edi": "418b3b"}[register]
        return self.load("r11", address).raw(code)

    def jump(self, condition: str, label: str) -> Code:
        """``je``, ``jne`` or ``jmp`` to a label."""
        self.raw({"je": "0f84", "jne": "0f85", "jmp": "e9"}[condition])
        self._jumps.append((len(self._parts), label))
        self._parts += bytes(4)
        return self

    def label(self, name: str) -> Code:
        """Here."""
        self._labels[name] = len(self._parts)
        return self

    def assembled(self) -> bytes:
        """The machine code."""
        for at, label in self._jumps:
            pack_into("<i", self._parts, at, self._labels[label] - at - 4)
        return bytes(self._parts)
