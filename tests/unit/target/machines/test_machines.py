"""How threads of each machine are borrowed: where calls restart, what is put on a stack, and what a page holds."""

from __future__ import annotations

import os
from struct import unpack_from

import pytest

from pydelve.target.core.file import status_bytes
from pydelve.target.live.stub import C_FUNCTIONS, PAGE_BYTES, PYTHON_FUNCTIONS, Page
from pydelve.target.machines import NAMES
from pydelve.target.machines.aarch64 import Aarch64
from pydelve.target.machines.known import MACHINES, native, of_elf
from pydelve.target.machines.machine import Call, Floating, FrameError, Machine, Registers
from pydelve.target.machines.x86_64 import X8664

_SVC, _RET = bytes.fromhex("010000d4"), bytes.fromhex("c0035fd6")
_MINUS_EINTR, _MINUS_RESTARTSYS, _MINUS_RESTART_BLOCK = -4 & (1 << 64) - 1, -512 & (1 << 64) - 1, -516 & (1 << 64) - 1
_NT_FPREGS, _NT_SVE = 2, 0x405


def numbered(machine: Machine, **values: int) -> Registers:
    """Registers, each with another value."""
    return {name: 0x1000 + index for index, name in enumerate(machine.registers)} | values


class Memory:
    """What stands where."""

    def __init__(self, at: dict[int, bytes]) -> None:
        self._at = at

    def read(self, address: int, size: int) -> bytes:
        return self._at.get(address, b"")[:size]


def test_which_there_are() -> None:
    assert tuple(machine.name for machine in MACHINES) == NAMES
    assert [of_elf(number) for number in (62, 183, 243)] == [*MACHINES, None]  # the last is RISC-V
    here = native()
    assert (here.name if here else "") == (os.uname().machine if os.uname().machine in NAMES else "")
    # struct elf_prstatus: 112 bytes, the registers, an int, and what keeps it at a multiple of eight
    assert [status_bytes(machine) for machine in MACHINES] == [336, 392]


@pytest.mark.parametrize(
    ("x0", "behind", "call"),
    [
        (5, False, Call(115, 5)),  # at its svc: the kernel makes it again
        (_MINUS_EINTR, True, Call(115, 0)),  # it was interrupted, and is not made again
        (0, True, None),  # it is done
        (_MINUS_RESTARTSYS, True, None),  # no program sees that: the kernel has taken it back
    ],
)
def test_a_call_of_aarch64_that_was_interrupted(x0: int, behind: bool, call: Call | None) -> None:
    machine, svc = Aarch64(), 0x40_0000
    memory = Memory({svc: _SVC, svc + 4: _RET})
    registers = numbered(machine, x0=x0, x8=115, pc=svc + 4 * behind)
    assert machine.interrupted(registers, memory.read) == call
    assert machine.is_waiting(registers, memory.read) == (call is not None)
    assert machine.is_rewound(registers, memory.read) == (not behind)
    assert not machine.is_waiting(registers | {"x8": 222}, memory.read)  # mmap
    assert machine.resuming(registers) == registers
    assert machine.restarting_endless_wait(registers) is None


def test_a_call_of_x86_64_that_was_interrupted() -> None:
    machine, nothing = X8664(), Memory({}).read
    registers = numbered(machine, orig_rax=230, rax=_MINUS_RESTARTSYS, rdi=1)
    assert machine.interrupted(registers, nothing) == Call(230, 1)
    assert machine.is_waiting(registers, nothing)
    assert not machine.is_rewound(registers, nothing)
    none = (1 << 64) - 1
    assert machine.resuming(registers) == registers | {"orig_rax": none, "rax": 230, "rip": registers["rip"] - 2}
    late = registers | {"rax": _MINUS_RESTART_BLOCK}
    assert machine.resuming(late) == registers | {"orig_rax": none, "rax": _MINUS_EINTR}
    assert machine.interrupted(registers | {"rax": 0}, nothing) is None
    assert machine.interrupted(registers | {"orig_rax": none}, nothing) is None
    endless = registers | {"orig_rax": 232, "rax": _MINUS_EINTR, "r10": 0xFFFFFFFF}
    again = endless | {"orig_rax": none, "rax": 232, "rip": registers["rip"] - 2}
    assert machine.restarting_endless_wait(endless) == again
    assert machine.restarting_endless_wait(endless | {"r10": 1000}) is None


def test_aarch64_makes_a_call() -> None:
    machine = Aarch64()
    before = numbered(machine, pstate=0x8000_0000 | 1 << 21 | 3 << 10 | 1 << 20)
    changed = {"x0": 0, "x1": 4096, "x8": 222, "x30": 0x7000, "sp": 0x5000, "pc": 0x6000, "pstate": 0x8000_0000}
    assert machine.making_call(before, 0x6000, 0x5000, 0x7000, 222, 0, 4096) == before | changed
    changed = {"x0": 9, "x16": 0x7000, "sp": 0x5000, "pc": 0x6000, "pstate": 0x8000_0000}
    assert machine.calling(before, 0x6000, 0x5000, 0x7000, 9) == before | changed


