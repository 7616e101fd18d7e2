"""A trace that tells no calls but what they cost in sum, by function: for ``pydelve trace --stats``.

Sums are made where calls end, in the thread where that is, for each thread by itself: no call of another thread comes
between. The agent's thread adds them up now and then and sends what has changed, so nothing is ever dropped. Durations
are counted in classes: 64 of equal width between a power of two nanoseconds and the next, so that a class is never more
than 1.6 % wide, or, below 4 us, 8 ns; any number of calls takes little memory. ``calls.Calls`` has the same interface.
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

_ERRORS, _TOTAL, _CHILDREN, _LONGEST, _CLASSES = range(5)  # of a function: how many calls, its classes tell
_SHORT, _SHIFT = 4_096, 3  # durations below that are counted by their other bits
_BITS, _LONG = 6, 1_024  # of a longer one make its class, besides the highest; from here on
_EVERY_S, _EARLY_S, _SHARE = 0.25, 0.01, 16
_MANY_THREADS = 64
_LOOKED_AT, _ROUNDS = 100, 5  # calls that are made to know the cost of one
_SETTLE_S = 2.0
_clock, _processor, _getframe = time.perf_counter_ns, time.thread_time, sys._getframe  # before the program replaces


class _Thread(_local):
    """The calls that a thread is in, and its sums."""

    stack: list[list[int]]
    """Innermost last: function, when it began or went on, what it ran before, what its traced calls took."""
    both: tuple[list[list[int]], dict[int, list[Any]]]
    """The stack, and sums by function."""

    def __init__(self, register: Callable[[dict[int, list[Any]]], None]) -> None:
        self.sums: dict[int, list[Any]] = {}
        stack: list[list[int]] = []
        self.stack, self.both = stack, (stack, self.sums)
        register(self.sums)


per_greenlet(_Thread, "both", lambda local: ([], local.sums))
per_greenlet(_Thread, "stack", lambda local: local.both[0])


def _new() -> list[Any]:
    return [0, 0, 0, 0, {}]


def _calls(found: list[Any]) -> int:
    return sum(found[_CLASSES].values())


def _add(to: list[Any], more: list[Any]) -> None:
    """Add sums that no thread changes meanwhile, or only by more."""
    for index in (_ERRORS, _TOTAL, _CHILDREN):
        to[index] += more[index]
    to[_LONGEST] = max(to[_LONGEST], more[_LONGEST])
    classes = to[_CLASSES]
    for number, count in list(more[_CLASSES].items()):
        classes[number] = classes.get(number, 0) + count


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
        self._known: dict[int, bool] = {}  # ids of code that events tell of
        self._tables.append(self._known)
        self._new: list[list[Any]] = []  # functions
        self._functions = Numbers(self._new)
        self._all: list[tuple[int, dict[int, list[Any]]]] = []
        self._ended: dict[int, list[Any]] = {}  # by function, of threads and code that are gone
        self._told: dict[int, int] = {}  # calls of each function that were told
        self._suspended: dict[int, list[int]] = {}
        self._thread = _Thread(self._register)
        self.done = False
        self.changed: list[bool] = []
        """Not empty: there is something to send."""
        self.outbox = _Sent(agent, self)
        self._end = self._make_end(by_code=False)
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
                _add(into.setdefault(self._keys[key], _new()), found)

    def _measured(self) -> float:
        """What a begin or an end costs in the program."""
        least = 1.0
        for _ in range(_ROUNDS):
            began = _processor()
            for _ in range(_LOOKED_AT):
                self._begin(-1)
                self._end(-1, False, None)
            least = min(least, _processor() - began)
        self._thread.both[1].pop(-1, None)
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

    def _forget(self, number: int, source: Source) -> None:
        for _, sums in self._all:
            found = sums.pop(number, None)
            if found is not None:
                _add(self._ended.setdefault(source.index, _new()), found)
        del self._keys[number]

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """See ``Sources``: no parameters."""
        from ..calls.hooks import Hook  # noqa: PLC0415  up to 3.11 alone

        key, thread, is_own_fault = id(source.code), self._thread, self._agent.is_own_fault

        def begins() -> None:
            try:
                thread.stack.append([key, _clock(), 0, 0])
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
            lambda: self._suspend(key, id(_getframe(2))),
            lambda: self._suspend(key, id(_getframe(2))),
            lambda: self._resume(key, id(_getframe(2))),
            lambda: self._resume(key, id(_getframe(2))),
        ]
        # without a call between: what is called is given these before its own arguments
        ends = Hook(self._end, key, False), Hook(self._end, key, True, None)
        return [], (begins, *ends, *[guarded(function) for function in functions])

    def callbacks(self, find: Callable[[CodeType, FrameType], Any], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring`` for what comes most often, without any calls between."""
        known = self._known
        thread, is_own_fault, identity = self._thread, self._agent.is_own_fault, id

        def on_start(code: CodeType, offset: int) -> object:
            try:
                key = identity(code)
                if key not in known:
                    if find(code, _getframe(1)) is None:
                        return disable
                    known[key] = True
                thread.stack.append([key, _clock(), 0, 0])
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        return {"PY_START": on_start, "PY_RETURN": self._make_end(by_code=True)}

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        key, thread, end = id(source.code), self._thread, self._end

        def begins(*first: object) -> None:
            thread.stack.append([key, _clock(), 0, 0])

        return begins, lambda how: end(key, how == RAISE, None)

    # -- what happens to a frame, told in its thread -------------------------------------------------------------------

    def started(self, frame: FrameType, source: Source) -> None:
        """It begins."""
        self._begin(id(source.code))

    def suspended(self, frame: FrameType, value: object) -> None:
        """It yields, or awaits."""
        self._suspend(id(frame.f_code), id(frame))

    def resumed(self, frame: FrameType, source: Source, thrown: BaseException | None = None) -> None:
        """It goes on; or has an exception thrown into it."""
        self._resume(id(source.code), id(frame))

    def returned(self, frame: FrameType, value: object) -> None:
        """It returns."""
        self._end(id(frame.f_code), False, None)

    def unwound(self, frame: FrameType, error: BaseException, here: bool) -> None:
        """An exception leaves it."""
        self._end(id(frame.f_code), True, None)

    def _begin(self, key: int) -> None:
        self._thread.stack.append([key, _clock(), 0, 0])

    @staticmethod
    def _leave(stack: list[list[int]], key: int) -> list[int] | None:
        """The innermost call of a function, off the stack; None where it began before the trace did."""
        at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at][0] == key), -1)
        if at < 0:
            return None
        call = stack[at]
        del stack[at:]  # with those whose end was not seen
        return call

    def _make_end(self, *, by_code: bool) -> Callable[[Any, object, object], None]:
        """What is called at each end of a call: a closure, and flat, for speed; ``by_code``: for ``sys.monitoring``."""
        thread, leave, changed, is_own_fault, identity, clock = (
            self._thread, self._leave, self.changed, self._agent.is_own_fault, id, _clock,
        )  # fmt: skip

        def end(key: Any, error: object, value: object = None) -> None:
            now = clock()
            if by_code:
                key = identity(key)
            try:
                stack, sums = thread.both
                if stack and stack[-1][0] == key:
                    _, began, run, children = stack.pop()
                else:
                    found = leave(stack, key)
                    if found is None:
                        return
                    _, began, run, children = found
                run += now - began
                if stack:
                    stack[-1][3] += now - began
                try:
                    own = sums[key]
                except KeyError:
                    own = sums[key] = _new()
                own[_TOTAL] += run
                if children:
                    own[_CHILDREN] += children
                if error is True:
                    own[_ERRORS] += 1
                if run > own[_LONGEST]:
                    own[_LONGEST] = run
                if run < _SHORT:
                    number = run >> _SHIFT
                else:
                    over = run.bit_length() - _BITS - 1
                    number = _LONG + (over << _BITS) + (run >> over)
                try:
                    own[_CLASSES][number] += 1
                except KeyError:
                    own[_CLASSES][number] = 1
                if not changed:
                    changed.append(True)
                    self.outbox.wake()
            except BaseException as fault:
                if not is_own_fault(fault):
                    raise

        return end

    def _suspend(self, key: int, frame: int) -> None:
        now, stack = _clock(), self._thread.stack
        call = self._leave(stack, key)
        if call is not None:
            call[2] += now - call[1]
            if stack:
                stack[-1][3] += now - call[1]
            self._suspended[frame] = call

    def _resume(self, key: int, frame: int) -> None:
        call = self._suspended.pop(frame, None)
        if call is not None and call[0] == key:
            self._thread.stack.append(call)
            call[1] = _clock()

    # -- sending -------------------------------------------------------------------------------------------------------

    def _sums(self) -> dict[int, list[Any]]:
        """Those of all threads together, by function."""
        together: dict[int, list[Any]] = {}
        if self._registering.acquire(True, _SETTLE_S):
            try:
                for index, found in self._ended.items():
                    _add(together.setdefault(index, _new()), found)
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
                errors, total, children, longest, classes = found
                flat = [each for pair in classes.items() for each in pair]
                sums.append([index, calls, errors, total, max(0, total - children), longest, flat])
        count = len(self._new)
        functions = self._new[:count]
        del self._new[:count]
        return {"functions": functions, "threads": [], "tasks": [], "sums": sums, "cost": self._cost, "done": False}
