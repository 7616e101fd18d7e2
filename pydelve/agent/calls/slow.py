"""A trace of slow calls alone, for ``pydelve trace --slower-than``: what is told of a call is known where it ends.

Nearly all calls are quicker, so these cost no more than when they began, what they were given, and the look at the
clock where they end. Values that can't change are kept as they are while the call is under way; of others the text is
made where it begins, as they may be something else when it ends. Tells as ``stacks.py`` does, whose part this is; with
``--follow-calls``, ``--when``, ``--stack`` or ``--sample`` besides it is that which traces. Any thread of the program.
"""

from __future__ import annotations

import sys
import time
from _thread import _local

from ..calls.greenlets import per_greenlet
from ..calls.hooks import Hook
from ..calls.records import CALL, NONE_GIVEN, PROPAGATE, RAISE, RETURN, items_of
from ..calls.stacks import NOTHING_GIVEN, VALUES, Call, Calls
from ..calls.starts import Starts

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.matching import Builtin, Source
    from ..core import Agent

    # its code; how long traced calls in it ran; when it began, later by what it waited; how long that was; its values
    _Pending = list[Any]

_CODE, _CHILDREN, _BEGAN, _WAITED, _GIVEN = range(5)
_LOOKED_AT, _ROUNDS = 100, 5  # calls that are made to know the cost of one
_clock, _processor, _getframe = time.perf_counter, time.thread_time, sys._getframe  # before the program replaces them


def suffices(options: dict[str, Any]) -> bool:
    """Is a trace with these options one of slow calls alone?"""
    return bool(options["slower"]) and options["sample"] == 1 and not any(
        options[name] for name in ("follow", "condition", "stack")
    )  # fmt: skip


class _Pendings(_local):
    """The calls that a thread is in."""

    def __init__(self) -> None:
        self.stack: list[_Pending] = []


per_greenlet(_Pendings, "stack", lambda local: [])


