"""Where in a process the C functions are that a thread of ours needs, and memory that is written. Stops nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from pydelve.errors import TargetError, UnsupportedError
from pydelve.target.live.elf import ElfError, ElfFile
from pydelve.target.live.memory import Mapping, ProcessMemory, mapped_files, open_mapped
from pydelve.target.live.stub import C_FUNCTIONS, PYTHON_FUNCTIONS, UNSAFE_FUNCTIONS
from pydelve.target.machines.machine import Machine

_MOST_CALLS = 2  # a thread may just stand at one
_C_LIBRARIES = ("libc.so", "libc-", "libpthread", "ld-musl")


class Range(NamedTuple):
    """A mapping with its rights."""

    start: int
    end: int
    rights: str
    path: str


class Inside:
    """Addresses in one process, looked up while it runs."""

    def __init__(self, memory: ProcessMemory, interpreter: Mapping, machine: Machine) -> None:
        """Looks everything up: 1 ms.

        Raises:
            UnsupportedError: a function is missing.
            TargetGoneError, TargetError: the process is gone or may not be looked into.
        """
        self.pid = memory.pid
        self.machine = machine
        self._memory = memory
        self.functions: dict[str, int] = {}
        self.unsafe: list[tuple[int, int]] = []
        """Start and end of functions in which a lock may be held."""
        files = mapped_files(self.pid)
        self._look_up(interpreter, PYTHON_FUNCTIONS)
        c_files = [file for file in files if os.path.basename(file.path).startswith(_C_LIBRARIES)]
        for file in c_files or [interpreter]:
            self._look_up(file, C_FUNCTIONS)
            self._look_up_unsafe(file)
        missing = [name for name in (*C_FUNCTIONS, *PYTHON_FUNCTIONS) if name not in self.functions]
        if missing:
            raise UnsupportedError(
                f"process {self.pid} can't be entered", why=f"its libraries export no {missing[0]}",
                hint=f"pydelve stack {self.pid}",
            )  # fmt: skip
        self.syscall_returns, self.signal_return = self._gadgets([file.path for file in c_files] or [interpreter.path])

    def _look_up(self, mapping: Mapping, names: tuple[str, ...]) -> None:
        with suppress(OSError, ElfError):
            elf = open_mapped(self.pid, mapping)
            try:
                bias = elf.bias(mapping.start, mapping.offset)
                for name in names:
                    symbol = elf.symbol(name) if name not in self.functions else None
                    if symbol is not None:
                        self.functions[name] = bias + symbol.value
            finally:
                elf.close()

    def _look_up_unsafe(self, mapping: Mapping) -> None:
        with suppress(OSError, ElfError):
            elf: ElfFile = open_mapped(self.pid, mapping)
            try:
                bias = elf.bias(mapping.start, mapping.offset)
                for name in UNSAFE_FUNCTIONS:
                    symbol = elf.symbol(name)
                    if symbol is not None:
                        start = bias + symbol.value
                        self.unsafe.append((start, start + max(symbol.size, 16)))
            finally:
                elf.close()

    def _gadgets(self, paths: list[str]) -> tuple[list[int], int]:
        """Addresses of a system call that returns, and of the return from a signal's handler: the C library's."""
        calls: list[int] = []
        returns: list[int] = []
        for mapping in self.ranges():
            if "x" in mapping.rights and mapping.path in (*paths, "[vdso]"):
                code = self._memory.read_now(mapping.start, mapping.end - mapping.start)
                for wanted, found, most in (
                    (self.machine.syscall_return, calls, _MOST_CALLS),
                    (self.machine.signal_return, returns, 1),
                ):
                    places = _places(code, wanted, self.machine.instruction_bytes)
                    found += [mapping.start + place for place in islice(places, most - len(found))]
        if not calls or not returns:
            raise UnsupportedError(
                f"process {self.pid} can't be entered", why="its C library is one that pydelve does not know",
                hint=f"pydelve stack {self.pid}",
            )  # fmt: skip
        return calls, returns[0]

    def ranges(self) -> list[Range]:
        """What is mapped now."""
        found = []
        with suppress(OSError), open(f"/proc/{self.pid}/maps", "rb") as file:
            for line in file:
                words = line.split(None, 5)
                start, _, end = words[0].partition(b"-")
                path = os.fsdecode(words[5].rstrip(b"\n")) if len(words) > 5 else ""
                found.append(Range(int(start, 16), int(end, 16), words[1].decode(), path))
        return found

    def has_room(self, below: int, size: int) -> bool:
        """May ``size`` bytes be written that end at an address?"""
        return any(r.start <= below - size and below <= r.end and r.rights.startswith("rw") for r in self.ranges())

    def read(self, address: int, size: int) -> bytes:
        """Bytes as they are now; fewer where there are no more."""
        return self._memory.read_now(address, size)

    def integer(self, address: int) -> int:
        """Four bytes as they are now; 0 where they can't be read."""
        return int.from_bytes(self.read(address, 4), "little", signed=True)

    def write(self, address: int, data: bytes) -> None:
        """Write bytes.

        Raises:
            TargetError: they can't be written.
        """
        write_memory(self.pid, address, data)


def _places(code: bytes, wanted: bytes, multiple: int) -> Iterator[int]:
    """Where some instructions are."""
    place = code.find(wanted)
    while place >= 0:
        if place % multiple == 0:
            yield place
        place = code.find(wanted, place + 1)


def write_memory(pid: int, address: int, data: bytes) -> None:
    """Write bytes into a process's memory.

    Raises:
        TargetError: they can't be written.
    """
    try:
        fd = os.open(f"/proc/{pid}/mem", os.O_RDWR | os.O_CLOEXEC)
        try:
            written = os.pwrite(fd, data, address)
        finally:
            os.close(fd)
    except OSError as error:
        raise TargetError(
            f"the memory of process {pid} can't be written", why=os.strerror(error.errno or 0),
            hint=f"pydelve stack {pid}",
        ) from error  # fmt: skip
    if written != len(data):
        raise TargetError(f"the memory of process {pid} can't be written", why="it has no such address")
