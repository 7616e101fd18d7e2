"""A target that is only looked at: a live process from outside, or a core file. Implements ``target.Process``.

All it knows it reads from memory (``cpython/view.py``); where the bytes come from, and whether the process can be let
run and be halted again, is a :class:`Source`'s affair. No code of the target runs. Engine's thread.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, Protocol

from pydelve.api.target import CapturedOutput, ExitStatus, Frame, LockWait, StackPart, StopReason, TargetInfo
from pydelve.api.values import Evaluation, Examination, Limits, Value, Variable
from pydelve.errors import AgentError, EvaluationError, PydelveError, TargetError, TargetStateError
from pydelve.target.cpython.evaluation import SafeEvaluator
from pydelve.target.cpython.frames import RawFrame
from pydelve.target.cpython.interpreters import RawThread
from pydelve.target.cpython.locks import Waiting
from pydelve.target.cpython.memory import UnreadableError, read_content
from pydelve.target.cpython.names import FrameNames, ModuleNames, examined, matching
from pydelve.target.cpython.operands import At
from pydelve.target.cpython.tasks import TaskNumbers, TaskReader, ThreadFrames
from pydelve.target.cpython.values import ValueReader
from pydelve.target.cpython.view import View, is_library
from pydelve.target.held import Held
from pydelve.target.interface import (
    Listener,
    ModuleReport,
    ModulesReport,
    Plan,
    Steps,
    StopReport,
    ThreadReport,
    Waiter,
)
from pydelve.target.refusing import ControlRefused
from pydelve.target.task_report import TasksReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN_FRAMES = 20
_LOOK_AFTER_S = 0.5


class Source(Protocol):
    """Where a target is read from."""

    view: View
    info: TargetInfo
    first: int
    """Native id of the thread to show first; 0: the main thread."""
    main: int
    """Native id of the main thread."""
    reason: StopReason
    detail: str
    problems: list[str]
    """What may make what is read less than exact."""
    anew: str
    """What to do where its threads can't be read."""
    exit_fd: int
    """Readable when it has ended; -1 where it can't end."""

    def hold(self) -> str:
        """Make it stand still; gives why it does not, wholly."""
        ...

    def let_go(self) -> None:
        """Let it run."""
        ...

    def clock(self) -> float | None:
        """What its monotonic clock says; None where that is not known."""
        ...

    def look_after(self) -> bool:
        """Called now and then, so that its end can be noticed, and what stops late is let go; True: call it again."""
        ...

    def kill(self) -> tuple[str, str, str] | None:
        """Kill it, and wait until it is gone; where that takes too long, gives a notice's words."""
        ...

    def send(self, number: int) -> None:
        """Send it a signal."""
        ...

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """See ``target.Process``."""
        ...

    def exit_status(self) -> ExitStatus:
        """How it ended, once ``exit_fd`` is readable."""
        ...

    def close(self) -> None:
        """Let go of everything, the target included."""
        ...


class _Thread:
    """A thread of the stop, and its frames, which are read when they are asked for."""

    def __init__(self, view: View, raw: RawThread, native_id: int, name: str) -> None:
        self.raw, self.native_id, self.name = raw, native_id, name
        self._view = view
        self._frames: list[RawFrame] | None = None
        self.ours = False
        """Is it an agent's own thread? Known once its frames are."""

    def read_frames(self) -> list[RawFrame]:
        """See :attr:`frames`."""
        return self.frames

    @property
    def frames(self) -> list[RawFrame]:
        """Innermost first, as far as they can be read, without those of an agent."""
        if self._frames is None:
            found = self._view.frames.frames(self.raw.address)[0]
            self._frames = [frame for frame in found if not _is_agent(frame.code.file)]
            self.ours = bool(found) and not self._frames
        return self._frames


def _is_agent(file: str) -> bool:
    """Is it code of pydelve's own inside a target? By the names that ``attach`` and a launch give it."""
    return file.startswith("<pydelve agent>") or "/pydelve/agent/" in file


