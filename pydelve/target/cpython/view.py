"""What a CPython is doing, as the api's types: its memory joined to what its surroundings tell.

Where bytes come from, and what the kernel knows of a thread, is a :class:`Surroundings`'s affair: a live process
(``target/live/surroundings.py``) or a core file. Nothing here stops or changes anything. What is kept is dropped by
:meth:`View.forget`: after the target ran.
"""

from __future__ import annotations

from pydelve.api.snapshot import Activity
from pydelve.api.target import Frame
from pydelve.light_typing import NamedTuple, Protocol
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.interpreters import InterpreterReader, RawThread
from pydelve.target.cpython.layout import Layout, Runtime
from pydelve.target.cpython.locks import LockReader, Waiting
from pydelve.target.cpython.memory import Memory
from pydelve.target.cpython.objects import ObjectReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAIN_THREAD = "MainThread"
"""What ``threading`` will call the main thread, if it is ever imported."""
LIBRARY_PARTS = (
    "/site-packages/", "/dist-packages/", *(f"/lib/python3.{minor}/" for minor in range(9, 16)),
)  # fmt: skip


class SystemCall(NamedTuple):
    """What a thread waits in."""

    number: int
    name: str
    """"" where it has none here."""
    first: int
    """Its first argument."""


class Surroundings(Protocol):
    """What the memory of a process does not tell."""

    def native_ids(self) -> dict[int, int]:
        """The kernel's threads as we see them, by what the process itself sees, which differs in a container."""
        ...

    def thread_name(self, native_id: int) -> str:
        """A thread that ``threading`` does not know: the main one, else what the kernel calls it, if not as all."""
        ...

    def system_call(self, native_id: int) -> SystemCall | bool:
        """What a thread waits in; True where it is in none, False where that is not known."""
        ...

    def section(self, name: str) -> int:
        """Address of a section of that name, in one of the files that an interpreter is of; 0 where none has it."""
        ...

    def absolute(self, file: str) -> str:
        """A file's name as the process knows it, as an absolute path without symlinks where that can be told."""
        ...


class View:
    """Reads the threads and frames of one process."""

    def __init__(self, memory: Memory, runtime: Runtime, layout: Layout, surroundings: Surroundings) -> None:
        """Reads nothing yet.

        Raises:
            UnreadableError: that layout can't be right.
        """
        self.memory = memory
        self.surroundings = surroundings
        self.layout = layout
        self._runtime = runtime
        self.forget()

    def forget(self) -> None:
        """Read everything anew from here on."""
        self.memory.forget()
        self.objects = ObjectReader(self.memory, self.layout)
        self.interpreters = InterpreterReader(self.objects, self._runtime)
        self.frames = FrameReader(self.objects)
        self._described: dict[tuple[int, int, int], Frame] = {}
        self._modules: dict[int, str] = {}
        self._calls: dict[int, SystemCall | bool] = {}

    def name(self, raw: RawThread, native_id: int, names: dict[int, str]) -> str:
        """``threading``'s name for a thread, else the kernel's."""
        return names.get(raw.ident) or (self.surroundings.thread_name(native_id) if native_id else "")

    def activity(self, raw: RawThread, native_id: int) -> tuple[Activity, str]:
        """What a thread does, and the system call that it waits in."""
        call = self._system_call(native_id)
        if call is False:
            return "unknown", ""
        if call is True:
            return ("running" if raw.holds_gil else "running in C"), ""
        if call.name == "futex" and raw.gil <= call.first < raw.gil + self.interpreters.gil_size:
            return "waiting for the GIL", call.name
        return "waiting", call.name or f"system call {call.number}"

    def _system_call(self, native_id: int) -> SystemCall | bool:
        if native_id not in self._calls:
            self._calls[native_id] = self.surroundings.system_call(native_id) if native_id else False
        return self._calls[native_id]

    def lock_waits(self, threads: Iterable[tuple[RawThread, int, list[RawFrame]]]) -> dict[int, Waiting]:
        """What each thread waits for, by ident, where that is one of Python's locks.

        Args:
            threads: Each with its native id and its frames.
        """
        stacks, futexes = {}, {}
        for raw, native_id, frames in threads:
            stacks[raw.ident] = frames
            call = self._system_call(native_id)
            inside = not isinstance(call, bool) and raw.gil <= call.first < raw.gil + self.interpreters.gil_size
            if not isinstance(call, bool) and call.name == "futex" and not inside:
                futexes[raw.ident] = call.first
        return LockReader(self.objects, self.frames).waits(stacks, futexes) if futexes else {}

    def frame(self, index: int, raw: RawFrame) -> Frame:
        """A frame for people."""
        key = (raw.code.address, raw.line, index)
        known = self._described.get(key)
        if known is None:
            code, file = raw.code, self.surroundings.absolute(raw.code.file)
            module = self._modules.get(code.address)
            if module is None:
                module = self._modules[code.address] = self.frames.globals_name(raw)
            known = Frame(index, code.name, module, file, raw.line, code.first_line, is_library(file))
            self._described[key] = known
        return known


def is_library(file: str) -> bool:
    """By its path alone: the interpreter's own folders, installed packages, and what has no file."""
    return file.startswith("<") or any(part in file for part in LIBRARY_PARTS)