class SlowCalls(Calls):
    """One trace, from its begin to its end."""

    def __init__(self, agent: Agent, options: dict[str, Any]) -> None:
        """``options``: of the request (``target/live/convert_tracing.py``)."""
        super().__init__(agent, options)
        most, classes_only = (options["values"][0], not options["values"][3]) if options["values"] else (0, True)
        self._item, self._most = items_of(self._brief, most, classes_only), most
        self._by_code: dict[int, Source] = {}
        self._starts = Starts()
        self._tables += self._by_code, self._starts.known
        self._pendings = _Pendings()
        self._waiting: dict[int, tuple[_Pending, float]] = {}  # by id of the frame; since when
        self._each = 0.0
        self._end = self._make_end()
        self._each = self._measured_cost()
        self._end = self._make_end()

    def _mean_cost(self) -> float:
        return self._each

    def _measured_cost(self) -> float:
        """What a begin or an end costs in the program."""
        code, least = suffices.__code__, 1.0
        begins = self._make_begins(code)
        for _ in range(_ROUNDS):
            start = _processor()
            for number in range(_LOOKED_AT):
                begins(number)
                self._end(code, 0, number)
            least = min(least, _processor() - start)
        return least / (2 * _LOOKED_AT)

    def _found(self, source: Source) -> None:
        """See ``matching.Sources``."""
        self._by_code[id(source.code)] = source
        names = [] if self._brief is None else source.names
        self._starts.add(source.code, self._make_begins(source.code), names)

    def _held(self, number: int) -> int:
        """See ``matching.Sources``: what ``_make_begins`` gives."""
        return 1

    # -- what tells ----------------------------------------------------------------------------------------------------

    def callbacks(self, find: Callable[[CodeType, FrameType], object], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring`` for what comes most often."""
        return {
            "PY_START": self._starts.callback(find, disable, [], self._agent.is_own_fault),
            "PY_RETURN": self._end,
        }

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """See ``matching.Sources``."""
        code, is_own_fault = source.code, self._agent.is_own_fault

        def raises() -> None:
            error: Any = sys.exc_info()[1]
            traceback = error.__traceback__
            self._end(code, (RAISE if traceback is None or traceback.tb_next is None else PROPAGATE,), error)

        def guarded(function: Callable[[], None]) -> Callable[..., None]:
            def called(*values: object) -> None:
                try:
                    function()
                except BaseException as error:
                    if not is_own_fault(error):
                        raise

            return called

        functions: list[Callable[[], None]] = [
            raises,
            lambda: self._suspend(code, id(_getframe(2))),
            lambda: self._suspend(code, id(_getframe(2))),
            lambda: self._resume(code, id(_getframe(2))),
            lambda: self._resume(code, id(_getframe(2))),
        ]
        names, begins = self._starts.hook(code)
        return names, (begins, Hook(self._end, code, 0), *[guarded(function) for function in functions])

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        _, told = self._starts.hook(source.code)
        pendings, end, shows = self._pendings, self._end, self._brief is not None and bool(source.names)

        def begins(*first: object) -> None:
            if not shows:
                told()
            elif first:
                told(*first)
            else:
                pendings.stack.append([source, 0.0, _clock(), 0.0, (NONE_GIVEN,)])

        return begins, lambda how: end(source, (how,), NOTHING_GIVEN)

    def _make_begins(self, code: object) -> Callable[..., None]:
        """What is called where the function begins."""
        pendings, item, most, clock = self._pendings, self._item, self._most, _clock
        integer, string, length, is_own_fault = int, str, len, self._agent.is_own_fault

        def begins(*values: Any) -> None:
            try:
                for value in values:
                    kind = type(value)
                    if kind is not integer and (kind is not string or length(value) > most):
                        values = tuple([item(each) for each in values])
                        break
                pendings.stack.append([code, 0.0, clock(), 0.0, values])
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        return begins

    def _make_end(self) -> Callable[[Any, object, object], None]:
        """What is called at each end of a call, also by ``sys.monitoring``; a tuple has how, where not by a return."""
        pendings, slower, is_own_fault, clock, each = (
            self._pendings, self._slower, self._agent.is_own_fault, _clock, 2 * self._each,
        )  # fmt: skip

        def end(code: Any, how: object, value: object) -> None:
            now = clock()
            try:
                stack = pendings.stack
                if stack and stack[-1][0] is code:
                    call = stack.pop()
                else:
                    found = _leave(stack, code)
                    if found is None:
                        return
                    call = found
                ran = now - call[2]
                if stack:
                    stack[-1][1] += ran + each  # what telling took is not the caller's own time
                if ran + call[3] >= slower:
                    self._tell_slow(call, how[0] if type(how) is tuple else RETURN, value, now)
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        return end

    # -- what happens to a frame, told in its thread -------------------------------------------------------------------

    def started(self, frame: FrameType, source: Source) -> None:
        """It begins."""
        self._starts.started(frame)

    def suspended(self, frame: FrameType, value: object, sure: bool = False) -> None:
        """It yields, or awaits."""
        self._suspend(frame.f_code, id(frame))

    def resumed(self, frame: FrameType, source: Source, thrown: BaseException | None = None) -> None:
        """It goes on; or has an exception thrown into it."""
        self._resume(source.code, id(frame))

    def returned(self, frame: FrameType, value: object) -> None:
        """It returns."""
        self._end(frame.f_code, 0, value)

    def unwound(self, frame: FrameType, error: BaseException, here: bool) -> None:
        """An exception leaves it; ``here``: one that came up in itself."""
        self._end(frame.f_code, (RAISE if here else PROPAGATE,), error)

    def _suspend(self, code: object, frame: int) -> None:
        now, stack = _clock(), self._pendings.stack
        call = _leave(stack, code)
        if call is not None:
            if stack:
                stack[-1][_CHILDREN] += now - call[_BEGAN]
            self._waiting[frame] = call, now

    def _resume(self, code: object, frame: int) -> None:
        call, since = self._waiting.pop(frame, (None, 0.0))
        if call is None or call[_CODE] is not code:
            return  # it began before the trace did
        stack = self._pendings.stack
        if stack:
            stack[-1][_CHILDREN] -= since - call[_BEGAN]  # it comes again at the end, with what it runs now
        waited = _clock() - since
        call[_BEGAN] += waited
        call[_WAITED] += waited
        stack.append(call)

    def _tell_slow(self, pending: _Pending, kind: int, value: object, now: float) -> None:
        """A call has ended, and took long."""
        if self.done or not self.outbox.is_on:
            return
        code, children, began, waited, given = pending
        stack, thread = self._pendings.stack, self._here.thread
        call = Call()
        call.source, call.number, call.depth = self._by_code[id(code)], next(self._numbers), len(stack)
        call.task = self._task()
        ran = now - began
        self._count_end()
        text = VALUES.join([self._as_text(each) for each in given if each != b""])
        self._tell(CALL, call, thread, (began - waited - self.began, 0.0, 0.0, 0.0), text)
        times = now - self.began, ran, max(0.0, ran - children), waited
        self._tell(kind, call, thread, times, "" if value is NOTHING_GIVEN else self._text(value))
        if stack:
            stack[-1][_CHILDREN] += _clock() - now

    def _as_text(self, item: object) -> str:
        """Of what was kept of an argument: ``bytes`` are text already."""
        if type(item) is bytes:
            return item.decode("utf-8", "surrogatepass")
        return self._text(item)


def _leave(stack: list[_Pending], code: object) -> _Pending | None:
    """The innermost call of a function, off the stack; None where it began before the trace did."""
    at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at][_CODE] is code), -1)
    if at < 0:
        return None
    call = stack[at]
    del stack[at:]  # with those whose end was not seen
    return call