class LookingProcess(ControlRefused):
    """One target that is looked at."""

    def __init__(self, source: Source, waiter: Waiter, listener: Listener) -> None:
        """Takes the source over; reads nothing yet: :meth:`halt` comes next."""
        self._source = source
        self._view = source.view
        self._waiter, self._listener = waiter, listener
        self._threads: dict[int, _Thread] = {}
        self._stopped_ident = 0
        self._ended = self._looked_after = False
        self._exact = True
        self.limited = source.info.limited
        self.problems: list[str] = []
        """What may make what is seen less than exact."""
        self._held = Held(source.clock)
        self._numbers = TaskNumbers()
        self._tasks: TaskReader | None = None
        if source.exit_fd >= 0:
            waiter.watch(source.exit_fd, self._on_exit)

    # -- who it is -----------------------------------------------------------------------------------------------------

    @property
    def info(self) -> TargetInfo:
        """See ``target.Process``."""
        return self._source.info

    @property
    def main_ident(self) -> int:
        """See ``target.Process``; known from the first stop on."""
        return next((thread.raw.ident for thread in self._threads.values() if self._is_main(thread)), 0)

    @property
    def main_file(self) -> str:
        """See ``target.Process``."""
        with suppress(UnreadableError):
            return self._module_names().main_file()
        return ""

    @property
    def exact(self) -> bool:
        """See ``target.Process``: do all its threads stand still, in C code too? As the last halt found it."""
        return self._exact

    @property
    def free_threaded(self) -> bool:
        """See ``target.Process``: they are refused."""
        return False

    @property
    def ended(self) -> bool:
        """See ``target.Process``."""
        return self._ended

    # -- running -------------------------------------------------------------------------------------------------------

    def resume(self, plan: Plan) -> None:
        """See ``target.Process``: it may run on, where it is alive, and nothing more."""
        if plan.how != "continue" or "run" not in self.info.capabilities:
            self._refuse("running a core file" if self.info.core else "a step")
        self._threads.clear()
        self._tasks = None
        self._held.ends()
        self._source.let_go()

    def halt(self, reason: Literal["halt", "attach"] = "halt") -> None:
        """See ``target.Process``; here it stands still when this returns."""
        if self._ended:
            return
        problem = self._source.hold()
        self._held.begins()
        self._exact = not problem
        if not self._looked_after:
            self._look_after()
        self._view.forget()
        try:
            self._read_threads()
        except PydelveError:
            self._source.let_go()  # it runs on, and can be halted again
            raise
        shown = self._first()
        self._stopped_ident = shown.raw.ident
        self._tasks = None
        frames, _ = self.stack(shown.raw.ident, 0, _SHOWN_FRAMES)
        task, name = self._all_tasks().current(shown.raw)
        why = reason if self._source.reason == "attach" else self._source.reason
        detail = self._source.detail or (f"not quite: {problem}" if problem else "")
        self._listener.on_stopped(
            StopReport(why, shown.raw.ident, shown.name, frames, detail=detail, task=task, task_name=name)
        )

    def _look_after(self) -> None:
        self._looked_after = not self._ended and self._source.look_after()
        if self._looked_after:
            self._waiter.after(_LOOK_AFTER_S, self._look_after)

    def _read_threads(self) -> None:
        native_ids = self._view.surroundings.native_ids()
        try:
            found, damage = self._view.interpreters.threads(set(native_ids))
        except UnreadableError as error:
            raise TargetError(
                f"the threads of process {self.info.pid} can't be read", why=str(error), hint=self._source.anew
            ) from None
        self.problems = [*self._source.problems, *([f"the list of threads is not whole: {damage}"] if damage else [])]
        names = self._view.interpreters.thread_names()
        self._threads = {}
        for raw in reversed(found):
            native_id = native_ids.get(raw.native_id, 0)
            self._threads.setdefault(
                raw.ident, _Thread(self._view, raw, native_id, self._view.name(raw, native_id, names))
            )
        if not self._threads:
            raise TargetError(f"process {self.info.pid} has no Python thread", why="its interpreter ends, or begins")

    def _first(self) -> _Thread:
        """The thread to show first: the one that the source says, else the main thread, else any that has frames."""
        threads = sorted(self._threads.values(), key=lambda thread: not self._is_main(thread))
        threads.sort(key=lambda thread: thread.native_id != self._source.first)
        return next((thread for thread in threads if thread.frames), threads[0])

    def _is_main(self, thread: _Thread) -> bool:
        return thread.native_id == self._source.main

    def signal(self, number: int) -> None:
        """See ``target.Process``."""
        if self.info.core:
            self._refuse("a signal")
        self._source.send(number)

    def detach(self) -> None:
        """See ``target.Process``."""
        self._leave()

    def kill(self) -> None:
        """See ``target.Process``."""
        notice = self._source.kill() if not self.info.core and not self._ended else None
        self._leave()
        if notice:
            self._listener.on_notice(*notice)

    def _leave(self) -> None:
        if not self._ended:
            self._ended = True
            if self._source.exit_fd >= 0:
                self._waiter.unwatch(self._source.exit_fd)
            self._source.close()

    def _on_exit(self) -> None:
        status = self._source.exit_status()
        self._leave()
        self._listener.on_exited(status)

    # -- looking -------------------------------------------------------------------------------------------------------

    def threads(self) -> tuple[ThreadReport, ...]:
        """See ``target.Process``."""
        threads = [thread for thread in self._threads.values() if thread.frames or not thread.ours]
        waits = self._view.lock_waits((thread.raw, thread.native_id, thread.frames) for thread in threads)
        return tuple(self._report(thread, waits.get(thread.raw.ident)) for thread in threads)

    def _report(self, thread: _Thread, waiting: Waiting | None) -> ThreadReport:
        activity, detail = self._view.activity(thread.raw, thread.native_id)
        frame = self._view.frame(0, thread.frames[0]) if thread.frames else None
        main = self._is_main(thread)
        return ThreadReport(
            thread.raw.ident, thread.native_id, thread.name or ("MainThread" if main else ""), main, frame,
            "R" if activity == "running in C" else "", detail, thread.raw.holds_gil, activity == "waiting for the GIL",
            LockWait(*waiting) if waiting is not None else None,
        )  # fmt: skip

    def stack(self, ident: int, start: int, count: int) -> tuple[tuple[Frame, ...], int]:
        """See ``target.Process``."""
        frames = self._frames(ident)
        shown = enumerate(frames[start : start + count], start)
        return tuple(self._view.frame(index, raw) for index, raw in shown), len(frames)

    def stack_parts(self, ident: int) -> tuple[StackPart, ...]:
        """See ``target.Process``."""
        return self._task_stack(ident)[1] if ident < 0 else ()

    def tasks(self) -> TasksReport:
        """See ``target.Process``: those of asyncio."""
        return self._all_tasks().report()

    def _all_tasks(self) -> TaskReader:
        if self._tasks is None:
            threads = [ThreadFrames(each.raw, each.read_frames) for each in self._threads.values()]
            self._tasks = TaskReader(self._view, self._numbers, threads, self._held.clock())
        return self._tasks

    def _task_stack(self, ident: int) -> tuple[list[RawFrame], tuple[StackPart, ...]]:
        try:
            return self._all_tasks().stack(-ident)
        except KeyError:
            raise TargetStateError("there is no such task any more", hint="tasks") from None

    def _frames(self, ident: int) -> list[RawFrame]:
        """Of a thread, or of a task, whose number stands negative for it; innermost first."""
        if ident < 0:
            return self._task_stack(ident)[0]
        try:
            return self._threads[ident or self._stopped_ident].frames
        except KeyError:
            raise TargetStateError("the thread has ended", hint="threads") from None

    def _frame(self, ident: int, index: int) -> RawFrame:
        frames = self._frames(ident)
        if not 0 <= index < len(frames):
            raise AgentError(
                f"the {'task' if ident < 0 else 'thread'} has {len(frames)} frames",
                why=f"there is none with the number {index}",
                hint="stack",
            )
        return frames[index]

    def variables(
        self, scope: Literal["arguments", "locals", "globals"], ident: int, frame: int, limits: Limits
    ) -> tuple[Variable, ...]:
        """See ``target.Process``."""
        raw, values = self._frame(ident, frame), ValueReader(self._view.objects, limits, opens=True)
        if scope == "globals":
            return self._view.frames.global_variables(raw, values)
        found = self._view.frames.variables(raw, values)
        return tuple(each for each in found if scope == "locals" or each.scope == "argument")

    def complete(
        self, ident: int, frame: int, steps: Steps, what: str, typed: str
    ) -> tuple[tuple[str | int | float | bytes | bool | None, str], ...]:
        """See ``target.Process``: of variables."""
        if what != "names" or steps:
            return ()
        with self._reading("its variables"):
            names = self._names(ident, frame).all()
            return tuple((name, about) for name, about in names if matching(name, typed))

    def signature(self, ident: int, frame: int, steps: Steps) -> tuple[str, tuple[str, ...]] | None:
        """See ``target.Process``: not told from memory."""
        return None

    def captured(self) -> tuple[CapturedOutput, ...]:
        """See ``target.Process``."""
        return ()

    def read_memory(self, address: int, size: int, content: str = "", offset: int = 0) -> tuple[int, bytes]:
        """See ``target.Process``."""
        return read_content(self._view.objects.memory.read_some, address, size, content, offset)

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """See ``target.Process``."""
        return self._source.dump(path, going_on)

    def expand(self, handle: int, start: int, count: int, limits: Limits) -> Value:
        """See ``target.Process``: a handle is the address."""
        return ValueReader(self._view.objects, limits, opens=True).open(handle, start, count)

    def modules(self) -> ModulesReport:
        """See ``target.Process``."""
        try:
            names = self._module_names()
            found = tuple(ModuleReport(name, file, is_library(file)) for name, file in names.files())
            return ModulesReport(found, names.search_path(), self.info.cwd)
        except UnreadableError:
            return ModulesReport((), (), self.info.cwd)

    def _module_names(self) -> ModuleNames:
        view = self._view
        return ModuleNames(view.objects, view.interpreters.modules(), view.surroundings.absolute)

    # -- evaluating, on what is stored ---------------------------------------------------------------------------------

    def evaluate(
        self, text: str, ident: int, frame: int, *, statements: bool, timeout_s: float, limits: Limits
    ) -> Evaluation:
        """See ``target.Process``: by the safe evaluator."""
        if statements:
            self._refuse("a statement")
        began = time.monotonic()
        evaluator = self._evaluator(ident, frame)
        with self._reading(text):
            operand = evaluator.evaluate(text)
            values = ValueReader(self._view.objects, limits, opens=True)
            value = evaluator.operands.value(operand, values, limits)
        return Evaluation(value, time.monotonic() - began, False)

    def _evaluator(self, ident: int, frame: int) -> SafeEvaluator:
        return SafeEvaluator(self._view.objects, self._names(ident, frame).find)

    def _names(self, ident: int, frame: int) -> FrameNames:
        return FrameNames(self._view.objects, self._view.frames, self._frame(ident, frame))

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except UnreadableError as error:
            raise EvaluationError(f"{what} can't be read", why=str(error)) from None

    def examine(self, text: str, ident: int, frame: int, *, timeout_s: float, limits: Limits) -> Examination:
        """See ``target.Process``: what memory tells, so neither the size nor who refers to it."""
        began = time.monotonic()
        evaluator = self._evaluator(ident, frame)
        with self._reading(text):
            operand = evaluator.evaluate(text)
            values = ValueReader(self._view.objects, limits, opens=True)
            value = evaluator.operands.value(operand, values, limits)
            attributes = examined(self._view.objects, operand.address, values) if isinstance(operand, At) else ()
        return Examination(
            value, 0, (), attributes[: limits.max_items], len(attributes) > limits.max_items,
            Evaluation(None, time.monotonic() - began, False),
        )  # fmt: skip
