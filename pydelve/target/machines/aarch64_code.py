"""The encoder of aarch64: see :class:`Code`. Arm Architecture Reference Manual for A-profile, C6.2."""

from __future__ import annotations

from struct import pack_into, unpack_from
from typing import Self

from pydelve.target.machines.code import Code, Kept
from pydelve.target.machines.machine import WORD_MASK

_FUNCTION, _SCRATCH, _ADDRESS = 16, 9, 17
"""x16 and x17 may be overwritten by any call, and branching by x16 is what landing pads (BTI) expect."""
_KEPT = {Kept.INT: 19, Kept.POINTER: 20}
_ZERO = _STACK = 31
_FRAME_POINTER, _LINK = 29, 30

_BRANCH, _BRANCH_MASK = 0x14000000, 0xFC000000
_CBZ_W, _CBZ_X, _B_NE = 0x34000000, 0xB4000000, 0x54000001
_MOVZ_W, _MOVK_W, _MOVZ_X, _MOVK_X = 0x52800000, 0x72800000, 0xD2800000, 0xF2800000
_BLR, _BR, _RET, _SVC, _NOP = 0xD63F0000, 0xD61F0000, 0xD65F0000, 0xD4000001, 0xD503201F
_LDR_W, _STR_W, _STR_X, _STLR_W = 0xB9400000, 0xB9000000, 0xF9000000, 0x889FFC00
_MOV_W, _MOV_X = 0x2A0003E0, 0xAA0003E0  # orr with the zero register
_ADD_IMMEDIATE, _CMP_W = 0x91000000, 0x7100001F
_STP, _LDP, _STP_BEFORE, _LDP_AFTER = 0xA9000000, 0xA9400000, 0xA9800000, 0xA8C00000
_SIGRETURN = 139


