"""One look at a live process: stops all its threads, reads their stacks from memory, lets them go. No code runs in it.

The part that stands still is as short as can be: everything that needs no stop is done before and after. Called by the
command line, on its main thread, which does all of ptrace.
"""

from __future__ import annotations

import time

from pydelve.api.snapshot import Snapshot, ThreadStack
from pydelve.api.target import LockWait
from pydelve.api.values import Limits, Variable
from pydelve.errors import TargetError, UnsupportedError
from pydelve.target.cpython.frames import RawFrame
from pydelve.target.cpython.interpreters import RawThread
from pydelve.target.cpython.layout import Runtime, choose_layout
from pydelve.target.cpython.locks import Waiting
from pydelve.target.cpython.memory import Memory, UnreadableError
from pydelve.target.cpython.view import Surroundings, View
from pydelve.target.live.memory import ProcessMemory, check_process, find_runtime
from pydelve.target.live.ptrace import Tracer
from pydelve.target.live.surroundings import LiveSurroundings, clock_of, command_of, folder_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydelve.target.cpython.objects import ObjectReader
    from pydelve.target.cpython.values import ValueReader
    from pydelve.target.live.look_tasks import Found

    Variables = Callable[[list[RawFrame]], tuple[tuple[Variable, ...], ...]]
    TaskStacks = Callable[[View, Sequence[tuple[RawThread, list[RawFrame]]], float | None, Variables], Found]
    """What ``look_tasks.task_stacks`` is."""
    Looked = tuple[list[ThreadStack], str, Found]
    """The threads, what is missing of them, and the tasks."""

_ATTEMPTS = 5
_CHANGED = f"the tasks changed while they were read, each of {_ATTEMPTS} times; what was torn least is shown"


def look(pid: int, limits: Limits | None, *, stop: bool = True, tasks: bool = False) -> Snapshot:
    """All threads of a process with their frames, and with their locals where ``limits`` are given; its ``tasks``, too.

    Raises:
        TargetGoneError: there is no such process, or it has ended.
        TargetError: it may not be looked into, is ourselves, or is no place to look at now.
        NotAPythonError, UnsupportedError: it is no CPython, or none whose structures are known.
    """
    pid, letter = check_process(pid)
    with ProcessMemory(pid) as memory:
        runtime = find_runtime(pid, memory)
        surroundings = LiveSurroundings(pid)
        view = known_view(pid, memory, runtime, surroundings)
        problems = []
        if letter in "Tt":
            problems.append("the process was stopped before, by a signal or by another debugger")
        if not view.layout.exact:
            problems.append("its exact layout is not known; that of the nearest version is used")
        command, cwd = command_of(pid), folder_of(pid)
        read_tasks = _task_reader() if tasks else None  # imported before anything is stopped
        read_values = _value_reader(limits) if limits else None
        begun = time.perf_counter()
        with Tracer(pid).stopped(stop=stop) as report:
            memory.forget()
            surroundings.held = report.held
            looking = _Look(pid, view, read_values)
            exact = stop and not report.problem
            threads, damage = looking.threads(exact=exact)
            stacks = None
            if read_tasks is not None:
                found = looking.tasks(read_tasks)
                if any(found.damage) and not exact:
                    threads, damage, found = looking.again(read_tasks, (threads, damage, found))
                    if any(found.damage):
                        problems.append(_CHANGED)
                problems += found.missing
                stacks = found.stacks
        took_s = time.perf_counter() - begun
    if report.problem:
        problems.append(f"it could not be stopped: {report.problem}")
    if damage:
        problems.append(f"the list of threads is not whole: {damage}")
    return Snapshot(
        pid, runtime.text, command, cwd, tuple(threads), stop and not report.problem, took_s, tuple(problems), stacks
    )


def _task_reader() -> TaskStacks:
    from pydelve.target.live.look_tasks import task_stacks  # noqa: PLC0415  most looks ask for none

    return task_stacks


def _value_reader(limits: Limits) -> Callable[[ObjectReader], ValueReader]:
    from pydelve.target.cpython.values import ValueReader  # noqa: PLC0415  most looks show no locals

    return lambda objects: ValueReader(objects, limits)


