"""One look at a live process: stops all its threads, reads their stacks from memory, lets them go. No code runs in it.

The part that stands still is as short as can be: everything that needs no stop is done before and after. Called by the
command line, on its main thread, which does all of ptrace.
"""

from __future__ import annotations

import os
import time
from contextlib import closing, nullcontext, suppress

from pydelve.api.snapshot import Activity, Snapshot, ThreadStack
from pydelve.api.target import Frame
from pydelve.api.values import Limits, Variable
from pydelve.errors import TargetError, UnsupportedError
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.interpreters import InterpreterReader, RawThread
from pydelve.target.cpython.layout import Layout, Runtime, choose_layout
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.cpython.values import ValueReader
from pydelve.target.live import kernel
from pydelve.target.live.memory import ProcessMemory, check_process, find_runtime
from pydelve.target.live.ptrace import StopReport, stopped, thread_ids

_ATTEMPTS = 5
_FUTEX = 202  # asm/unistd_64.h of Linux on x86-64


def look(pid: int, limits: Limits | None, *, stop: bool = True) -> Snapshot:
    """All threads of a process with their frames, and with their locals where ``limits`` are given.

    Raises:
        TargetGoneError: there is no such process, or it has ended.
        TargetError: it may not be looked into, is ourselves, or is no place to look at now.
        NotAPythonError, UnsupportedError: it is no CPython, or none whose structures are known.
    """
    pid, letter = check_process(pid)
    with closing(ProcessMemory(pid)) as memory:
        runtime = find_runtime(pid, memory)
        try:
            layout = choose_layout(memory, runtime)
        except UnreadableError as error:
            raise _unreadable(pid, error) from None
        except UnsupportedError as error:
            raise UnsupportedError(f"process {pid}: {error.message}", why=error.why, hint=error.hint) from None
        problems = []
        if letter in "Tt":
            problems.append("the process was stopped before, by a signal or by another debugger")
        if not layout.exact:
            problems.append("its exact layout is not known; that of the nearest version is used")
        command, cwd = _command(pid), _link(f"/proc/{pid}/cwd")
        begun = time.perf_counter()
        with stopped(pid) if stop else nullcontext(StopReport()) as report:
            memory.forget()
            threads, damage = _Look(pid, memory, runtime, layout, limits).threads(exact=stop and not report.problem)
        took_s = time.perf_counter() - begun
    if report.problem:
        problems.append(f"it could not be stopped: {report.problem}")
    if damage:
        problems.append(f"the list of threads is not whole: {damage}")
    return Snapshot(
        pid, _version_text(runtime), command, cwd, tuple(threads), stop and not report.problem, took_s, tuple(problems)
    )


def _command(pid: int) -> tuple[str, ...]:
    return tuple(os.fsdecode(word) for word in kernel.command_line(pid).split(b"\0")[:-1])


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _version_text(runtime: Runtime) -> str:
    return ".".join(str(part) for part in runtime.version if part >= 0)


def _unreadable(pid: int, error: UnreadableError) -> TargetError:
    return TargetError(
        f"the threads of process {pid} can't be read", why=str(error), hint=f"try again: pydelve stack {pid}"
    )


