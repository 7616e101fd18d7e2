"""The container of a core file: an ELF file of memory segments and notes. Reads the file, knows nothing of Python.

Formats: ELF-64 (elf.h); notes as Linux writes them (fs/binfmt_elf.c), which gcore follows.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from struct import Struct, error
from typing import NamedTuple

from pydelve.target.machines import NAMES
from pydelve.target.machines.known import of_elf
from pydelve.target.machines.machine import Machine, Registers

_HEADER = Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = Struct("<IIQQQQQQ")
_SECTION_HEADER = Struct("<IIQQQQIIQQ")
_NOTE = Struct("<III")
_CORE = 4  # ET_CORE
_LOAD, _NOTES = 1, 4  # PT_LOAD, PT_NOTE
_MANY = 0xFFFF  # PN_XNUM: the real number of segments stands in the first section header
_PRSTATUS, _PRPSINFO, _AUXV, _FILE = 1, 3, 6, 0x46494C45  # NT_*
REGISTERS_AT = 112  # in struct elf_prstatus
_MOST_NOTES = 1 << 26
_MOST_SEGMENTS = 1 << 20


class CoreFormatError(Exception):
    """It is no core file of the kind that is read here; the text says why."""


class Segment(NamedTuple):
    """A piece of memory: ``stored`` bytes of it are in the file, at ``offset``."""

    start: int
    size: int
    offset: int
    stored: int


class CoreThread(NamedTuple):
    """One thread as its PRSTATUS note tells."""

    native_id: int
    signal: int
    """What it was stopped by; 0: nothing."""
    registers: Registers


class MappedFile(NamedTuple):
    """A mapping of a file, from the FILE note."""

    start: int
    end: int
    offset: int
    path: str


class CoreFile:
    """One core file, open."""

    def __init__(self, path: str) -> None:
        """Reads headers and notes.

        Raises:
            OSError: it can't be read.
            CoreFormatError: it is no core file, or one of another machine.
        """
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.size_bytes = os.fstat(self._fd).st_size
            self.threads: list[CoreThread] = []
            self.files: list[MappedFile] = []
            self.auxiliary: dict[int, int] = {}
            self.pid, self.command = 0, ""
            self.segments: list[Segment] = []
            self._read_headers()
        except (error, IndexError, OverflowError) as problem:
            os.close(self._fd)
            raise CoreFormatError(f"it is damaged: {problem}") from None
        except BaseException:
            os.close(self._fd)
            raise
        self._starts = [segment.start for segment in self.segments]

    def close(self) -> None:
        """Close it."""
        os.close(self._fd)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the file; fewer where it ends before, or can't be read there."""
        try:
            return os.pread(self._fd, size, offset)
        except (OSError, OverflowError):  # OverflowError: a damaged header says so
            return b""

    def segment_of(self, address: int) -> Segment | None:
        """The segment that an address is in."""
        index = bisect_right(self._starts, address) - 1
        if index >= 0:
            segment = self.segments[index]
            if address < segment.start + segment.size:
                return segment
        return None

    @property
    def missing_bytes(self) -> int:
        """How much of what should be stored is beyond the end of the file."""
        return max(0, max((segment.offset + segment.stored for segment in self.segments), default=0) - self.size_bytes)

    def _read_headers(self) -> None:
        raw = os.pread(self._fd, _HEADER.size, 0)
        if raw[:4] != b"\x7fELF":
            raise CoreFormatError("it is no ELF file")
        if raw[4:6] != b"\x02\x01" or len(raw) < _HEADER.size:
            raise CoreFormatError("it is of a machine of another width or byte order")
        _, kind, machine, _, _, programs, sections, _, _, program_size, count, _, _, _ = _HEADER.unpack(raw)
        if kind != _CORE:
            raise CoreFormatError("it is a program or a library, not a core file")
        known = of_elf(machine)
        if known is None:
            raise CoreFormatError(f"it is of another machine than {' and '.join(NAMES)}")
        self.machine = known
        if program_size != _PROGRAM_HEADER.size:
            raise CoreFormatError("its program headers are of an unknown size")
        if count == _MANY and sections:
            count = _SECTION_HEADER.unpack(self.read(sections, _SECTION_HEADER.size))[7]
        if count > _MOST_SEGMENTS:
            raise CoreFormatError("it has implausibly many segments")
        table = self.read(programs, count * program_size)
        for kind, _, offset, start, _, stored, size, _ in _PROGRAM_HEADER.iter_unpack(
            table[: len(table) // program_size * program_size]
        ):
            if kind == _LOAD and size:
                self.segments.append(Segment(start, size, offset, min(stored, size)))
            elif kind == _NOTES:
                self._read_notes(self.read(offset, min(stored, _MOST_NOTES)))
        self.segments.sort()

    def _read_notes(self, raw: bytes) -> None:
        at = 0
        while at + _NOTE.size <= len(raw):
            name_size, size, kind = _NOTE.unpack_from(raw, at)
            name = raw[at + _NOTE.size : at + _NOTE.size + name_size].rstrip(b"\0")
            begin = at + _NOTE.size + (name_size + 3 & ~3)
            body = raw[begin : begin + size]
            if len(body) < size:
                return
            if name == b"CORE":
                self._read_note(kind, body)
            at = begin + (size + 3 & ~3)

    def _read_note(self, kind: int, body: bytes) -> None:
        if kind == _PRSTATUS and len(body) >= status_bytes(self.machine):
            names = self.machine.registers
            values = Struct(f"<{len(names)}Q").unpack_from(body, REGISTERS_AT)
            registers = dict(zip(names, values, strict=True))
            self.threads.append(CoreThread(_int(body, 32), int.from_bytes(body[12:14], "little"), registers))
        elif kind == _PRPSINFO and len(body) >= 136:  # struct elf_prpsinfo
            self.pid = _int(body, 24)
            self.command = body[56:136].partition(b"\0")[0].decode("utf-8", "backslashreplace").strip()
        elif kind == _AUXV:
            self.auxiliary = dict(Struct("<QQ").iter_unpack(body[: len(body) // 16 * 16]))
        elif kind == _FILE and len(body) >= 16:
            self._read_files(body)

    def _read_files(self, body: bytes) -> None:
        """``fill_files_note``: a count, the page size, (start, end, offset in pages) each, then the names."""
        count, page = Struct("<QQ").unpack_from(body)
        names = body[16 + 24 * count :].split(b"\0")
        if count > len(names):
            raise CoreFormatError("it is damaged: its table of files is cut")
        for index in range(count):
            start, end, offset = Struct("<QQQ").unpack_from(body, 16 + 24 * index)
            self.files.append(MappedFile(start, end, offset * page, os.fsdecode(names[index])))


def status_bytes(machine: Machine) -> int:
    """Size of ``struct elf_prstatus``: the registers, and an int that says whether there are others."""
    return REGISTERS_AT + 8 * len(machine.registers) + 8


def _int(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "little", signed=True)
