"""What each word of ``Code`` becomes: instructions beside the bytes that the manuals give for them.

The words of aarch64 are written as the Arm Architecture Reference Manual shows them, most significant digit first, and
were compared with those of GNU as; those of x86-64 are in the order of memory.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pydelve.target.machines.aarch64 import Aarch64
from pydelve.target.machines.code import Code, Kept
from pydelve.target.machines.x86_64 import X8664

_PLACE = 0xFFFF_8765_4000  # three of its four halves are not zero
Words = Callable[[Code], object]

AARCH64: dict[str, tuple[Words, str]] = {
    "call": (
        lambda code: code.call(_PLACE),
        """
        d2880010  movz x16, #0x4000
        f2b0ecb0  movk x16, #0x8765, lsl #16
        f2dffff0  movk x16, #0xffff, lsl #32
        d63f0200  blr x16
        """,
    ),
    "call at a high address": (
        lambda code: code.call(0x8001_0000_0000_0002),
        """
        d2800050  movz x16, #2
        f2f00030  movk x16, #0x8001, lsl #48
        d63f0200  blr x16
        """,
    ),
    "a function that keeps values": (
        lambda code: code.enter().return_zero(),
        """
        a9be7bfd  stp x29, x30, [sp, #-32]!
        a90153f3  stp x19, x20, [sp, #16]
        910003fd  mov x29, sp
        52800000  movz w0, #0
        a94153f3  ldp x19, x20, [sp, #16]
        a8c27bfd  ldp x29, x30, [sp], #32
        d65f03c0  ret
        """,
    ),
    "one that keeps none, and goes on in another": (
        lambda code: code.enter(keeps=False).leave().jump_to(0x10000),
        """
        a9bf7bfd  stp x29, x30, [sp, #-16]!
        910003fd  mov x29, sp
        a8c17bfd  ldp x29, x30, [sp], #16
        d2800010  movz x16, #0
        f2a00030  movk x16, #1, lsl #16
        d61f0200  br x16
        """,
    ),
    "what is passed": (
        lambda code: code.pass_int(0, 2).pass_int(1, 0x80001).pass_int(2, -1).pass_int(4, 0).pass_address(3, _PLACE),
        """
        52800040  movz w0, #2
        52800021  movz w1, #1
        72a00101  movk w1, #8, lsl #16
        529fffe2  movz w2, #0xffff
        72bfffe2  movk w2, #0xffff, lsl #16
        52800004  movz w4, #0
        d2880003  movz x3, #0x4000
        f2b0eca3  movk x3, #0x8765, lsl #16
        f2dfffe3  movk x3, #0xffff, lsl #32
        """,
    ),
    "ints from memory": (
        lambda code: code.pass_int_at(4, 0x1020).pass_copy(1, 0x1040, 0x1028),
        """
        d2820411  movz x17, #0x1020
        b9400224  ldr w4, [x17]
        d2820511  movz x17, #0x1028
        b9400229  ldr w9, [x17]
        d2820801  movz x1, #0x1040
        b9000029  str w9, [x1]
        """,
    ),
    "results": (
        lambda code: (
            code.keep_result(Kept.INT).keep_result(Kept.POINTER).pass_kept(0, Kept.INT).pass_kept(3, Kept.POINTER),
            code.pass_result(0).pass_result(1).store_result(0x1008).store_int(0x1000, 7),
        ),
        """
        2a0003f3  mov w19, w0
        aa0003f4  mov x20, x0
        2a1303e0  mov w0, w19
        aa1403e3  mov x3, x20
        aa0003e1  mov x1, x0
        d2820111  movz x17, #0x1008
        f9000220  str x0, [x17]
        d2820011  movz x17, #0x1000
        528000e9  movz w9, #7
        889ffe29  stlr w9, [x17]
        """,
    ),
    "jumps": (
        lambda code: (
            code.label("back").jump_if_zero("on").jump_if_null("on").jump_unless(1, "back").jump_unless(0, "on"),
            code.jump("back").jump("on").label("on").jump_if_zero("back"),
        ),
        """
        34000100  cbz w0, .+32
        b40000e0  cbz x0, .+28
        7100041f  cmp w0, #1
        54ffffa1  b.ne .-12
        7100001f  cmp w0, #0
        54000061  b.ne .+12
        17fffffa  b .-24
        14000001  b .+4
        34ffff00  cbz w0, .-32
        """,
    ),
    "a borrowed thread": (
        lambda code: code.call_given().return_from_signal(0x6000),
        """
        d63f0200  blr x16
        d28c0009  movz x9, #0x6000
        9100013f  mov sp, x9
        d2801168  movz x8, #139
        d4000001  svc #0
        17fffffe  b .-8
        """,
    ),
    "what can be taken back": (
        lambda code: code.replaceable().call(2).replacement(),
        """
        d503201f  nop
        d2800050  movz x16, #2
        d63f0200  blr x16
        52800000  movz w0, #0
        d65f03c0  ret
        """,
    ),
}

X86_64: dict[str, tuple[Words, str]] = {
    "call": (lambda code: code.call(_PLACE), "49bb 004065 87ffff0000 31c0 41ffd3"),  # movabs, %r11; xor; call *%r11
    "a function that keeps values": (
        lambda code: code.enter().return_zero(),
        "53 4154 4883ec08 31c0 4883c408 415c 5b c3",  # push %rbx, %r12; sub $8, %rsp; xor %eax, %eax; and back; ret
    ),
    "one that keeps none, and goes on in another": (
        lambda code: code.enter(keeps=False).leave().jump_to(0x10000),
        "4883ec08 4883c408 31c0 49bb 0000010000000000 41ffe3",  # jmp *%r11
    ),
    "what is passed": (
        lambda code: code.pass_int(0, 2).pass_int(1, 0x80001).pass_int(2, -1).pass_int(4, 0).pass_address(3, _PLACE),
        # mov $2, %edi; $0x80001, %esi; $-1, %edx; xor %r8d, %r8d; movabs, %rcx
        "bf02000000 be01000800 baffffffff 4531c0 48b9 00406587ffff0000",
    ),
    "nothing is passed": (
        lambda code: code.pass_int(0, 0).pass_int(1, 0).pass_int(2, 0).pass_int(3, 0),
        "31ff 31f6 31d2 31c9",  # xor %edi, %edi and so on
    ),
    "ints from memory": (
        lambda code: code.pass_int_at(2, 0x1020).pass_int_at(4, 0x1020).pass_copy(0, 0x1040, 0x1028),
        # mov (%r11), %edx; mov (%r11), %eax; mov %eax, %r8d; mov (%r11), %eax; movabs, %rdi; mov %eax, (%rdi)
        (
            "49bb 2010000000000000 418b13 49bb 2010000000000000 418b03 4189c0"
            "49bb 2810000000000000 418b03 48bf 4010000000000000 8907"
        ),
    ),
    "results": (
        lambda code: (
            code.keep_result(Kept.INT).keep_result(Kept.POINTER).pass_kept(0, Kept.INT).pass_kept(3, Kept.POINTER),
            code.pass_result(0).store_result(0x1008).store_int(0x1000, 7),
        ),
        # mov %eax, %ebx; %rax, %r12; %ebx, %edi; %r12, %rcx; %rax, %rdi; mov %rax, (%r11); movl $7, (%r11)
        "89c3 4989c4 89df 4c89e1 4889c7 49bb 0810000000000000 498903 49bb 0010000000000000 41c703 07000000",
    ),
    "jumps": (
        lambda code: (
            code.label("back").jump_if_zero("on").jump_if_null("on").jump_unless(1, "back").jump_unless(0, "on"),
            code.jump("back").label("on"),
        ),
        # test %eax, %eax; je +31; test %rax, %rax; je +22; cmp $1, %eax; jne -26; test; jne +5; jmp -39
        "85c0 0f841f000000 4885c0 0f8416000000 83f801 0f85e6ffffff 85c0 0f8505000000 e9d9ffffff",
    ),
    "a borrowed thread": (
        lambda code: code.call_given().return_from_signal(0x6000),
        "ffd0 48bc 0860000000000000 b80f000000 0f05",  # call *%rax; movabs, %rsp; mov $15, %eax; syscall
    ),
    "what can be taken back": (lambda code: code.replaceable().enter(keeps=False).replacement(), "4883ec08"),
}


def listed(code: bytes) -> list[str]:
    """Words as the manual shows them."""
    return [code[at : at + 4][::-1].hex() for at in range(0, len(code), 4)]


@pytest.mark.parametrize("name", AARCH64)
def test_aarch64(name: str) -> None:
    words, expected = AARCH64[name]
    code = Aarch64().code()
    words(code)
    assert listed(code.assembled()) == [line.split()[0] for line in expected.strip().splitlines()]


@pytest.mark.parametrize("name", X86_64)
def test_x86_64(name: str) -> None:
    words, expected = X86_64[name]
    code = X8664().code()
    words(code)
    assert code.assembled().hex() == expected.replace(" ", "")


def test_where_a_borrowed_thread_is_when_it_returns() -> None:
    code = Aarch64().code().call_given().return_from_signal(0x6000)
    assert code.place("returned") == 20  # behind its svc
    other = X8664().code().call_given().return_from_signal(0x6000)
    assert other.place("returned") == len(other.assembled())


def test_what_takes_a_function_back() -> None:
    code = Aarch64().code().replaceable().call(2)
    assert listed(code.replacement()) == ["14000003"]  # b .+12: behind nop, movz, blr
    assert X8664().code().replaceable().replacement().hex() == "31c0c3"  # xor %eax, %eax; ret


def test_only_what_is_so_is_encoded() -> None:
    with pytest.raises(ValueError, match="the beginning"):
        Aarch64().code().call(2).replaceable()
    with pytest.raises(ValueError, match="only 0"):
        X8664().code().pass_int(4, 1)
