"""What Linux says of a process and its threads, from ``/proc``; nothing here stops or enters anything."""

from __future__ import annotations

import os

from pydelve.target.machines.waits import WAITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = os.uname().machine
_PIECE_BYTES = 4096


def thread_states(pid: int) -> dict[int, str]:
    """The state letter (``R``, ``S``, ``D``...) of each of a process's threads by native id; {} where it is gone."""
    states: dict[int, str] = {}
    for entry in _listed(f"/proc/{pid}/task"):
        stat = _read(f"/proc/{pid}/task/{entry}/stat")
        words = stat.rpartition(b")")[2].split()
        if words:
            states[int(entry)] = words[0].decode("ascii", "replace")
    return states


def system_call(pid: int, native_id: int) -> str:
    """Name of the call a thread waits in; "" where it runs, or the kernel does not say."""
    words = _read(f"/proc/{pid}/task/{native_id}/syscall").split()
    return call_name(int(words[0])) if words and words[0].isdigit() else ""


def thread_name(pid: int, native_id: int) -> str:
    """The kernel's name for a thread that has one of its own; "" for one called as the process is."""
    name, process = _read(f"/proc/{pid}/task/{native_id}/comm"), _read(f"/proc/{pid}/comm")
    return name.decode(errors="backslashreplace").rstrip("\n") if name != process else ""


def call_name(number: int, machine: str = MACHINE) -> str:
    """Name of a system call that threads wait in; "" for others, and on machines whose calls are not known here."""
    return WAITS.get(machine, {}).get(number, "")


def command_line(pid: int) -> bytes:
    """The words of a process's command line, each ended by a zero byte; b"" where it is gone."""
    return _read(f"/proc/{pid}/cmdline")


def pydelve_in(pid: int) -> int:
    """Pid of the pydelve whose agent a process has, by the name of the agent's thread; 0 where it has none.

    One that was killed does not count: its agent finds out, and goes.
    """
    return next((number for number in _agents_in(pid) if b"pydelve" in command_line(number)), 0)


def is_debugged_by_us(pid: int) -> bool:
    """Does a process have an agent of this process's?"""
    return os.getpid() in _agents_in(pid)


def _agents_in(pid: int) -> Iterator[int]:
    """Whose they are."""
    for entry in _listed(f"/proc/{pid}/task"):
        name, _, number = content(f"/proc/{pid}/task/{entry}/comm").partition(b" ")
        if name == b"pydelve" and number.strip().isdigit():
            yield int(number)


def content(path: str) -> bytes:
    """What a file of ``/proc`` about one process or thread holds, by three calls where it is small.

    b"" where it can't be read. The kernel makes it in one piece: a ``status`` with many groups comes in several parts,
    which fit together.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        data = part = os.read(fd, _PIECE_BYTES)
        while len(part) == _PIECE_BYTES:
            part = os.read(fd, _PIECE_BYTES)
            data += part
        return data
    except OSError:
        return b""
    finally:
        os.close(fd)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
