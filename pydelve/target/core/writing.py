"""Writes a core file of a live process: what ``dump`` does. It stands still meanwhile; nothing in it is changed.

What can be read again from the files that were mapped is left out, as the kernel does (coredump_filter): private
mappings of files that were never written to, but for their first page, which has the build id. Pages of zeros become
holes in the file. Engine's thread, which does all of ptrace.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from struct import pack
from typing import NamedTuple

from pydelve.errors import TargetError, TargetGoneError, UnsupportedError, UsageError
from pydelve.target.core.file import REGISTERS_AT, Segment, status_bytes
from pydelve.target.cpython.memory import PAGE_SIZE
from pydelve.target.live import kernel
from pydelve.target.live.ptrace import StopReport
from pydelve.target.live.surroundings import LiveSurroundings
from pydelve.target.live.traced import registers_of
from pydelve.target.machines import NAMES
from pydelve.target.machines.known import native
from pydelve.target.machines.machine import Machine

GoingOn = Callable[[int, int], bool]
"""Called with the bytes that are done and all of them; False: no more is wanted."""
_CHUNK_BYTES = 1 << 22
_HEADER_BYTES, _PROGRAM_HEADER_BYTES, _SECTION_HEADER_BYTES = 64, 56, 64
_MANY = 0xFFFF  # PN_XNUM
_PRSTATUS, _PRPSINFO, _AUXV, _FILE = 1, 3, 6, 0x46494C45
_ZEROS = bytes(PAGE_SIZE)
_SPECIAL = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


class _Mapping(NamedTuple):
    """A mapping, and whether its content is in no file."""

    start: int
    end: int
    rights: str
    offset: int
    path: str
    own: bool


def _machine(pid: int) -> Machine:
    machine = native()
    if machine is None:
        raise UnsupportedError(
            f"no core of process {pid} can be written",
            why=f"pydelve does it on {' and '.join(NAMES)}, this is {os.uname().machine}", hint=f"gcore {pid}",
        )  # fmt: skip
    return machine


class Written(NamedTuple):
    """A core file that was written."""

    size_bytes: int
    unreadable_bytes: int


def write_core(pid: int, path: str, going_on: GoingOn, standing: AbstractContextManager[StopReport]) -> Written | None:
    """Write a core file; None where ``going_on`` ended it. The file is not there then, nor after an error.

    ``standing`` holds the process for the time of a ``with`` block.

    Raises:
        UsageError: there is such a file.
        UnsupportedError: this machine is not known; nothing is stopped then.
        TargetGoneError: the process ended.
        TargetError: the file can't be written, or the process not be read.
    """
    machine = _machine(pid)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already", why="dump overwrites nothing", hint=f"dump {path}.2") from None
    except OSError as error:
        raise _not_written(path, error) from None
    written = None
    try:
        with standing as report:
            if report.problem:
                raise TargetError(f"process {pid} can't be made to stand still", why=report.problem, hint="dump")
            written = _Dump(pid, machine, fd, sorted(report.held)).write(going_on)
    except OSError as error:
        raise _not_written(path, error) from None
    finally:
        os.close(fd)
        if written is None:
            with suppress(OSError):
                os.unlink(path)
    return written


def _not_written(path: str, error: OSError) -> TargetError:
    return TargetError(f"{path} can't be written", why=os.strerror(error.errno or 0), hint="dump /tmp/core")


class _Dump:
    """One core file."""

    def __init__(self, pid: int, machine: Machine, fd: int, native_ids: list[int]) -> None:
        self._pid = pid
        self._machine = machine
        self._fd = fd
        inner = {outer: inner for inner, outer in LiveSurroundings(pid).native_ids().items()}
        self._threads = [(native_id, inner.get(native_id, native_id)) for native_id in native_ids]
        self._threads.sort(key=lambda thread: thread[0] != pid)  # the main thread first: it is shown first
        self._inner_pid = inner.get(pid, pid)
        try:
            self._mappings = _mappings(pid)
        except OSError:
            raise TargetGoneError(
                f"process {pid} has ended", why="it has no memory any more", hint="pydelve ps"
            ) from None

    def write(self, going_on: GoingOn) -> Written | None:
        """The headers and notes, then the memory."""
        notes = self._notes()
        segments: list[tuple[_Mapping, Segment]] = []
        many = len(self._mappings) + 1 >= _MANY
        notes_at = _HEADER_BYTES + _PROGRAM_HEADER_BYTES * (len(self._mappings) + 1) + _SECTION_HEADER_BYTES * many
        place = _aligned(notes_at + len(notes))
        for mapping in self._mappings:
            size = mapping.end - mapping.start
            stored = size if mapping.own else PAGE_SIZE if mapping.offset == 0 and mapping.path.startswith("/") else 0
            segments.append((mapping, Segment(mapping.start, size, place, stored)))
            place += stored
        self._put(0, self._headers(segments, notes_at, len(notes), many=many) + notes)
        total = sum(segment.stored for _, segment in segments)
        done = unreadable = 0
        with open(f"/proc/{self._pid}/mem", "rb", buffering=0) as memory:
            for _, segment in segments:
                for at in range(0, segment.stored, _CHUNK_BYTES):
                    if not going_on(done, total):
                        return None
                    size = min(_CHUNK_BYTES, segment.stored - at)
                    unreadable += self._copy(memory.fileno(), segment.start + at, segment.offset + at, size)
                    done += size
        os.ftruncate(self._fd, place)
        going_on(done, total)
        return Written(place, unreadable)

    def _copy(self, memory: int, address: int, place: int, size: int) -> int:
        """Copy a piece; gives how many bytes of it can't be read: there may be more behind them."""
        unreadable = done = 0
        while done < size:
            try:
                data = os.pread(memory, size - done, address + done)
            except OSError:  # one page of it, or all: a C library guards the stacks of threads so
                unreadable, done = unreadable + PAGE_SIZE, done + PAGE_SIZE
                continue
            if not data:  # the process has ended
                return unreadable + size - done
            self._copy_pages(data, place + done)
            done += len(data)
        return unreadable

    def _copy_pages(self, data: bytes, place: int) -> None:
        """Put those that are not zeros alone."""
        if any(data):
            for at in range(0, len(data), PAGE_SIZE):
                page = data[at : at + PAGE_SIZE]
                if page != _ZEROS:
                    self._put(place + at, page)

    def _put(self, place: int, data: bytes) -> None:
        while data:
            count = os.pwrite(self._fd, data, place)
            data, place = data[count:], place + count

    # -- the container -------------------------------------------------------------------------------------------------

    def _headers(
        self, segments: list[tuple[_Mapping, Segment]], notes_at: int, notes_size: int, *, many: bool
    ) -> bytes:
        count = len(segments) + 1
        sections = (notes_at - _SECTION_HEADER_BYTES, _SECTION_HEADER_BYTES, 1) if many else (0, 0, 0)
        parts = [
            pack(
                "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, self._machine.elf, 1, 0, _HEADER_BYTES, sections[0], 0,
                _HEADER_BYTES, _PROGRAM_HEADER_BYTES, _MANY if many else count, sections[1], sections[2], 0,
            ),
            pack("<IIQQQQQQ", 4, 0, notes_at, 0, 0, notes_size, 0, 4),
        ]  # fmt: skip
        for mapping, segment in segments:
            flags = sum(bit for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if letter in mapping.rights)
            parts.append(
                pack(
                    "<IIQQQQQQ", 1, flags, segment.offset, segment.start, 0, segment.stored, segment.size, PAGE_SIZE,
                )
            )  # fmt: skip
        if many:
            parts.append(pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, count, 0, 0))
        return b"".join(parts)

    def _notes(self) -> bytes:
        parts = [_note(_PRPSINFO, self._process())]
        for native_id, inner_id in self._threads:
            status = bytearray(status_bytes(self._machine))
            status[32:36] = pack("<i", inner_id)
            status[36:40] = pack("<i", self._inner_pid)
            registers = registers_of(native_id)
            status[REGISTERS_AT : REGISTERS_AT + len(registers)] = registers
            parts.append(_note(_PRSTATUS, bytes(status)))
        with open(f"/proc/{self._pid}/auxv", "rb") as file:
            parts.append(_note(_AUXV, file.read()))
        files = [mapping for mapping in self._mappings if mapping.path.startswith("/")]
        table = b"".join(pack("<QQQ", each.start, each.end, each.offset // PAGE_SIZE) for each in files)
        names = b"".join(os.fsencode(each.path) + b"\0" for each in files)
        parts.append(_note(_FILE, pack("<QQ", len(files), PAGE_SIZE) + table + names))
        return b"".join(parts)

    def _process(self) -> bytes:
        """``struct elf_prpsinfo``."""
        words = kernel.command_line(self._pid).rstrip(b"\0").replace(b"\0", b" ")
        with open(f"/proc/{self._pid}/comm", "rb") as file:
            name = file.read().rstrip(b"\n")
        owner = os.stat(f"/proc/{self._pid}")
        return pack(
            "<bcbb4xQIIiiii16s80s", 0, b"R", 0, 0, 0, owner.st_uid, owner.st_gid, self._inner_pid, 0, 0, 0, name[:15],
            words[:79],
        )  # fmt: skip


def _note(kind: int, body: bytes) -> bytes:
    return pack("<III8s", 5, len(body), kind, b"CORE") + body + bytes(-len(body) % 4)


def _aligned(place: int) -> int:
    return -(-place // PAGE_SIZE) * PAGE_SIZE


def _mappings(pid: int) -> list[_Mapping]:
    """What is readable, with whether some of it is in no file, or is no longer what the file has."""
    found: list[_Mapping] = []
    with open(f"/proc/{pid}/smaps", "rb") as file:
        for line in file:
            head = line.split(None, 5)
            if b"-" in head[0] and not head[0].endswith(b":"):
                start, _, end = head[0].partition(b"-")
                path = os.fsdecode(head[5].rstrip(b"\n")) if len(head) > 5 else ""
                rights = head[1].decode()
                own = not path.startswith("/") or path.endswith(" (deleted)") or path.startswith("/dev/")
                found.append(_Mapping(int(start, 16), int(end, 16), rights, int(head[2], 16), path, own))
            elif line.startswith(b"Anonymous:") and int(line.split()[1]) and found:
                found[-1] = found[-1]._replace(own=True)
    return [each for each in found if "r" in each.rights and each.path not in _SPECIAL]
