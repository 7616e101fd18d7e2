"""A trace of all calls of its functions: the fast one of two, see ``stacks.py`` for the other.

The program's threads add records to one list (``calls/records.py``), which is cut into chunks and sent as it is. Which
record belongs to which call, how deep it is and how long it took is found out by the debugger, from the records'
order. So where chunks are dropped, what they did to the stacks of calls is told in their place: their records without
those that cancel each other, and without values. Imported when a trace begins that this is enough for.
"""

from __future__ import annotations

import marshal
import sys
import time
from _thread import allocate_lock, get_ident
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

from .. import protocol
from ..calls.brief import Brief, arguments
from ..calls.greenlets import name_of
from ..calls.matching import Source, Sources
from ..calls.numbering import MANY_TASKS, Numbers
from ..calls.records import (
    AWAIT,
    CALL,
    CHUNK,
    PROPAGATE,
    RAISE,
    RESUME,
    RETURN,
    THROW,
    YIELD,
    PerThread,
    Recorder,
    items_of,
    yielded,
)  # fmt: skip
from ..calls.starts import Starts
from ..interpreter.gil import FREE_THREADED
from ..interpreter.threads import own_name
from ..outbox import FOR_EVER, Outbox
from ..tasks.asyncio_tasks import AsyncioTasks

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.matching import Builtin
    from ..core import Agent

_CHUNKS, _BATCH = 64, 16  # may wait; are sent at once
_LONGEST_SKELETON = 20_000
_WAITS_S = 0.1
_SETTLE_S = 10.0  # for who makes or moves chunks: a busy machine may take seconds
_MARSHAL_VERSION = 2
_LIST_BYTES = 5  # a list begins with its code and how many it has
_PERIOD_S, _ITEMS_EACH, _LEAST_BUDGET, _SHORTEST_WAIT_S = 0.1, 4, 64, 0.001  # of a limit of the cost
_LOOKED_AT, _ROUNDS = 100, 5  # calls that are made to know the cost of one
_WITH_KEY = (YIELD, AWAIT, RESUME, THROW)
_clock, _processor, _getframe = time.perf_counter, time.thread_time, sys._getframe  # before the program replaces them


def suffices(options: dict[str, Any]) -> bool:
    """Is a trace with these options one of all calls?"""
    special = ("follow", "condition", "slower", "stack", "first")
    return options["sample"] == 1 and not any(options[name] for name in special)


class Skeleton:
    """What dropped records did to the stacks of calls."""

    def __init__(self) -> None:
        """Nothing."""
        self.records = self.calls = 0
        self._kept: dict[int, list[tuple[Any, ...]]] = {}  # by thread
        self._tasks: dict[int, int] = {}
        self._anew = False

    def take(self, chunk: list[Any], sizes: dict[int, int], shows: bool) -> None:
        """Add a chunk; ``sizes``: how many values a function's calls have."""
        at, end = 0, len(chunk)
        while at < end:
            code, thread = chunk[at], chunk[at + 1]
            if not code:
                if thread:
                    self._tasks[thread] = chunk[at + 2]
                else:  # records begin anew
                    self._kept.clear()
                    self._anew = True
                at += 3
                continue
            kind = code & 7
            kept = self._kept.setdefault(thread, [])
            self.records += 1
            if kind == CALL:
                self.calls += 1
                kept.append((code, thread, chunk[at + 2]))
                at += 3 + sizes[code >> 3]
            elif kind in _WITH_KEY:
                self._switch(kept, (code, thread, chunk[at + 2], chunk[at + 3]))
                at += 4 + (shows and kind in (YIELD, THROW))
            else:
                if kept and kept[-1][0] == code - kind:  # its call
                    kept.pop()
                else:
                    kept.append((code, thread, chunk[at + 2]))
                at += 3 + shows
            if len(kept) > _LONGEST_SKELETON:
                kept.clear()

    @staticmethod
    def _switch(kept: list[tuple[Any, ...]], record: tuple[Any, ...]) -> None:
        code, key = record[0], record[3]
        last = kept[-1] if kept else (0,)
        opposite = last[0] >> 3 == code >> 3 and len(last) > 3 and last[3] == key
        if opposite and ((last[0] & 7) >= RESUME) != ((code & 7) >= RESUME):
            kept.pop()
        else:
            kept.append(record)

    def flat(self) -> list[Any]:
        """The records that are left, one after the other: generators go from thread to thread."""
        found: list[Any] = [0, 0, 0] if self._anew else []
        for record in sorted([record for kept in self._kept.values() for record in kept], key=_time_of):
            found += record
        for thread, task in self._tasks.items():
            found += (0, thread, task)
        return found


