"""asyncio's tasks in memory: where they are found, and what each waits for. As the agent's ``asyncio_tasks.py``.

Up to 3.13 asyncio keeps weak sets of all tasks. From 3.14 on those of C are in linked lists, one of each thread and
one of the interpreter, for threads that have ended (Modules/_asynciomodule.c: ``register_task``); those of Python are
in the weak set still. Only the main interpreter's are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pydelve.agent.tasks.shapes import LOOP, OUTERMOST_WAITER, WAITERS
from pydelve.api.tasks import TaskState
from pydelve.target.cpython.coroutines import CoroutineReader
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.futures import FutureReader
from pydelve.target.cpython.interpreters import InterpreterReader, RawThread
from pydelve.target.cpython.layouts.asyncio_futures import TABLES
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader

_MOST_TASKS = 1_000_000
_STATED_WORDS = 13
_STATED = {"interpreter.tasks": 8, "thread.task": 11, "thread.tasks": 12}
"""Which word of asyncio's own statement says it."""
_CHECKED = {"task._size": 0, "task.name": 1, "task.coroutine": 5, "task.node": 6}
_MOST_OFFSET = 1 << 24
_MANY = {"list", "tuple", "set", "frozenset"}


class AsyncioReader:
    """Reads the tasks of one process. What can't be read raises ``UnreadableError`` but where said otherwise."""

    def __init__(
        self, objects: ObjectReader, interpreters: InterpreterReader, frames: FrameReader, section: Callable[[str], int]
    ) -> None:
        """``section`` as ``Surroundings.section``."""
        self.futures = FutureReader(objects)
        self.coroutines = CoroutineReader(objects, frames)
        self._objects = objects
        self._memory = objects.memory
        self._interpreters = interpreters
        self._frames = frames
        self._threads: dict[int, int] = {}
        """Idents by the address of a loop."""
        self._section = section
        self._places: dict[str, int] = {}
        self._when: dict[int, int] = {}
        """Where handles of timers have their time, by the address of their class."""

    # -- finding -------------------------------------------------------------------------------------------------------

    def all(self, threads: Iterable[RawThread]) -> tuple[list[int], list[str]]:
        """Addresses of all tasks, those that are done included where asyncio still has them, and what kept the list
        from being whole. Raises nothing.
        """
        found: dict[int, None] = {}
        problems: list[str] = []
        try:
            names = self._interpreters.names_of("asyncio.tasks")
        except UnreadableError as error:
            return [], [f"asyncio's module can't be read: {error}"]
        for what, source in self._sources(names, threads) if names else ():
            try:
                for task in source():
                    found[task] = None
            except UnreadableError as error:
                problems.append(f"{what} can't be read: {error}")
        return list(found), problems

    def _sources(self, names: int, threads: Iterable[RawThread]) -> Iterator[tuple[str, Callable[[], Iterator[int]]]]:
        """Where tasks are, each with what it is called."""
        for name in ("_all_tasks", "_scheduled_tasks"):
            yield f"asyncio.tasks.{name}", lambda name=name: self._weak_set(names, name)  # type: ignore[misc]
        yield "asyncio.tasks._eager_tasks", lambda: self._set(names, "_eager_tasks")
        if self._objects.minor >= 14:
            yield "the interpreter's list of tasks", self._left_behind
            for thread in threads:
                if thread.interpreter == 0:
                    head = thread.address + self._place("thread.tasks")
                    yield f"the list of tasks of thread {thread.ident}", lambda head=head: self._list(head)  # type: ignore[misc]

    def _weak_set(self, names: int, name: str) -> Iterator[int]:
        """Elements of a ``weakref.WeakSet``: a set of weak references, in its instance's dict."""
        objects = self._objects
        registry = objects.entry(names, name)
        data = objects.stored(registry, objects.type_of(registry), "data") if registry else 0
        for reference in self._elements(data):
            if "weakref" not in objects.type_of(reference).static_name:
                raise UnreadableError("a weak set with something else in it")
            task = self._memory.word(reference + objects.at["weakref.object"])
            if task and objects.type_of(task).kind != "none":
                yield task

    def _set(self, names: int, name: str) -> Iterator[int]:
        for task in self._elements(self._objects.entry(names, name)):
            if not self.futures.is_task(task):
                raise UnreadableError("a set of tasks with something else in it")
            yield task

    def _elements(self, address: int) -> Iterator[int]:
        kind = self._objects.type_of(address).kind if address else "none"
        if kind in {"set", "frozenset"}:
            yield from self._objects.set_elements(address, whole=True)
        elif kind in {"list", "tuple"}:
            yield from self._objects.elements(address, kind, _MOST_TASKS)

    def _left_behind(self) -> Iterator[int]:
        yield from self._list(self._interpreters.main() + self._place("interpreter.tasks"))

    def _list(self, head: int) -> Iterator[int]:
        """Tasks of a circular list (Include/internal/pycore_llist.h): next, previous; the head is in none of them."""
        offset = TABLES[self._objects.minor]["task.node"]
        previous, node = head, self._memory.word(head)
        for _ in range(_MOST_TASKS):
            following, back = self._memory.words(node, 2)
            if back != previous:
                raise UnreadableError("its links don't fit")
            if node == head:
                return
            self.futures.check_c_task(node - offset)
            yield node - offset
            previous, node = node, following
        raise UnreadableError("it does not end")

    def _place(self, name: str) -> int:
        """An offset that moves between micro versions: as asyncio states it, else the table's."""
        if not self._places:
            self._places = {each: self._objects.at[each] for each in _STATED}
            self._places.update(self._stated())
        return self._places[name]

    def _stated(self) -> dict[str, int]:
        """What ``Py_AsyncioModuleDebugOffsets`` says (Modules/_asynciomodule.c, 3.14 and newer), if it is plausible."""
        try:
            address = self._section(".AsyncioDebug")
            words = self._memory.words(address, _STATED_WORDS) if address else ()
        except UnreadableError:
            return {}
        table = TABLES[self._objects.minor]
        if not words or any(words[at] != table[name] for name, at in _CHECKED.items()):
            return {}
        return {name: words[at] for name, at in _STATED.items() if words[at] < _MOST_OFFSET}

    def current(self, thread: RawThread) -> int:
        """Address of the task that a thread is in the middle of; 0 where it is in none."""
        objects = self._objects
        names = self._interpreters.names_of("asyncio.tasks")
        if not names:
            return 0
        if objects.minor >= 14:
            task = self._memory.word(thread.address + self._place("thread.task"))
            return task if task and self.futures.is_task(task) else 0
        table = objects.entry(names, "_current_tasks")
        if not table or objects.type_of(table).kind != "dict":
            return 0
        tasks = [task for _, task in objects.dict_entries(table) if objects.type_of(task).kind != "none"]
        return next((task for task in tasks if self.thread(task) in {thread.ident, 0}), 0)

    # -- one task ------------------------------------------------------------------------------------------------------

    def state(self, task: int) -> TaskState:
        """As ``api.tasks.TaskState`` says."""
        state = self.futures.state(task)
        if state == "CANCELLED":
            return "cancelled"
        if state == "FINISHED":
            return "failed" if self.futures.has_failed(task) else "finished"
        if self.coroutines.is_running(self.futures.coroutine(task)):
            return "running"
        future = self.futures.waiter(task)
        return "waiting" if future and self.futures.state(future) == "PENDING" else "runnable"

    def thread(self, task: int) -> int:
        """Ident of the thread that its loop runs in; 0 where that is not known."""
        loop = self.futures.loop(task)
        if loop not in self._threads:
            found = self._objects.stored(loop, self._objects.type_of(loop), "_thread_id") if loop else 0
            known = bool(found) and self._objects.type_of(found).kind == "int"
            self._threads[loop] = self._objects.integer(found) if known else 0
        return self._threads[loop]

    def awaits(self, task: int, frames: Sequence[RawFrame]) -> tuple[str, list[int]]:
        """How it waits, and for which tasks; ``frames``: its own, outermost first."""
        future = self.futures.waiter(task)
        if not future:
            return "", []
        how, found = self.futures.behind(future)
        if found:
            return how, found
        how, members = self._waited_for(frames)
        return how, [each for member in members for each in self.futures.behind(member)[1]]

    def _waited_for(self, frames: Sequence[RawFrame]) -> tuple[str, list[int]]:
        """What a function of asyncio, which a task is in, waits for, and how that is called."""
        objects = self._objects
        for frame in frames[: -OUTERMOST_WAITER - 1 : -1]:
            known = WAITERS.get(frame.code.name.rpartition(".")[2])
            if known is None or not frame.code.file.endswith(known[0]):
                continue
            value = self._frames.local(frame, known[1])
            if value and known[2]:
                value = objects.stored(value, objects.type_of(value), known[2])
            if value and objects.type_of(value).kind in _MANY:
                return known[3], list(self._elements(value))
            return known[3], [value] if value and objects.type_of(value).kind != "none" else []
        return "", []

    # -- times ---------------------------------------------------------------------------------------------------------

    def sleep(self, frame: RawFrame) -> tuple[float, float] | None:
        """The delay that a frame of ``asyncio.sleep`` was asked for, and the loop's time when it ends; None where they
        are not told.
        """
        delay = self._number(self._frames.local(frame, "delay"))
        handle = self._frames.local(frame, "h")
        if delay is None or not handle:
            return None
        info = self._objects.type_of(handle)
        if info.address not in self._when:
            self._when[info.address] = dict(self._objects.slot_places(info)).get("_when", 0)
        offset = self._when[info.address]
        when = self._number(self._memory.word(handle + offset)) if offset else None
        return None if when is None else (delay, when)

    def turn_began(self, frames: Sequence[RawFrame]) -> float | None:
        """The loop's time when the turn began that a thread is in; None where it is in none of asyncio's own.

        Args:
            frames: The thread's, innermost first.
        """
        for frame in frames:
            if is_function(frame, LOOP):
                return self._number(self._frames.local(frame, "end_time"))
        return None

    def _number(self, address: int) -> float | None:
        info = self._objects.type_of(address) if address else None
        if info is None or not info.plain:
            return None
        if info.kind == "float":
            return self._objects.floats(address + self._objects.at["float.value"], 1)[0]
        if info.kind != "int":
            return None
        try:
            return float(self._objects.integer(address))
        except OverflowError:
            raise UnreadableError("a time of implausible size") from None


def is_function(frame: RawFrame, function: tuple[str, str]) -> bool:
    """Is it the frame of a function, by its name and the end of its file's?"""
    return frame.code.name.rpartition(".")[2] == function[0] and frame.code.file.endswith(function[1])