class Aarch64Code(Code):
    """See ``Code``."""

    def __init__(self) -> None:
        super().__init__()
        self._keeps = False

    def _word(self, *words: int) -> Self:
        for word in words:
            self._parts += word.to_bytes(4, "little")
        return self

    def _load(self, register: int, value: int, width: int = 64) -> Self:
        """Sixteen bits at a time, those that are zero left out."""
        zeroing, keeping = (_MOVZ_X, _MOVK_X) if width == 64 else (_MOVZ_W, _MOVK_W)
        value &= WORD_MASK >> (64 - width)
        self._word(zeroing | (value & 0xFFFF) << 5 | register)
        for half in range(1, width // 16):
            if bits := value >> 16 * half & 0xFFFF:
                self._word(keeping | half << 21 | bits << 5 | register)
        return self

    def _load_int_at(self, register: int, address: int) -> Self:
        return self._load(_ADDRESS, address)._word(_LDR_W | _ADDRESS << 5 | register)

    def _jump(self, word: int, label: str) -> Self:
        self._jumps.append((len(self._parts), label))
        return self._word(word)

    def _resolve(self, at: int, target: int) -> None:
        (word,) = unpack_from("<I", self._parts, at)
        distance = (target - at) // 4
        if word & _BRANCH_MASK == _BRANCH:
            word |= distance & 0x3FFFFFF
        else:
            word |= (distance & 0x7FFFF) << 5
        pack_into("<I", self._parts, at, word)

    def enter(self, *, keeps: bool = True) -> Self:
        """See ``Code``: with a frame record, as all functions have."""
        self._keeps = keeps
        self._word(_pair(_STP_BEFORE, _FRAME_POINTER, _LINK, -32 if keeps else -16))
        if keeps:
            self._word(_pair(_STP, _KEPT[Kept.INT], _KEPT[Kept.POINTER], 16))
        return self._word(_ADD_IMMEDIATE | _STACK << 5 | _FRAME_POINTER)

    def leave(self) -> Self:
        """See ``Code``."""
        if self._keeps:
            self._word(_pair(_LDP, _KEPT[Kept.INT], _KEPT[Kept.POINTER], 16))
        return self._word(_pair(_LDP_AFTER, _FRAME_POINTER, _LINK, 32 if self._keeps else 16))

    def return_zero(self) -> Self:
        """See ``Code``."""
        return self._load(0, 0, 32).leave()._word(_RET | _LINK << 5)

    def call(self, address: int) -> Self:
        """See ``Code``."""
        return self._load(_FUNCTION, address)._word(_BLR | _FUNCTION << 5)

    def jump_to(self, address: int) -> Self:
        """See ``Code``."""
        return self._load(_FUNCTION, address)._word(_BR | _FUNCTION << 5)

    def replaceable(self) -> Self:
        """See ``Code``: of all instructions, these two may change while others run them (B2.2.5): ``nop`` and ``b``."""
        if self._parts:
            raise ValueError("it is the beginning that is replaced")
        return self._word(_NOP)

    def replacement(self) -> bytes:
        """See ``Code``."""
        branch = _BRANCH | len(self._parts) // 4
        self._load(0, 0, 32)._word(_RET | _LINK << 5)
        return branch.to_bytes(4, "little")

    def pass_address(self, index: int, value: int) -> Self:
        """See ``Code``."""
        return self._load(index, value)

    def pass_int(self, index: int, value: int) -> Self:
        """See ``Code``."""
        return self._load(index, value, 32)

    def pass_int_at(self, index: int, address: int) -> Self:
        """See ``Code``."""
        return self._load_int_at(index, address)

    def pass_copy(self, index: int, address: int, source: int) -> Self:
        """See ``Code``."""
        return self._load_int_at(_SCRATCH, source)._load(index, address)._word(_STR_W | index << 5 | _SCRATCH)

    def pass_result(self, index: int) -> Self:
        """See ``Code``: the result is where the first argument is."""
        return self._word(_MOV_X | index) if index else self

    def pass_kept(self, index: int, kept: Kept) -> Self:
        """See ``Code``."""
        return self._word((_MOV_W if kept is Kept.INT else _MOV_X) | _KEPT[kept] << 16 | index)

    def keep_result(self, kept: Kept) -> Self:
        """See ``Code``."""
        return self._word((_MOV_W if kept is Kept.INT else _MOV_X) | _KEPT[kept])

    def store_result(self, address: int) -> Self:
        """See ``Code``."""
        return self._load(_ADDRESS, address)._word(_STR_X | _ADDRESS << 5)

    def store_int(self, address: int, value: int) -> Self:
        """See ``Code``: with release, as the machine keeps no order by itself."""
        self._load(_ADDRESS, address)._load(_SCRATCH, value, 32)
        return self._word(_STLR_W | _ADDRESS << 5 | _SCRATCH)

    def jump_if_zero(self, label: str) -> Self:
        """See ``Code``."""
        return self._jump(_CBZ_W, label)

    def jump_if_null(self, label: str) -> Self:
        """See ``Code``."""
        return self._jump(_CBZ_X, label)

    def jump_unless(self, value: int, label: str) -> Self:
        """See ``Code``."""
        return self._word(_CMP_W | value << 10)._jump(_B_NE, label)

    def jump(self, label: str) -> Self:
        """See ``Code``."""
        return self._jump(_BRANCH, label)

    def call_given(self) -> Self:
        """See ``Code``."""
        return self._word(_BLR | _FUNCTION << 5)

    def return_from_signal(self, frame: int) -> Self:
        """See ``Code``. Whoever takes the call back can do so in a second step: till then it would be made again."""
        self._load(_SCRATCH, frame)._word(_ADD_IMMEDIATE | _SCRATCH << 5 | _STACK)
        self.label("again")._load(8, _SIGRETURN)._word(_SVC)
        return self.label("returned").jump("again")


def _pair(opcode: int, first: int, second: int, offset: int) -> int:
    return opcode | (offset // 8 & 0x7F) << 15 | second << 10 | _STACK << 5 | first