def _time_of(record: tuple[Any, ...]) -> float:
    time_s: float = record[2]
    return time_s


class _Chunks(Outbox):
    """An outbox whose records are chunks of the list, marshalled: that takes a tenth of their memory, and who makes a
    chunk still has all of it in the processor's cache.
    """

    def __init__(self, agent: Agent, stream: CallStream, lossless: bool) -> None:
        super().__init__(
            agent.link, agent.hold, agent.own, protocol.CALLS, stream.describe,
            limit=_CHUNKS, batch=_BATCH, patience_s=FOR_EVER if lossless else 0.0,
        )  # fmt: skip
        self.items: list[Any] = []
        self._lossless, self._stream = lossless, stream
        self._moving = allocate_lock()  # held by who moves, drops or takes chunks: never while it waits
        self._skeleton = Skeleton()
        self._dropped = 0
        self._discards = False
        self.limit: Limit | None = None

    def discard(self) -> None:
        """See ``Outbox.discard``."""
        self._discards = True
        self.idle.append(True)

    def attend(self) -> None:
        """Nobody knows yet that there are records, or the list has become long."""
        if self._discards:  # it is over, for all but frames that run code with our calls in it
            self.items.clear()
            return
        self.wake()
        if self.limit is not None:
            self.limit.attend(len(self.items))
        if len(self.items) >= CHUNK:
            while self._lossless and self._is_full():
                self._room.acquire(True, _WAITS_S)
            self._move()

    def _is_full(self) -> bool:
        return len(self._queue) >= self._limit and bool(self._serial % 2) and not self._link.lost

    def _move(self) -> None:
        """Make a chunk of the list, unless another thread is at it."""
        if not self._moving.acquire(False):
            return
        try:
            if len(self._queue) >= self._limit and not self._lossless:
                self._skeleton.take(marshal.loads(self._queue.popleft()), self._stream.sizes, self._stream.shows)
            # one call of C code, with the GIL held: other threads add what they do before or after it
            chunk = marshal.dumps(self.items[:] if FREE_THREADED else self.items, _MARSHAL_VERSION)
            count = int.from_bytes(chunk[1:_LIST_BYTES], "little")
            del self.items[:count]
            if self.limit is not None:
                self.limit.moved(count)
            if count:
                self._queue.append(chunk)
        finally:
            self._moving.release()

    def waiting(self) -> bool:
        """See ``Outbox.waiting``."""
        return bool(self.items or self._queue)

    def _turn(self) -> float:
        if self.limit is None:
            return super()._turn()
        self.limit.turn()
        return self.limit.wait_s()

    def lost(self) -> int:
        """See ``Outbox.lost``."""
        return self._dropped + self._skeleton.records

    def _take(self) -> list[Any]:
        """The chunks that go next, with what was dropped before them."""
        self._move()
        taken: list[Any] = [Skeleton()]
        if self._moving.acquire(True, _SETTLE_S):
            try:
                taken[0], self._skeleton = self._skeleton, Skeleton()
                self._dropped += taken[0].records
                while self._queue and len(taken) <= self._size:
                    taken.append(self._queue.popleft())
            finally:
                self._moving.release()
        return taken