def fpsimd() -> bytes:
    """``struct user_fpsimd_state``: 32 registers of 16 bytes, status, control, and a gap."""
    return bytes(index // 16 for index in range(512)) + (0x11).to_bytes(4, "little") + (0x22).to_bytes(12, "little")


def scalable(length: int, flags: int = 1) -> bytes:
    """``struct user_sve_header``, then Z, P and FFR, then status and control at the next multiple of 16."""
    registers = bytes(index // length for index in range(32 * length)) + bytes([0x5A]) * (17 * length // 8)
    head = b"".join(number.to_bytes(4, "little") for number in (0, 0)) + b"".join(
        number.to_bytes(2, "little") for number in (length, 256, flags, 0)
    )
    data = head + registers
    return data + bytes(-len(data) % 16) + (0x11).to_bytes(4, "little") + (0x22).to_bytes(4, "little")


@pytest.mark.parametrize(
    "floating", [Floating(_NT_FPREGS, fpsimd()), Floating(_NT_SVE, scalable(64, 0)[:16] + fpsimd())]
)
def test_a_signal_frame_of_aarch64(floating: Floating) -> None:
    machine = Aarch64()
    place, end = machine.frame_below(0x7FFF_FFF8, floating)
    assert (place % 16, end) == (0, 0x7FFF_FFF8)
    registers = numbered(machine)
    frame = machine.signal_frame(place, 0, registers, 0x1234, floating)
    assert place + len(frame) <= end
    # struct rt_sigframe: siginfo (128), ucontext: flags, link, stack (40), mask (128), to a multiple of 16: sigcontext
    assert unpack_from("<Q", frame, 128 + 40) == (0x1234,)
    context = 128 + 176
    assert unpack_from("<35Q", frame, context) == (0, *registers.values())  # fault_address first
    records = context + 288
    assert unpack_from("<IIII", frame, records) == (0x46508001, 528, 0x11, 0x22)
    assert frame[records + 16 : records + 528] == fpsimd()[:512]
    assert unpack_from("<II", frame, records + 528) == (0, 0)
    assert frame[:168].replace(bytes.fromhex("3412"), b"").strip(b"\0") == b""


@pytest.mark.parametrize("length", [16, 32, 64])
def test_a_signal_frame_with_scalable_vectors(length: int) -> None:
    machine = Aarch64()
    data = scalable(length)
    frame = machine.signal_frame(0, 0, numbered(machine), 0, Floating(_NT_SVE, data))
    records = 128 + 176 + 288
    assert unpack_from("<IIII", frame, records) == (0x46508001, 528, 0x11, 0x22)
    low = frame[records + 16 : records + 528]
    assert low == b"".join(bytes([index]) * 16 for index in range(32))
    at, size = records + 528, 32 * length + 17 * length // 8
    assert unpack_from("<IIH", frame, at) == (0x53564501, 16 + size + (-size % 16), length)
    assert frame[at + 16 : at + 16 + size] == data[16 : 16 + size]
    assert unpack_from("<II", frame, at + 16 + size + (-size % 16)) == (0, 0)


def test_vectors_that_are_too_long() -> None:
    machine = Aarch64()
    with pytest.raises(FrameError, match="its vector registers don't fit into a signal's frame"):
        machine.signal_frame(0, 0, numbered(machine), 0, Floating(_NT_SVE, scalable(128)))


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_a_page(machine: Machine) -> None:
    """Its parts fit, also where every address is as long as can be, and stand where a thread may be sent."""
    functions = dict.fromkeys(C_FUNCTIONS + PYTHON_FUNCTIONS, 281474976710655)
    page = Page(machine, 0xFFFF_FFFE_0000, functions, b"pass")
    content = page.content()
    assert content[0x2000:] == b"pass\0"
    assert page.trampoline < page.returned < page.thread < page.pending < page.address + 0x1000
    assert page.returned % machine.instruction_bytes == 0
    assert page.stack % 16 == 0
    largest = Floating(machine.floating_sets[-1], bytes(4096))
    frame = machine.signal_frame(page.frame, 0, numbered(machine), 0, largest)
    assert page.address + len(content) < page.frame
    assert page.frame + len(frame) < page.address + PAGE_BYTES - 0x4000
    assert len(page.nothing) <= page.returned - page.trampoline


def test_a_function_that_is_taken_back_is_one_instruction_of_aarch64() -> None:
    functions = dict.fromkeys(C_FUNCTIONS + PYTHON_FUNCTIONS, 281474976710655)
    page = Page(Aarch64(), 0xFFFF_FFFE_0000, functions, b"")
    content = page.content()
    pending = page.pending - page.address
    assert content[pending : pending + 4] == bytes.fromhex("1f2003d5")  # nop
    branch = int.from_bytes(page.nothing, "little")
    assert branch >> 26 == 0b000101
    target = pending + 4 * (branch & 0x3FFFFFF)
    assert content[target : target + 8] == bytes.fromhex("00008052 c0035fd6")  # mov w0, #0; ret
