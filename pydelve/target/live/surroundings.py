"""What the kernel tells of a live process on Linux, for looking at it (``cpython/view.py``). Stops nothing."""

from __future__ import annotations

import os
import time

from pydelve.errors import PydelveError
from pydelve.target.cpython.view import MAIN_THREAD, SystemCall
from pydelve.target.live import kernel
from pydelve.target.live.memory import mapped_files, open_mapped, section_among
from pydelve.target.live.ptrace import system_call, thread_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection


class LiveSurroundings:
    """Implements ``Surroundings`` through ``/proc``."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cwd = folder_of(pid)
        self._same_files = link(f"/proc/{pid}/ns/mnt") == link("/proc/self/ns/mnt") and link(f"/proc/{pid}/root") == "/"
        self._known: dict[str, str] = {}
        self.held: Collection[int] = ()
        """Threads that stand still, and are ours to ask."""
        self._sections: dict[str, int] = {}

    def native_ids(self) -> dict[int, int]:
        """See ``Surroundings``."""
        ids = thread_ids(self._pid)
        if len(_namespace_pids(self._pid, self._pid)) < 2:
            return {native_id: native_id for native_id in ids}
        return {inner[-1]: native_id for native_id in ids if (inner := _namespace_pids(self._pid, native_id))}

    def thread_name(self, native_id: int) -> str:
        """See ``Surroundings`` (3.14 and newer give the kernel the Python name)."""
        return MAIN_THREAD if native_id == self._pid else kernel.thread_name(self._pid, native_id)

    def system_call(self, native_id: int) -> SystemCall | bool:
        """See ``Surroundings``."""
        if native_id in self.held and (call := _call_of_held(native_id)):
            return SystemCall(call[0], kernel.call_name(call[0]), call[1])
        words = kernel.content(f"/proc/{self._pid}/task/{native_id}/syscall").split()
        if not words or words[0] in (b"running", b"-1"):
            return bool(words)
        number = int(words[0])
        return SystemCall(number, kernel.call_name(number), int(words[1], 16) if len(words) > 1 else 0)

    def section(self, name: str) -> int:
        """See ``Surroundings``."""
        if name not in self._sections:
            try:
                files = mapped_files(self._pid)
            except PydelveError:  # it has ended: there is nothing to read any more either
                return 0
            found = section_among(files, lambda mapping: open_mapped(self._pid, mapping), name)
            if not found:
                return 0  # its file may be loaded later
            self._sections[name] = found
        return self._sections[name]

    def absolute(self, file: str) -> str:
        """See ``Surroundings``: by the process's folder, and without symlinks where it sees the files that we do."""
        if file.startswith("<") or not file:
            return file
        known = self._known.get(file)
        if known is None:
            known = os.path.normpath(os.path.join(self._cwd, file))
            if self._same_files:
                known = _resolved(known)
            self._known[file] = known
        return known


def _call_of_held(native_id: int) -> tuple[int, int] | None:
    if kernel.MACHINE == "x86_64":
        return system_call(native_id)
    from pydelve.target.live.traced import interrupted_call  # noqa: PLC0415  what others don't need takes time to load
    from pydelve.target.machines.known import native  # noqa: PLC0415

    machine = native()
    return interrupted_call(machine, native_id) if machine else None


def command_of(pid: int) -> tuple[str, ...]:
    """The words it was started with."""
    return tuple(os.fsdecode(word) for word in kernel.command_line(pid).split(b"\0")[:-1])


def folder_of(pid: int) -> str:
    """The folder it is in; "" where that can't be told."""
    return link(f"/proc/{pid}/cwd")


def clock_of(pid: int) -> float | None:
    """What the process's monotonic clock says; None where it has another one than we have, as in some containers."""
    return time.monotonic() if link(f"/proc/{pid}/ns/time") == link("/proc/self/ns/time") else None


def _resolved(path: str) -> str:
    """Without symlinks; as it is where that can't be told."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def link(path: str) -> str:
    """Where a link of ``/proc`` leads to; "" where that can't be told."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _namespace_pids(pid: int, native_id: int) -> list[int]:
    for line in kernel.content(f"/proc/{pid}/task/{native_id}/status").splitlines():
        if line.startswith(b"NSpid:"):
            return [int(word) for word in line.split()[1:]]
    return []
