"""The encoder of x86-64: see :class:`Code`. Comments show the instructions as AT&T writes them."""

from __future__ import annotations

from struct import pack, pack_into
from typing import Self

from pydelve.target.machines.code import Code, Kept
from pydelve.target.machines.machine import WORD

_RDI, _RSI, _RDX, _RCX, _R8 = 7, 6, 2, 1, 8
_PASSED = (_RDI, _RSI, _RDX, _RCX, _R8)
_EBX, _R12 = 3, 4  # kept by whatever is called; r12 with its prefix


class X8664Code(Code):
    """See ``Code``; r11 is the one register that nobody else counts on."""

    def __init__(self) -> None:
        super().__init__()
        self._keeps = False

    def _raw(self, text: str) -> Self:
        self._parts += bytes.fromhex(text)
        return self

    def _bytes(self, *values: int) -> Self:
        self._parts += bytes(values)
        return self

    def _load_r11(self, value: int) -> Self:
        self._raw("49bb")  # movabs $value, %r11
        self._parts += WORD.pack(value)
        return self

    def _resolve(self, at: int, target: int) -> None:
        pack_into("<i", self._parts, at, target - at - 4)

    def _jump(self, opcode: str, label: str) -> Self:
        self._raw(opcode)
        self._jumps.append((len(self._parts), label))
        self._parts += bytes(4)
        return self

    def enter(self, *, keeps: bool = True) -> Self:
        """See ``Code``."""
        self._keeps = keeps
        return self._raw("53 4154 4883ec08" if keeps else "4883ec08")  # push %rbx; push %r12; sub $8, %rsp

    def leave(self) -> Self:
        """See ``Code``."""
        return self._raw("4883c408 415c 5b" if self._keeps else "4883c408")

    def return_zero(self) -> Self:
        """See ``Code``."""
        return self._raw("31c0").leave()._raw("c3")  # xor %eax, %eax

    def call(self, address: int) -> Self:
        """See ``Code``: eax counts the vector registers, for functions of any number of arguments."""
        return self._load_r11(address)._raw("31c0 41ffd3")  # xor %eax, %eax; call *%r11

    def jump_to(self, address: int) -> Self:
        """See ``Code``."""
        return self._raw("31c0")._load_r11(address)._raw("41ffe3")  # jmp *%r11

    def replaceable(self) -> Self:
        """See ``Code``: what others are about to run may change here."""
        return self

    def replacement(self) -> bytes:
        """See ``Code``."""
        return bytes.fromhex("31c0c3")  # xor %eax, %eax; ret

    def pass_address(self, index: int, value: int) -> Self:
        """See ``Code``."""
        self._bytes(0x48, 0xB8 + _PASSED[index])  # movabs $value, %register
        self._parts += WORD.pack(value)
        return self

    def pass_int(self, index: int, value: int) -> Self:
        """See ``Code``."""
        number = _PASSED[index]
        if number == _R8:
            if value:
                raise ValueError("only 0 is passed there")
            return self._raw("4531c0")  # xor %r8d, %r8d
        if not value:
            return self._bytes(0x31, 0xC0 | number << 3 | number)  # xor %register, %register
        self._bytes(0xB8 + number)  # mov $value, %register
        self._parts += pack("<i", value)
        return self

    def pass_int_at(self, index: int, address: int) -> Self:
        """See ``Code``."""
        number = _PASSED[index]
        self._load_r11(address)
        if number == _R8:
            return self._raw("418b03 4189c0")  # mov (%r11), %eax; mov %eax, %r8d
        return self._bytes(0x41, 0x8B, number << 3 | 3)  # mov (%r11), %register

    def pass_copy(self, index: int, address: int, source: int) -> Self:
        """See ``Code``."""
        self._load_r11(source)._raw("418b03")  # mov (%r11), %eax
        return self.pass_address(index, address)._bytes(0x89, _PASSED[index])  # mov %eax, (%register)

    def pass_result(self, index: int) -> Self:
        """See ``Code``."""
        return self._bytes(0x48, 0x89, 0xC0 | _PASSED[index])  # mov %rax, %register

    def pass_kept(self, index: int, kept: Kept) -> Self:
        """See ``Code``."""
        number = _PASSED[index]
        if kept is Kept.INT:
            return self._bytes(0x89, 0xC0 | _EBX << 3 | number)  # mov %ebx, %register
        return self._bytes(0x4C, 0x89, 0xC0 | _R12 << 3 | number)  # mov %r12, %register

    def keep_result(self, kept: Kept) -> Self:
        """See ``Code``."""
        return self._raw("89c3" if kept is Kept.INT else "4989c4")  # mov %eax, %ebx; mov %rax, %r12

    def store_result(self, address: int) -> Self:
        """See ``Code``."""
        return self._load_r11(address)._raw("498903")  # mov %rax, (%r11)

    def store_int(self, address: int, value: int) -> Self:
        """See ``Code``: the machine keeps the order of what is stored."""
        self._load_r11(address)._raw("41c703")  # movl $value, (%r11)
        self._parts += pack("<i", value)
        return self

    def jump_if_zero(self, label: str) -> Self:
        """See ``Code``."""
        return self._raw("85c0")._jump("0f84", label)  # test %eax, %eax; je

    def jump_if_null(self, label: str) -> Self:
        """See ``Code``."""
        return self._raw("4885c0")._jump("0f84", label)  # test %rax, %rax; je

    def jump_unless(self, value: int, label: str) -> Self:
        """See ``Code``."""
        if value:
            self._bytes(0x83, 0xF8, value)  # cmp $value, %eax
        else:
            self._raw("85c0")
        return self._jump("0f85", label)  # jne

    def jump(self, label: str) -> Self:
        """See ``Code``."""
        return self._jump("e9", label)

    def call_given(self) -> Self:
        """See ``Code``."""
        return self._raw("ffd0")  # call *%rax

    def return_from_signal(self, frame: int) -> Self:
        """See ``Code``: the frame without the return address, which a handler has popped."""
        self._raw("48bc")  # movabs $value, %rsp
        self._parts += WORD.pack(frame + 8)
        return self._raw("b80f000000 0f05").label("returned")  # mov $15, %eax; syscall
