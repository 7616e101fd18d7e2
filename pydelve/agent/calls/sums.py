"""A trace that tells no calls but what they cost in sum, by function: for ``pydelve trace --stats``.

Sums are made where calls end, in the thread where that is, for each thread by itself: no call of another thread comes
between. The agent's thread adds them up now and then and sends what has changed, so nothing is ever dropped. Durations
are counted in classes: 64 of equal width between a power of two nanoseconds and the next, so that a class is never more
than 1.6 % wide, or, below 4 us, 8 ns; any number of calls takes little memory. In the program's threads, calls below
1 us are counted by their very duration, which says all there is to know of them: such a call costs one addition.
``calls.Calls`` has the same interface.
"""

from __future__ import annotations

import sys
import time
from _thread import _local, get_ident

from .. import protocol
from ..calls.greenlets import per_greenlet
from ..calls.matching import Source, Sources
from ..calls.numbering import Numbers
from ..calls.records import RAISE
from ..interpreter.interpreters import current_frames
from ..outbox import Outbox

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.matching import Builtin
    from ..core import Agent

    # the sums of its function, and when it began: so much later as it was suspended
    _Call = tuple[list[Any], int]

# Of a function, in one thread: its code; how many calls took so many nanoseconds, below _QUICK; of those that took
# longer, by class, with the sum and the longest; what traced calls in it took, and how many ended by an exception.
_CODE, _RUNS, _CLASSES, _TOTAL, _LONGEST, _CHILDREN, _ERRORS = range(7)
_QUICK = 1_024
_SHORT, _SHIFT = 4_096, 3  # durations below that are counted by their other bits
_BITS, _LONG = 6, 1_024  # of a longer one make its class, besides the highest; from here on
_EVERY_S, _EARLY_S, _SHARE = 0.25, 0.01, 16
_MANY_THREADS = 64
_LOOKED_AT, _ROUNDS = 100, 5  # calls that are made to know the cost of one
_SETTLE_S = 2.0
_clock, _processor, _getframe = time.perf_counter_ns, time.thread_time, sys._getframe  # before the program replaces


class _Thread(_local):
    """The calls that a thread is in, and its sums."""

    stack: list[_Call]
    """Innermost last."""
    both: tuple[list[_Call], dict[int, list[Any]]]
    """The stack, and sums by the id of a function's code."""

    def __init__(self, register: Callable[[dict[int, list[Any]]], None]) -> None:
        self.sums: dict[int, list[Any]] = {}
        stack: list[_Call] = []
        self.stack, self.both = stack, (stack, self.sums)
        register(self.sums)


per_greenlet(_Thread, "both", lambda local: ([], local.sums))
per_greenlet(_Thread, "stack", lambda local: local.both[0])


def _new(code: object) -> list[Any]:
    return [code, {}, {}, 0, 0, 0, 0]


def _calls(found: list[Any]) -> int:
    return sum(found[_CLASSES].values())


def _add(to: list[Any], more: list[Any]) -> None:
    """Add sums that no thread changes meanwhile, or only by more; those of all calls go by class."""
    classes = to[_CLASSES]
    for run, count in list(more[_RUNS].items()):
        to[_TOTAL] += run * count
        to[_LONGEST] = max(to[_LONGEST], run)
        classes[run >> _SHIFT] = classes.get(run >> _SHIFT, 0) + count
    for number, count in list(more[_CLASSES].items()):
        classes[number] = classes.get(number, 0) + count
    for index in (_TOTAL, _CHILDREN, _ERRORS):
        to[index] += more[index]
    to[_LONGEST] = max(to[_LONGEST], more[_LONGEST])


def _add_long(own: list[Any], run: int) -> None:
    """A call that took longer than ``_QUICK``."""
    own[_TOTAL] += run
    if run > own[_LONGEST]:
        own[_LONGEST] = run
    if run < _SHORT:
        number = run >> _SHIFT
    else:
        over = run.bit_length() - _BITS - 1
        number = _LONG + (over << _BITS) + (run >> over)
    classes = own[_CLASSES]
    classes[number] = classes.get(number, 0) + 1


class _Sent(Outbox):
    """An outbox of what has changed, instead of records: there is always something to send while calls end."""

    def __init__(self, agent: Agent, sums: CallSums) -> None:
        super().__init__(agent.link, agent.hold, agent.own, protocol.CALLS, sums.describe)
        self._sums = sums
        self._begun_ns = _clock()

    _most = 1  # a batch has all

    @property
    def _gather_s(self) -> float:  # type: ignore[override]
        """At first often: of a process that is killed, as a pool's workers are, no more than this is missing."""
        return min(_EVERY_S, max(_EARLY_S, (_clock() - self._begun_ns) * 1e-9 / _SHARE))

    def waiting(self) -> bool:
        """See ``Outbox.waiting``."""
        return bool(self._sums.changed)

    def _take(self) -> list[Any]:
        self._sums.changed.clear()
        return []


