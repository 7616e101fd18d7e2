"""Traced calls: what is told of each, and how long it took.

``calls/events.py`` (3.12+) or ``tracing.py`` tells when a frame begins, is suspended, goes on and ends, in the thread
where that happens; here a record is made of it, with the values as text, and given to an outbox. For each thread there
is a stack of the calls that it is in, for each generator or coroutine that is suspended its call. Imported when a trace
begins; the program's code runs here only for a condition that the user gave.

A record is ``(kind, call, source, thread, task, depth, when, run, own, suspended)`` of six 32-bit ints and four floats,
so that the debugger reads a batch of them at once (``target/live/convert_tracing.py``), and a text: its values with
``VALUES`` between, and ``CALLERS`` before the callers.
"""

from __future__ import annotations

import marshal
import sys
import time
from _thread import _local, get_ident

from .. import protocol
from ..calls.brief import Brief, arguments
from ..calls.choosing import Choosing
from ..calls.conditions import Condition
from ..calls.greenlets import name_of, per_greenlet
from ..calls.matching import Source, Sources
from ..calls.numbering import MANY_TASKS, Numbers
from ..calls.records import AWAIT, CALL, PROPAGATE, RAISE, RESUME, RETURN, THROW, YIELD, yielded
from ..interpreter.gil import FREE_THREADED
from ..interpreter.paths import canonical, is_agent
from ..interpreter.threads import own_name
from ..outbox import FOR_EVER, Outbox
from ..tasks.asyncio_tasks import AsyncioTasks

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.conditions import Entered
    from ..calls.matching import Builtin
    from ..core import Agent
    from ..outbox import Record

VALUES, CALLERS, RECORDS = "\x01", "\x02", "\x00"
_LIMIT, _BATCH = 65_536, 4_096
_COUNTS = 1 << 31
_MARSHAL_VERSION = 2
_clock, _getframe = time.perf_counter, sys._getframe  # taken before the program can replace them
_LOOKED_AT = 200  # calls whose cost is measured


NOTHING_GIVEN = (None,)  # to C code; or nothing is known of it


class Call:
    """One call, from its begin to its end."""

    __slots__ = (
        "began", "children", "depth", "entered", "frame", "left", "level", "number", "resumed", "run", "shown",
        "source", "task", "text",
    )  # fmt: skip
    frame: int  # its id; negative: of the one that called C code
    source: Source
    number: int
    shown: bool
    depth: int
    level: int  # of calls away from one that matches
    task: int
    text: str
    began: float
    entered: float
    """With what telling took."""
    resumed: float
    left: float
    run: float
    children: float


class _Thread:
    """A thread's calls, innermost last."""

    __slots__ = ("index", "stack")

    def __init__(self, index: int) -> None:
        self.index = index
        self.stack: list[Call] = []


class _Here(_local):
    """The calling thread's own: an ident is used again when its thread has ended."""

    thread: _Thread

    def __init__(self, register: Callable[[bool], _Thread]) -> None:
        self.register = register
        self.thread = register(False)


per_greenlet(_Here, "thread", lambda local: local.register(True))