def known_view(pid: int, memory: Memory, runtime: Runtime, surroundings: Surroundings) -> View:
    """What reads a process, by its interpreter's layout.

    Raises:
        TargetError: its memory can't be read.
        UnsupportedError: its structures are not known.
    """
    try:
        return View(memory, runtime, choose_layout(memory, runtime), surroundings)
    except UnreadableError as error:
        raise unreadable(pid, error) from None
    except UnsupportedError as error:
        raise UnsupportedError(f"process {pid}: {error.message}", why=error.why, hint=error.hint) from None


def unreadable(pid: int, error: UnreadableError) -> TargetError:
    """Its list of threads can't be read."""
    return TargetError(f"the threads of process {pid} can't be read", why=str(error), hint=f"pydelve stack {pid}")


class _Look:
    """Reads one process once."""

    def __init__(self, pid: int, view: View, read_values: Callable[[ObjectReader], ValueReader] | None) -> None:
        self._pid = pid
        self._view = view
        self._read_values = read_values
        self._values: ValueReader | None = None
        self._stacks: list[tuple[RawThread, int, tuple[list[RawFrame], str]]] = []

    def threads(self, *, exact: bool) -> tuple[list[ThreadStack], str]:
        """The threads, and what is missing. What runs may change while it is read: then it is read again."""
        outer_ids = self._view.surroundings.native_ids()
        raw, damage = self._raw_threads(set(outer_ids), 1 if exact else _ATTEMPTS)
        names = self._view.interpreters.thread_names()
        if self._read_values is not None:  # now: reading again has made another reader of objects
            self._values = self._read_values(self._view.objects)
        frames_of = self._view.frames.frames
        stacks = self._stacks = [
            (thread, outer_ids.get(thread.native_id, 0), frames_of(thread.address)) for thread in raw
        ]
        waits = self._view.lock_waits((thread, native_id, frames) for thread, native_id, (frames, _) in stacks)
        native_ids = {thread.ident: native_id for thread, native_id, _ in stacks}
        return [
            self._thread(thread, native_id, frames, problem, names, _lock_wait(waits.get(thread.ident), native_ids))
            for thread, native_id, (frames, problem) in reversed(stacks)
        ], damage

    def tasks(self, read: TaskStacks) -> Found:
        """Those that are not done, by ``task_stacks``. To be asked after the threads."""
        threads = [(raw, frames) for raw, _, (frames, _) in self._stacks]
        return read(self._view, threads, clock_of(self._pid), self._variables)

    def again(self, read: TaskStacks, best: Looked) -> Looked:
        """Threads and tasks of a process that runs, until they don't change meanwhile; at last what was torn least."""
        for _ in range(_ATTEMPTS - 1):
            self._view.forget()
            threads, damage = self.threads(exact=False)
            found = self.tasks(read)
            if found.damage < best[2].damage:
                best = threads, damage, found
            if not any(found.damage):
                break
        return best

    def _variables(self, frames: list[RawFrame]) -> tuple[tuple[Variable, ...], ...]:
        values = self._values
        return () if values is None else tuple(self._view.frames.variables(frame, values) for frame in frames)

    def _raw_threads(self, native_ids: set[int], attempts: int) -> tuple[list[RawThread], str]:
        while True:
            attempts -= 1
            try:
                return self._view.interpreters.threads(native_ids)
            except UnreadableError as error:
                if not attempts:
                    raise unreadable(self._pid, error) from None
                self._view.forget()

    def _thread(
        self, raw: RawThread, native_id: int, frames: list[RawFrame], problem: str, names: dict[int, str],
        lock: LockWait | None,
    ) -> ThreadStack:  # fmt: skip
        view = self._view
        activity, detail = view.activity(raw, native_id)
        return ThreadStack(
            native_id, raw.ident, view.name(raw, native_id, names), activity, detail, raw.holds_gil,
            tuple([view.frame(index, frame) for index, frame in enumerate(frames)]), self._variables(frames),
            raw.interpreter, lock, problem,
        )  # fmt: skip


def _lock_wait(waiting: Waiting | None, native_ids: dict[int, int]) -> LockWait | None:
    """With the owner's native id in place of its ident."""
    if waiting is None:
        return None
    return LockWait(waiting.kind, waiting.address, native_ids.get(waiting.owner, 0))