class CallSums(Sources):
    """One trace, from its begin to its end."""

    def __init__(self, agent: Agent, options: dict[str, Any]) -> None:
        """``options``: of the request (``target/live/convert_tracing.py``)."""
        self._agent = agent
        super().__init__(options, agent.ownership)
        self._keys: dict[int, int] = {}  # id of code: its function's index
        self._new: list[list[Any]] = []  # functions
        self._functions = Numbers(self._new)
        self._all: list[tuple[int, dict[int, list[Any]]]] = []
        self._ended: dict[int, list[Any]] = {}  # by function, of threads and code that are gone
        self._told: dict[int, int] = {}  # calls of each function that were told
        self._suspended: dict[int, tuple[int, int]] = {}  # by id of the frame: of its code, and how long it ran
        self._thread = _Thread(self._register)
        self.done = False
        self.changed: list[bool] = []
        """Not empty: there is something to send."""
        self.outbox = _Sent(agent, self)
        self._end = self._make_end()
        self._cost = self._measured()
        self.began = options["since"] or _clock() / 1e9
        """See ``stream.CallStream``."""

    def _register(self, sums: dict[int, list[Any]]) -> None:
        with self._registering:
            if len(self._all) >= _MANY_THREADS:
                alive = current_frames()
                for ident, found in self._all:
                    if ident not in alive:
                        self._fold(self._ended, found)
                self._all = [entry for entry in self._all if entry[0] in alive]
            self._all.append((get_ident(), sums))

    def _fold(self, into: dict[int, list[Any]], sums: dict[int, list[Any]]) -> None:
        """Add those of a thread to sums by function."""
        for key, found in list(sums.items()):
            if key in self._keys:
                _add(into.setdefault(self._keys[key], _new(None)), found)

    def _measured(self) -> float:
        """What a begin or an end costs in the program."""
        least, code = 1.0, _calls.__code__
        for _ in range(_ROUNDS):
            began = _processor()
            for _ in range(_LOOKED_AT):
                self._begin(code)
                self._end(code, False, None)
            least = min(least, _processor() - began)
        self._thread.both[1].pop(id(code), None)
        self.changed.clear()
        return least / (2 * _LOOKED_AT)

    def begin(self) -> None:
        """Sums may come."""
        self.outbox.begin()

    def summary(self) -> dict[str, Any]:
        """The wire form of ``api.tracing.TraceSummary``."""
        sums = self._sums()
        calls = sum(_calls(found) for found in sums.values())
        return {"calls": calls, "matched": len(sums), "lost": 0, "cost": self._cost}

    # -- functions -----------------------------------------------------------------------------------------------------

    def _found(self, source: Source) -> None:
        source.index = self._functions.of(source.key, *source.wire())
        self._keys[id(source.code)] = source.index

    def _held(self, number: int) -> int:
        """See ``Sources``: each thread's sums of a function have its code."""
        return sum([number in sums for _, sums in self._all])

    def _forget(self, number: int, source: Source) -> None:
        for _, sums in self._all:
            found = sums.pop(number, None)
            if found is not None:
                _add(self._ended.setdefault(source.index, _new(None)), found)
        del self._keys[number]

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """See ``Sources``: no parameters."""
        from ..calls.hooks import Hook  # noqa: PLC0415  up to 3.11 alone

        code, key, thread, clock = source.code, id(source.code), self._thread, _clock
        is_own_fault = self._agent.is_own_fault

        def begins() -> None:
            try:
                stack, sums = thread.both
                try:
                    own = sums[key]
                except KeyError:
                    own = sums[key] = _new(code)
                stack.append((own, clock()))
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def guarded(function: Callable[[], None]) -> Callable[..., None]:
            def called(*values: object) -> None:
                try:
                    function()
                except BaseException as error:
                    if not is_own_fault(error):
                        raise

            return called

        functions: list[Callable[[], None]] = [
            lambda: self._suspend(code, id(_getframe(2))),
            lambda: self._suspend(code, id(_getframe(2))),
            lambda: self._resume(code, id(_getframe(2))),
            lambda: self._resume(code, id(_getframe(2))),
        ]
        # without a call between: what is called is given these before its own arguments
        ends = Hook(self._end, code, False), Hook(self._end, code, True, None)
        return [], (begins, *ends, *[guarded(function) for function in functions])

    def callbacks(self, find: Callable[[CodeType, FrameType], Any], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring`` for what comes most often, without any calls between."""
        thread, is_own_fault, identity, clock = self._thread, self._agent.is_own_fault, id, _clock

        def on_start(code: CodeType, offset: int) -> object:
            try:
                stack, sums = thread.both
                try:
                    own = sums[identity(code)]
                except KeyError:
                    if self.known(code) is None and find(code, _getframe(1)) is None:
                        return disable
                    own = sums[identity(code)] = _new(code)
                stack.append((own, clock()))
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        return {"PY_START": on_start, "PY_RETURN": self._end}

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        code, end = source.code, self._end
        return lambda *first: self._begin(code), lambda how: end(code, how == RAISE, None)

    # -- what happens to a frame, told in its thread -------------------------------------------------------------------

    def started(self, frame: FrameType, source: Source) -> None:
        """It begins."""
        self._begin(source.code)

    def suspended(self, frame: FrameType, value: object) -> None:
        """It yields, or awaits."""
        self._suspend(frame.f_code, id(frame))

    def resumed(self, frame: FrameType, source: Source, thrown: BaseException | None = None) -> None:
        """It goes on; or has an exception thrown into it."""
        self._resume(source.code, id(frame))

    def returned(self, frame: FrameType, value: object) -> None:
        """It returns."""
        self._end(frame.f_code, False, None)

    def unwound(self, frame: FrameType, error: BaseException, here: bool) -> None:
        """An exception leaves it."""
        self._end(frame.f_code, True, None)

    def _own(self, code: object) -> list[Any]:
        """A function's sums in the calling thread."""
        sums = self._thread.both[1]
        own = sums.get(id(code))
        if own is None:
            own = sums[id(code)] = _new(code)
        return own

    def _begin(self, code: object) -> None:
        own = self._own(code)
        self._thread.stack.append((own, _clock()))

    @staticmethod
    def _leave(stack: list[_Call], code: object) -> _Call | None:
        """The innermost call of a function, off the stack; None where it began before the trace did."""
        at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at][0][_CODE] is code), -1)
        if at < 0:
            return None
        call = stack[at]
        del stack[at:]  # with those whose end was not seen
        return call

    def _make_end(self) -> Callable[[Any, object, object], None]:
        """What is called at each end of a call: a closure, and flat, for speed; also as ``sys.monitoring`` does."""
        thread, leave, changed, is_own_fault, clock = (
            self._thread, self._leave, self.changed, self._agent.is_own_fault, _clock,
        )  # fmt: skip

        def end(code: Any, error: object, value: object = None) -> None:
            now = clock()
            try:
                stack = thread.stack
                if stack and stack[-1][0][0] is code:
                    own, began = stack.pop()
                else:
                    found = leave(stack, code)
                    if found is None:
                        return
                    own, began = found
                run = now - began
                if stack:
                    stack[-1][0][_CHILDREN] += run
                if run < _QUICK:
                    try:
                        own[_RUNS][run] += 1
                    except KeyError:
                        own[_RUNS][run] = 1
                else:
                    _add_long(own, run)
                if error is True:
                    own[_ERRORS] += 1
                if not changed:
                    changed.append(True)
                    self.outbox.wake()
            except BaseException as fault:
                if not is_own_fault(fault):
                    raise

        return end

    def _suspend(self, code: object, frame: int) -> None:
        now, stack = _clock(), self._thread.stack
        call = self._leave(stack, code)
        if call is not None:
            ran = now - call[1]
            if stack:
                stack[-1][0][_CHILDREN] += ran
            self._suspended[frame] = id(code), ran

    def _resume(self, code: object, frame: int) -> None:
        key, ran = self._suspended.pop(frame, (0, 0))
        if key == id(code):
            own, stack = self._own(code), self._thread.stack
            if stack:
                stack[-1][0][_CHILDREN] -= ran  # it comes again at the end, with what it runs now
            stack.append((own, _clock() - ran))

    # -- sending -------------------------------------------------------------------------------------------------------

    def _sums(self) -> dict[int, list[Any]]:
        """Those of all threads together, by function."""
        together: dict[int, list[Any]] = {}
        if self._registering.acquire(True, _SETTLE_S):
            try:
                for index, found in self._ended.items():
                    _add(together.setdefault(index, _new(None)), found)
                for _, sums in self._all:
                    self._fold(together, sums)
            finally:
                self._registering.release()
        return together

    def describe(self, taken: list[Any]) -> dict[str, Any]:
        """The wire form of what has changed: of each function all that was summed up so far."""
        sums = []
        for index, found in self._sums().items():
            calls = _calls(found)
            if self._told.get(index) != calls:
                self._told[index] = calls
                _, _, classes, total, longest, children, errors = found
                flat = [each for pair in classes.items() for each in pair]
                sums.append([index, calls, errors, total, max(0, total - children), longest, flat])
        count = len(self._new)
        functions = self._new[:count]
        del self._new[:count]
        return {"functions": functions, "threads": [], "tasks": [], "sums": sums, "cost": self._cost, "done": False}