class Limit:
    """Keeps what records cost below a share of the time: when a period's are made, there are none up to the next.

    A burst of all calls tells more than calls here and there. Where it ends, calls are under way whose ends will not be
    told: the next one begins with no calls at all.
    """

    def __init__(self, share: float, cost_s: float, recorder: Recorder) -> None:
        """``share``: of the time; ``cost_s``: of a record."""
        self._items, self._paused = recorder.items, recorder.paused
        self._budget = max(_LEAST_BUDGET, int(share * _PERIOD_S / cost_s * _ITEMS_EACH))
        recorder.chunk = max(_LEAST_BUDGET // 2, min(CHUNK, self._budget // 8))
        self._made, self._began = 0, _clock()

    def moved(self, count: int) -> None:
        """So many items are on their way."""
        self._made += count

    def attend(self, count: int) -> None:
        """There are so many items besides: are there enough?"""
        if self._paused:
            return
        if _clock() - self._began >= _PERIOD_S:
            self._made, self._began = -count, _clock()
        elif self._made + count >= self._budget:
            self._paused.append(True)

    def wait_s(self) -> float:
        """How long the sending thread may wait; negative: for ever."""
        return max(_SHORTEST_WAIT_S, self._began + _PERIOD_S - _clock()) if self._paused else -1.0

    def turn(self) -> None:
        """On the sending thread: begin the next burst, if it is time."""
        if self._paused and _clock() - self._began >= _PERIOD_S:
            self._items.extend((0, 0, 0))
            self._made, self._began = -len(self._items), _clock()
            self._paused.clear()


class CallStream(Sources):
    """One trace, from its begin to its end. ``calls.Calls`` has the same interface."""

    def __init__(self, agent: Agent, options: dict[str, Any]) -> None:
        """``options``: of the request (``target/live/convert_tracing.py``)."""
        self._agent = agent
        super().__init__(options, agent.ownership)
        self.shows = bool(options["values"])
        self.codes: dict[int, tuple[int, bool]] = {}
        """id(code): code of its calls' records, does it await."""
        self._starts = Starts()
        self._returns: dict[int, int] = {}  # id(code): code of its returns' records
        self.sizes: dict[int, int] = {}
        """By a function's index: how many values its calls have."""
        self._new: dict[str, list[list[Any]]] = {"functions": [], "threads": [], "tasks": []}
        self._functions, self._task_numbers = Numbers(self._new["functions"]), Numbers(self._new["tasks"], MANY_TASKS)
        self._tables += self.codes, self._starts.known, self._returns
        self._tasks = AsyncioTasks()
        self._threads = iter(range(1, 1 << 31))
        self.done = False
        """Never: it is of all calls."""
        self.outbox = _Chunks(agent, self, options["lossless"])
        self._local = PerThread(self._register)
        brief, most, classes_only = None, 0, True
        if options["values"]:
            brief, most, classes_only = Brief(*options["values"]), options["values"][0], not options["values"][3]
        self._item = items_of(brief, most, classes_only)
        self.recorder = Recorder(
            self.outbox.items, self.outbox.attend, self._local, self._item, self.shows, self._retask
        )
        self.recorder.is_own_fault, self.recorder.most = agent.is_own_fault, most
        self.recorder.idle = self.outbox.idle
        self._cost = self._measured()
        if options["share"]:
            self.outbox.limit = Limit(options["share"], self._cost, self.recorder)
        self.recorder.make()
        self.began = options["since"] or _clock()
        """What times are counted from: the begin of this trace, or of the parent's that it is a part of."""

    def _measured(self) -> float:
        """What a record costs in the program: of a function that is called here, into a list of its own."""
        items: list[Any] = []
        recorder = Recorder(items, items.clear, self._local, self._item, self.shows, self._retask)
        recorder.most = self.recorder.most
        recorder.make()
        frame, names = _getframe(), ["least"]
        begins, left = recorder.begins(0, 1), recorder.left
        least = 1.0
        for _ in range(_ROUNDS):
            began = _processor()
            for number in range(_LOOKED_AT):
                begins(*arguments(frame, names))
                left(0, number)
            marshal.dumps(items, _MARSHAL_VERSION)
            least = min(least, _processor() - began)
        return least / (2 * _LOOKED_AT)

    def begin(self) -> None:
        """Records may come."""
        self.outbox.begin()

    def summary(self) -> dict[str, Any]:
        """The wire form of ``api.tracing.TraceSummary``, but for what the debugger counts itself."""
        return {"calls": -1, "matched": -1, "lost": self.outbox.lost(), "cost": self._cost}

    def _found(self, source: Source) -> None:
        shown = source.names if self.shows else []
        source.index = index = self._functions.of(source.key, *source.wire(), len(shown), source.awaits)
        self.sizes[index] = len(shown)
        self._starts.add(source.code, self.recorder.begins(index * 8, len(shown)), shown)
        key = id(source.code)
        self._returns[key] = index * 8 + RETURN
        self.codes[key] = index * 8, source.awaits

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """See ``Sources``."""
        names, begins = self._starts.hook(source.code)
        return names, (begins, *self.recorder.hooks(*self.codes[id(source.code)]))

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        return self.recorder.hooks_of_builtin(source.index * 8, self.sizes[source.index])

    def callbacks(self, find: Callable[[CodeType, FrameType], object], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring`` for what comes most often, without any calls between them and the records."""
        start = self._starts.callback(find, disable, self.recorder.paused, self._agent.is_own_fault)
        return {"PY_START": start, "PY_RETURN": self.recorder.make_returned(self._returns)}

    # -- what happens to a frame, told in its thread by a frame -----------------------------------------

    def started(self, frame: FrameType, source: Source) -> None:
        """It begins."""
        if not self.recorder.paused:
            self._starts.started(frame)

    def suspended(self, frame: FrameType, value: object) -> None:
        """It yields, or awaits."""
        code, awaits = self.codes[id(frame.f_code)]
        self.suspends(code, awaits, id(frame), value)

    def suspends(self, code: int, awaits: bool, key: int, value: object) -> None:
        """The same, of a frame with this key."""
        shown = yielded(value) if awaits else [value]
        if shown:
            self.recorder.switched(code + YIELD, key, *shown)
        else:
            self.recorder.switched(code + AWAIT, key)

    def resumed(self, frame: FrameType, source: Source, thrown: BaseException | None = None) -> None:
        """It goes on; or has an exception thrown into it."""
        code = self.codes[id(source.code)][0]
        if thrown is None:
            self.recorder.switched(code + RESUME, id(frame))
        else:
            self.recorder.switched(code + THROW, id(frame), thrown)

    def returned(self, frame: FrameType, value: object) -> None:
        """It returns."""
        self.recorder.left(self.codes[id(frame.f_code)][0] + RETURN, value)

    def unwound(self, frame: FrameType, error: BaseException, here: bool) -> None:
        """An exception leaves it; ``here``: one that came up in itself."""
        self.recorder.left(self.codes[id(frame.f_code)][0] + (RAISE if here else PROPAGATE), error)

    # -- what the program's threads tell, besides records --------------------------------------------------------------

    def _register(self, greenlet: bool) -> int:
        """A thread is here for the first time, or one of its greenlets."""
        ident, index = get_ident(), next(self._threads)
        name = own_name() or ("MainThread" if ident == self._agent.main else "")
        self._new["threads"].append([index, ident, name_of(name, index) if greenlet else name])
        return index

    def _retask(self) -> None:
        """Tell which task the thread is in, if that is not the one that was told last."""
        local, task = self._local, self._tasks.current()
        if task is None:
            index = 0
        elif local.seen() is task:
            index = local.seen_index
        else:
            name = self._tasks.fields.name(task)
            index = local.seen_index = self._task_numbers.of(name, name)
            try:
                local.seen = weak_reference(task)
            except TypeError:  # a task of a class of its own
                local.seen = bool
        if index != local.task:
            local.task = index
            self.outbox.items.extend((0, local.index, index))

    # -- sending -------------------------------------------------------------------------------------------------------

    def describe(self, taken: list[Any]) -> dict[str, Any]:
        """The wire form of a batch; whatever its records refer to comes with it at the latest."""
        batch: dict[str, Any] = {}
        for what, new in self._new.items():
            count = len(new)
            batch[what] = new[:count]
            del new[:count]
        skeleton = taken[0]
        batch["skeleton"] = marshal.dumps(skeleton.flat(), _MARSHAL_VERSION)
        batch["skipped"] = skeleton.calls
        batch["chunks"] = taken[1:]
        batch.update(began=self.began, shows=self.shows, cost=self._cost, done=False)
        return batch