class _Look:
    """Reads one process once."""

    def __init__(
        self, pid: int, memory: ProcessMemory, runtime: Runtime, layout: Layout, limits: Limits | None
    ) -> None:
        self._pid = pid
        self._memory = memory
        self._runtime = runtime
        self._layout = layout
        self._limits = limits
        self._files = _FileNames(pid)
        self._reset()

    def _reset(self) -> None:
        self._memory.forget()
        self._objects = ObjectReader(self._memory, self._layout)
        self._interpreters = InterpreterReader(self._objects, self._runtime)
        self._frames = FrameReader(self._objects)
        self._values = ValueReader(self._objects, self._limits) if self._limits else None
        self._described: dict[tuple[int, int], Frame] = {}

    def threads(self, *, exact: bool) -> tuple[list[ThreadStack], str]:
        """The threads, and what is missing. What runs may change while it is read: then it is read again."""
        outer_ids = _namespace_ids(self._pid)
        raw, damage = self._raw_threads(set(outer_ids), 1 if exact else _ATTEMPTS)
        names = self._interpreters.thread_names()
        return [self._thread(thread, names, outer_ids) for thread in reversed(raw)], damage

    def _raw_threads(self, native_ids: set[int], attempts: int) -> tuple[list[RawThread], str]:
        while True:
            attempts -= 1
            try:
                return self._interpreters.threads(native_ids)
            except UnreadableError as error:
                if not attempts:
                    raise _unreadable(self._pid, error) from None
                self._reset()

    def _thread(self, raw: RawThread, names: dict[int, str], outer_ids: dict[int, int]) -> ThreadStack:
        native_id = outer_ids.get(raw.native_id, 0)
        activity, detail = self._activity(raw, native_id)
        frames, problem = self._frames.frames(raw.address)
        variables: tuple[tuple[Variable, ...], ...] = ()
        if self._values is not None:
            values = self._values
            variables = tuple(self._frames.variables(frame, values) for frame in frames)
        return ThreadStack(
            native_id, raw.ident, names.get(raw.ident) or _kernel_name(self._pid, native_id), activity, detail,
            raw.holds_gil, tuple(self._frame(index, frame) for index, frame in enumerate(frames)), variables,
            raw.interpreter, problem,
        )  # fmt: skip

    def _activity(self, raw: RawThread, native_id: int) -> tuple[Activity, str]:
        words = _words(f"/proc/{self._pid}/task/{native_id}/syscall") if native_id else []
        if not words:
            return "unknown", ""
        if words[0] in (b"running", b"-1"):
            return ("running" if raw.holds_gil else "running in C"), ""
        number = int(words[0])
        name = kernel.call_name(number)
        if number == _FUTEX and name and raw.gil <= int(words[1], 16) < raw.gil + self._interpreters.gil_size:
            return "waiting for the GIL", name
        return "waiting", name or f"system call {number}"

    def _frame(self, index: int, raw: RawFrame) -> Frame:
        key = (raw.code.address, raw.line)
        known = self._described.get(key)
        if known is None:
            file = self._files.absolute(raw.code.file)
            known = Frame(
                0, raw.code.name, self._frames.globals_name(raw), file, raw.line, raw.code.first_line, _is_library(file)
            )
            self._described[key] = known
        return Frame(index, known.function, known.module, known.file, known.line, known.first_line, known.library)


class _FileNames:
    """File names of code as absolute paths: by the process's folder, and without symlinks where it sees our files."""

    def __init__(self, pid: int) -> None:
        self._cwd = _link(f"/proc/{pid}/cwd")
        self._same_files = (
            _link(f"/proc/{pid}/ns/mnt") == _link("/proc/self/ns/mnt") and _link(f"/proc/{pid}/root") == "/"
        )
        self._known: dict[str, str] = {}

    def absolute(self, name: str) -> str:
        if name.startswith("<") or not name:
            return name
        known = self._known.get(name)
        if known is None:
            known = os.path.normpath(os.path.join(self._cwd, name))
            if self._same_files:
                with suppress(OSError, ValueError):
                    known = os.path.realpath(known)
            self._known[name] = known
        return known


def _is_library(file: str) -> bool:
    """By its path alone: the interpreter's own folders, installed packages, and what has no file."""
    return file.startswith("<") or any(part in file for part in _LIBRARY_PARTS)


_LIBRARY_PARTS = (
    "/site-packages/", "/dist-packages/", *(f"/lib/python3.{minor}/" for minor in range(9, 16)),
)  # fmt: skip


def _kernel_name(pid: int, native_id: int) -> str:
    """The thread's name where it has one of its own (3.14 and newer give it the Python name)."""
    if not native_id:
        return ""
    name, process = (_comm(path) for path in (f"/proc/{pid}/task/{native_id}/comm", f"/proc/{pid}/comm"))
    return name if name != process else ""


def _comm(path: str) -> str:
    with suppress(OSError), open(path, encoding="utf-8", errors="backslashreplace") as file:
        return file.read().rstrip("\n")
    return ""


def _namespace_ids(pid: int) -> dict[int, int]:
    """Native ids as we see them by those that the process itself sees, which differ in a container."""
    ids = thread_ids(pid)
    if len(_namespace_pids(pid, pid)) < 2:
        return {native_id: native_id for native_id in ids}
    return {inner[-1]: native_id for native_id in ids if (inner := _namespace_pids(pid, native_id))}


def _namespace_pids(pid: int, native_id: int) -> list[int]:
    with suppress(OSError), open(f"/proc/{pid}/task/{native_id}/status", "rb") as file:
        for line in file:
            if line.startswith(b"NSpid:"):
                return [int(word) for word in line.split()[1:]]
    return []


def _words(path: str) -> list[bytes]:
    with suppress(OSError), open(path, "rb") as file:
        return file.read().split()
    return []
