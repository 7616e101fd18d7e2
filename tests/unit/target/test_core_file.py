"""Core files whose headers are damaged: what can't be read is unreadable, and nothing else goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack

import pytest

from pydelve.errors import UnsupportedError
from pydelve.target.core import writing
from pydelve.target.core.file import CoreFile, CoreFormatError
from pydelve.target.core.memory import CoreMemory
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.live.ptrace import StopReport
from pydelve.target.machines.known import MACHINES
from pydelve.target.machines.machine import Machine

_START, _MAPPED = 0x5000_0000_0000, 0x6000_0000_0000


def core(path: Path, offset: int, mapped_offset: int) -> Path:
    """One with a segment that is stored at an offset, and one file that was mapped from one, in pages."""
    name = b"/bin/sh\0"
    table = pack("<QQ", 1, 4096) + pack("<QQQ", _MAPPED, _MAPPED + 4096, mapped_offset) + name
    notes = pack("<III8s", 5, len(table), 0x46494C45, b"CORE") + table
    header = pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    segments = pack("<IIQQQQQQ", 4, 0, 176, 0, 0, len(notes), 0, 4)
    segments += pack("<IIQQQQQQ", 1, 6, offset, _START, 0, 4096, 4096, 4096)
    path.write_bytes(header + segments + notes)
    return path


@pytest.mark.parametrize("offset", [1 << 63, (1 << 64) - 4096, 1 << 62])
def test_offsets_that_no_file_has(tmp_path: Path, offset: int) -> None:
    memory = CoreMemory(CoreFile(str(core(tmp_path / "core", offset, offset // 4096))), {})
    with pytest.raises(UnreadableError):
        memory.read(_START, 8)
    if offset >= 1 << 63:
        with pytest.raises(UnreadableError):
            memory.read(_MAPPED, 8)
    memory.close()


def core_of(path: Path, machine: int, registers: int) -> Path:
    """One without memory, of a machine with so many registers: they have the values 0, 1, 2 and so on."""
    status = pack("<12xh18xi76x", 6, 4711) + pack(f"<{registers}Q", *range(registers)) + bytes(8)
    notes = pack("<III8s", 5, len(status), 1, b"CORE") + status
    header = pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    path.write_bytes(header + pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(notes), 0, 4) + notes)
    return path


@pytest.mark.parametrize("machine", MACHINES, ids=[machine.name for machine in MACHINES])
def test_threads_of_each_machine(tmp_path: Path, machine: Machine) -> None:
    (thread,) = CoreFile(str(core_of(tmp_path / "core", machine.elf, len(machine.registers)))).threads
    assert (thread.native_id, thread.signal) == (4711, 6)
    assert thread.registers == {name: index for index, name in enumerate(machine.registers)}


def test_cores_of_other_machines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CoreFormatError, match=r"^it is of another machine than x86_64 and aarch64$"):
        CoreFile(str(core_of(tmp_path / "core", 243, 32)))


def test_on_a_machine_that_is_not_known_nothing_is_stopped_and_no_core_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "native", lambda: None)
    stops = []

    @contextmanager
    def standing() -> Iterator[StopReport]:
        stops.append(1)
        yield StopReport()

    with pytest.raises(UnsupportedError) as caught:
        writing.write_core(7, str(tmp_path / "core"), lambda done, total: True, standing())
    assert caught.value.message == "no core of process 7 can be written"
    assert (stops, list(tmp_path.iterdir())) == ([], [])
