"""The memory of a core file: what the file has, and, where it has nothing, what the mapped files have.

A file is believed only where its build id is the one that the core's memory has at the place where it was mapped; what
has none is believed by its path, and said.
"""

from __future__ import annotations

import os
from bisect import bisect_right

from pydelve.target.core.file import CoreFile, MappedFile
from pydelve.target.cpython.memory import PAGE_SIZE, Memory, UnreadableError
from pydelve.target.live.elf import ElfError, build_id

_DELETED = " (deleted)"
_HEAD_BYTES = 1 << 16


class BinaryDiffersError(Exception):
    """A file is not the one that was mapped."""


class CoreMemory(Memory):
    """Reads a core file, and the files that were mapped, as far as they are here."""

    def __init__(self, core: CoreFile, substitutes: dict[str, str]) -> None:
        """``substitutes``: paths to read instead of those that the core names."""
        super().__init__()
        self._core = core
        self._substitutes = substitutes
        self._mapped = sorted(core.files)
        self._starts = [mapped.start for mapped in self._mapped]
        self._open: dict[str, int | str] = {}
        """Descriptor of each mapped file, or why it is not read."""
        self.doubts: list[str] = []
        """Files that are believed by their path alone."""

    def close(self) -> None:
        """Close the mapped files, and the core."""
        for found in self._open.values():
            if isinstance(found, int):
                os.close(found)
        self._open.clear()
        self._core.close()

    def _read_page(self, number: int) -> bytes:
        address = number * PAGE_SIZE
        page = self.stored(address, PAGE_SIZE)
        if len(page) == PAGE_SIZE:
            return page
        segment = self._core.segment_of(address)
        if segment is not None and address - segment.start < segment.stored:
            raise UnreadableError(f"{address:#x} is behind the end of the core file, which is cut")
        return self._of_file(address)

    def stored(self, address: int, size: int) -> bytes:
        """What the core file itself has."""
        segment = self._core.segment_of(address)
        if segment is None:
            return b""
        place = address - segment.start
        return self._core.read(segment.offset + place, max(0, min(size, segment.stored - place)))

    def _of_file(self, address: int) -> bytes:
        index = bisect_right(self._starts, address) - 1
        mapped = self._mapped[index] if index >= 0 else None
        if mapped is None or address >= mapped.end:
            raise UnreadableError(f"{address:#x} is not in the core file")
        fd = self._file(mapped)
        if isinstance(fd, str):
            raise UnreadableError(f"{address:#x} is not in the core file: {fd}")
        try:
            return os.pread(fd, PAGE_SIZE, mapped.offset + address - mapped.start).ljust(PAGE_SIZE, b"\0")
        except (OSError, OverflowError) as problem:  # OverflowError: a damaged table of files says so
            raise UnreadableError(f"{address:#x} can't be read from {mapped.path}: {problem}") from None

    def _file(self, mapped: MappedFile) -> int | str:
        if mapped.path not in self._open:
            try:
                self._open[mapped.path] = self._checked(mapped.path)
            except (OSError, ElfError, BinaryDiffersError) as problem:
                words = problem.strerror if isinstance(problem, OSError) else str(problem)
                self._open[mapped.path] = f"{self.path_of(mapped.path)}: {words}"
        return self._open[mapped.path]

    def check(self, path: str) -> None:
        """Raise UnreadableError where a mapped file is not here, or not the one that was mapped."""
        found = self._file(next(mapped for mapped in self._mapped if mapped.path == path))
        if isinstance(found, str):
            raise UnreadableError(found.partition(": ")[2])

    def path_of(self, path: str) -> str:
        """Where a mapped file is read from."""
        return self._substitutes.get(path, path.removesuffix(_DELETED))

    def _checked(self, path: str) -> int:
        """The file, open, if it is the one that was mapped."""
        here = self.path_of(path)
        if path.endswith(_DELETED) and path not in self._substitutes:
            raise BinaryDiffersError("it was deleted before the core was written")
        fd = os.open(here, os.O_RDONLY | os.O_CLOEXEC)
        try:
            wanted, has = self._build_id_of_core(path), _build_id_of_file(fd)
            if wanted and wanted != has:
                raise BinaryDiffersError(f"its build id is {has or 'none'}, and the core is of {wanted}")
            if not wanted and has:
                self.doubts.append(here)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _build_id_of_core(self, path: str) -> str:
        """As the first page of the mapping tells; "" where the core has not got it."""
        first = min((mapped for mapped in self._mapped if mapped.path == path), key=lambda mapped: mapped.offset)
        head = self.stored(first.start, _HEAD_BYTES) if first.offset == 0 else b""
        return build_id(head)


def _build_id_of_file(fd: int) -> str:
    return build_id(os.pread(fd, _HEAD_BYTES, 0))