class Calls(Sources):
    """One trace, from its begin to its end. ``stream.CallStream`` and ``sums.CallSums`` have the same
    interface, for traces of all calls.
    """

    def __init__(self, agent: Agent, options: dict[str, Any]) -> None:
        """``options``: of the request (``target/live/convert_tracing.py``)."""
        self._agent = agent
        super().__init__(options, agent.ownership)
        self._follow = options["follow"]
        self._slower, self._stack = options["slower"], options["stack"]
        self._first, self._sample = options["first"], options["sample"]
        self._brief = Brief(*options["values"]) if options["values"] else None
        self._suspended: dict[int, Call] = {}  # id(frame): its call
        self._tasks = AsyncioTasks()
        self._new: dict[str, list[list[Any]]] = {"functions": [], "threads": [], "tasks": []}
        self._functions, self._task_numbers = Numbers(self._new["functions"]), Numbers(self._new["tasks"], MANY_TASKS)
        self._thread_numbers = iter(range(1, _COUNTS))
        self._here = _Here(self._register)
        self._counter = iter(range(1, _COUNTS))
        self._numbers = iter(range(1, _COUNTS))
        self._ends = iter(range(1, _COUNTS))  # counted by C code, as are those: threads of 3.9 switch anywhere
        self._cost = 0.0
        self._measured = 0
        self.done = False
        """As many calls as were asked for have ended."""
        self.outbox = Outbox(
            agent.link, agent.hold, agent.own, protocol.CALLS, self._describe,
            limit=_LIMIT, batch=_BATCH, patience_s=FOR_EVER if options["lossless"] else 0.0,
        )  # fmt: skip
        self._put = self.outbox.put
        self._choosing: Choosing | None = None
        chooses = not self._follow and not self._slower
        if options["condition"]:
            self._condition = Condition(
                agent, options["condition"], chooses and options["weaves"] and not FREE_THREADED
            )
        if chooses:
            self._choosing = Choosing(
                self, self._counter, self._sample, self._first, self._condition, agent.is_own_fault
            )
            self._tables.append(self._choosing.known)
        self.began = options["since"] or _clock()
        """See ``stream.CallStream``."""

    def begin(self) -> None:
        """Records may come."""
        self.outbox.begin()

    def summary(self) -> dict[str, Any]:
        """The wire form of ``api.tracing.TraceSummary``."""
        return {
            "calls": _count(self._ends if self._slower else self._numbers), "matched": len(self._functions),
            "lost": self.outbox.lost(), "cost": self._mean_cost(),
        }  # fmt: skip

    def _mean_cost(self) -> float:
        return self._cost / self._measured if self._measured else 0.0

    def callbacks(self, find: Callable[[CodeType, FrameType], object], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring`` for what comes most often."""
        return {} if self._choosing is None else self._choosing.callbacks(find, disable)

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """See ``matching.Sources``."""

        def raises(frame: FrameType) -> None:
            error: Any = sys.exc_info()[1]
            traceback = error.__traceback__
            self.unwound(frame, error, traceback is None or traceback.tb_next is None)

        if self._choosing is not None:
            return [], self._choosing.hooks(source, asked)
        functions: list[Callable[..., None]] = [
            lambda frame: self.started(frame, source),
            self.returned,
            raises,
            lambda frame, value: self.suspended(frame, value, True),
            lambda frame: self.suspended(frame, None),
            lambda frame: self.resumed(frame, source),
            lambda frame: self.resumed(frame, source, sys.exc_info()[1]),
        ]
        return [], tuple([self._hook(function) for function in functions])

    def entered(self, found: Entered) -> None:
        """See ``matching.Sources``."""
        if self._choosing is not None:
            self._choosing.entered[id(found.code)] = found

    def _hook(self, function: Callable[..., None]) -> Callable[..., None]:
        """Calls ``function(frame, ...)``, and lets no fault of ours into the program."""
        agent = self._agent

        def called(*values: object) -> None:
            try:
                if self.outbox.is_on:
                    function(_getframe(1), *values)
            except BaseException as error:
                if not agent.is_own_fault(error):
                    raise

        return called

    # -- what happens to a frame, told in its thread -------------------------------------------------------------------

    def started(self, frame: FrameType, source: Source) -> None:
        """It begins."""
        self._begin(id(frame), frame, source, ())

    def begin_chosen(self, frame: FrameType, source: Source) -> None:
        """The same, where it is known that the call is told of (``choosing.py``)."""
        self._begin(id(frame), frame, source, (), chosen=True)

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        """A frame is in one of them at a time."""

        def begins(*first: object) -> None:
            frame = _getframe(2)
            self._begin(-id(frame), frame, source, first or NOTHING_GIVEN)

        return begins, lambda how: self._ended(-id(_getframe(2)), how, NOTHING_GIVEN)

    def _begin(
        self, key: int, frame: FrameType, source: Source, given: Sequence[object], *, chosen: bool = False
    ) -> None:
        """A call begins, of a frame, or, with what its first argument is given, of C code that a frame calls."""
        entered = _clock()
        thread = self._here.thread
        call = self._call(key, source, thread, entered)
        text, known = "", source.index > 0
        if chosen or self._counts(call, frame, thread):
            call.shown = True
            call.number = next(self._numbers)
            if self._brief is not None and source.names:
                make = self._brief.text
                if given is NOTHING_GIVEN:
                    text = " "
                else:
                    text = VALUES.join([make(value) for value in given or arguments(frame, source.names)])
            if self._stack:
                text += CALLERS + VALUES.join(self._callers(frame if given else frame.f_back))
            if self._slower:
                call.text = text
            else:
                self._tell(CALL, call, thread, (entered - self.began, 0.0, 0.0, 0.0), text)
        thread.stack.append(call)
        call.began = call.resumed = now = _clock()
        if known and call.shown and self._measured < _LOOKED_AT:
            self._measured += 1
            self._cost += now - entered

    def _call(self, key: int, source: Source, thread: _Thread, entered: float) -> Call:
        call = Call()
        call.frame, call.source, call.entered = key, source, entered
        call.shown, call.number, call.text = False, 0, ""
        call.run = call.children = call.left = 0.0
        if thread.stack:
            parent = thread.stack[-1]
            call.depth = parent.depth + parent.shown
            call.level = 0 if source.root else parent.level + 1
            call.task = self._task() if source.awaits else parent.task
        else:
            call.depth, call.level = 0, (0 if source.root else self._follow + 1)
            call.task = self._task()
        return call

    def _counts(self, call: Call, frame: FrameType, thread: _Thread) -> bool:
        """Is it told of?"""
        if call.level > self._follow or self.done:
            return False
        if call.level:
            if not thread.stack[-1].shown:
                return False
        elif self._condition is not None and not self._condition.holds(frame, call.source):
            return False
        number = next(self._counter)
        if self._first and not self._slower and number > self._first * self._sample:
            return False
        sampled: bool = number % self._sample == 0
        return sampled

    def suspended(self, frame: FrameType, value: object, sure: bool = False) -> None:
        """It yields, or awaits; ``sure``: it yields."""
        now = _clock()
        call, thread = self._leave(id(frame), now)
        if call is None or thread is None:
            return
        self._suspended[call.frame] = call
        call.left = now
        if call.shown and not self._slower:
            shown = yielded(value, sure) if call.source.awaits else [value]
            text = self._text(shown[0]) if shown else ""
            self._tell(YIELD if shown else AWAIT, call, thread, self._times(call, now), text)

    def resumed(self, frame: FrameType, source: Source, thrown: BaseException | None = None) -> None:
        """It goes on; or has an exception thrown into it."""
        now = _clock()
        call = self._suspended.pop(id(frame), None)
        if call is None or call.source is not source:
            return  # it began before the trace did
        thread = self._here.thread
        stack = thread.stack
        call.depth = stack[-1].depth + stack[-1].shown if stack else 0
        call.task = self._task()
        stack.append(call)
        call.entered = call.resumed = now
        if call.shown and not self._slower:
            kind, text = (RESUME, "") if thrown is None else (THROW, self._text(thrown))
            self._tell(kind, call, thread, (now - self.began, call.run, 0.0, now - call.left), text)

    def returned(self, frame: FrameType, value: object) -> None:
        """It returns."""
        self._ended(id(frame), RETURN, value)

    def unwound(self, frame: FrameType, error: BaseException, here: bool) -> None:
        """An exception leaves it; ``here``: one that came up in itself."""
        self._ended(id(frame), RAISE if here else PROPAGATE, error)

    def _ended(self, key: int, kind: int, value: object) -> None:
        now = _clock()
        call, thread = self._leave(key, now)
        if call is None or thread is None or not call.shown:
            return
        times = self._times(call, now)
        if self._slower and (self.done or call.run + times[3] < self._slower):
            return
        self._count_end()
        if self._slower:
            self._tell(CALL, call, thread, (call.began - self.began, 0.0, 0.0, 0.0), call.text)
        self._tell(kind, call, thread, times, "" if value is NOTHING_GIVEN else self._text(value))
        if thread.stack:
            thread.stack[-1].children += _clock() - now  # what telling took is not the caller's own time

    def _count_end(self) -> None:
        """A call that is told of ends: is it the last one that was asked for?"""
        ended = next(self._ends)
        if self._first and ended >= self._first and (self._slower or ended == _count(self._numbers)):
            self.done = True

    def _leave(self, number: int, now: float) -> tuple[Call | None, _Thread | None]:
        """The call of a frame's id, no longer on its thread's stack; None where it began before the trace did."""
        thread = self._here.thread
        stack = thread.stack
        if not stack:
            return None, None
        if stack[-1].frame != number:
            at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at].frame == number), -1)
            if at < 0:
                return None, None
            del stack[at + 1 :]  # those whose end was not seen
        call = stack.pop()
        call.run += now - call.resumed
        if stack:
            stack[-1].children += now - call.entered
        return call, thread

    # -- records -------------------------------------------------------------------------------------------------------

    def _times(self, call: Call, now: float) -> tuple[float, float, float, float]:
        return now - self.began, call.run, max(0.0, call.run - call.children), max(0.0, now - call.began - call.run)

    def _text(self, value: object) -> str:
        return "" if self._brief is None else self._brief.text(value)

    def _tell(self, kind: int, call: Call, thread: _Thread, times: tuple[float, ...], text: str) -> None:
        source = call.source
        if not source.index:
            with self._registering:
                source.index = self._functions.of(source.key, *source.wire())
        self._put(((kind, call.number, source.index, thread.index, call.task, call.depth, *times), text))

    def _register(self, greenlet: bool) -> _Thread:
        """The calling one is here for the first time, or one of its greenlets."""
        ident, found = get_ident(), _Thread(next(self._thread_numbers))
        name = own_name() or ("MainThread" if ident == self._agent.main else "")
        self._new["threads"].append([found.index, ident, name_of(name, found.index) if greenlet else name])
        return found

    def _task(self) -> int:
        """Number of the name of the task that is running; 0 for none."""
        if "_asyncio" not in (sys.modules or {}):  # None while the interpreter ends
            return 0
        task = self._tasks.current()
        if task is None:
            return 0
        name = self._tasks.fields.name(task)
        return self._task_numbers.of(name, name)

    def _callers(self, caller: FrameType | None) -> list[str]:
        found: list[str] = []
        while caller is not None and len(found) < self._stack:
            code = caller.f_code
            if not is_agent(code):
                found.append(f"{canonical(code.co_filename)}:{caller.f_lineno} {code.co_name}")
            caller = caller.f_back
        return found

    def _describe(self, taken: list[Record]) -> dict[str, Any]:
        """The wire form of a batch; whatever its records refer to comes with it at the latest."""
        batch: dict[str, Any] = {}
        for what, new in self._new.items():
            count = len(new)
            batch[what] = new[:count]
            del new[:count]
        batch["rows"] = marshal.dumps([row for row, _ in taken], _MARSHAL_VERSION)
        batch["texts"] = RECORDS.join([text for _, text in taken])
        batch["cost"] = self._mean_cost()
        batch["done"] = self.done and not self.outbox.waiting()
        return batch


def _count(counter: Any) -> int:
    """How many were taken of one."""
    left: int = counter.__length_hint__()
    return _COUNTS - 1 - left
