"""Calls that are left out by ``--sample``, ``--first`` or ``--when``, at little cost: decided where they begin.

Of such a call no more is kept than that it is under way: a mark on its thread's stack, which is its function's key, and
negative for a call that is told of. Only the latter come to ``stacks.Calls``, whose part this is. Any thread of the
program; the program's code runs here only for a condition that the user gave.
"""

from __future__ import annotations

import sys
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from .matching import Source
    from .stacks import Calls

_ENDLESS = 1 << 62
_getframe = sys._getframe  # taken before the program can replace it


class _Marks(_local):
    """The calls that a thread is in."""

    def __init__(self) -> None:
        self.stack: list[int] = []
        self.number = 0  # of the call that begins just now


class Choosing:
    """For one trace."""

    def __init__(
        self,
        calls: Calls,
        counter: Any,
        sample: int,
        first: int,
        holds: Callable[[FrameType, Source], bool] | None,
        is_own_fault: Callable[[BaseException], bool],
    ) -> None:
        """``counter``: of the calls that might be told of; ``holds``: the user's condition, where there is one."""
        self._calls, self._counter, self._sample = calls, counter, sample
        self._most = first * sample or _ENDLESS
        self._holds, self._is_own_fault = holds, is_own_fault
        self._marks = _Marks()
        self._suspended: set[int] = set()  # ids of frames whose calls are left out

    def callbacks(self, find: Callable[[CodeType, FrameType], Any], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring``."""
        known: dict[int, Source] = {}
        leaves_out, begins, is_own_fault = self._make_leaves_out(), self._begins, self._is_own_fault
        marks, ends, identity = self._marks, self._ends, id

        def on_start(code: CodeType, offset: int) -> object:
            try:
                source = known.get(identity(code))
                if source is None:
                    source = find(code, _getframe(1))
                    if source is None:
                        return disable
                    known[identity(code)] = source
                if not leaves_out(identity(code)):
                    begins(_getframe(1), source)
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        def on_return(code: CodeType, offset: int, value: object) -> None:
            try:
                stack, key = marks.stack, identity(code)
                if stack and stack[-1] == key:
                    stack.pop()
                elif ends(key):
                    self._calls.returned(_getframe(1), value)
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def on_unwind(code: CodeType, offset: int, error: BaseException) -> None:
            if identity(code) in known and ends(identity(code)):
                traceback = error.__traceback__
                self._calls.unwound(_getframe(2), error, traceback is None or traceback.tb_next is None)

        def on_yield(code: CodeType, offset: int, value: object) -> None:
            self._suspends(_getframe(2), identity(code), value)

        def on_resume(code: CodeType, offset: int) -> object:
            source = known.get(identity(code)) or find(code, _getframe(2))
            if source is None:
                return disable
            self._resumes(_getframe(2), source, None)
            return None

        def on_throw(code: CodeType, offset: int, error: BaseException) -> None:
            source = known.get(identity(code))
            if source is not None:
                self._resumes(_getframe(2), source, error)

        return {
            "PY_START": on_start, "PY_RETURN": on_return, "PY_UNWIND": self._guarded(on_unwind),
            "PY_YIELD": self._guarded(on_yield), "PY_RESUME": self._guarded(on_resume),
            "PY_THROW": self._guarded(on_throw),
        }  # fmt: skip

    def hooks(self, source: Source) -> tuple[Callable[..., None], ...]:
        """What ``splicing.Calls`` consists of, for a function's own code."""
        key, calls, marks, is_own_fault = id(source.code), self._calls, self._marks, self._is_own_fault
        leaves_out = self._make_leaves_out()

        def begins() -> None:
            try:
                if not leaves_out(key) and calls.outbox.is_on:
                    self._begins(_getframe(1), source)
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def returns(value: object) -> None:
            try:
                stack = marks.stack
                if stack and stack[-1] == key:
                    stack.pop()
                elif self._ends(key) and calls.outbox.is_on:
                    calls.returned(_getframe(1), value)
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def raises() -> None:
            if self._ends(key):
                error: Any = sys.exc_info()[1]
                traceback = error.__traceback__
                calls.unwound(_getframe(2), error, traceback is None or traceback.tb_next is None)

        functions: list[Callable[..., None]] = [
            raises,
            lambda value=None: self._suspends(_getframe(2), key, value),
            lambda: self._suspends(_getframe(2), key, None),
            lambda: self._resumes(_getframe(2), source, None),
            lambda: self._resumes(_getframe(2), source, sys.exc_info()[1]),
        ]

        def while_on(function: Callable[..., None]) -> Callable[..., None]:
            outbox, is_own_fault = calls.outbox, self._is_own_fault

            def called(*values: object) -> None:
                try:
                    if outbox.is_on:  # frames may go on with this code after the trace
                        function(*values)
                except BaseException as error:
                    if not is_own_fault(error):
                        raise

            return called

        return begins, returns, *[while_on(function) for function in functions]

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Lets no fault of ours into the program."""
        is_own_fault = self._is_own_fault

        def called(*values: Any) -> Any:
            try:
                return function(*values)
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        return called

    def _make_leaves_out(self) -> Callable[[int], bool]:
        """What is asked first as a call begins: is it left out, whatever it is? Then it has its mark."""
        counter, sample, most, marks, suspended = self._counter, self._sample, self._most, self._marks, self._suspended

        def leaves_out(key: int) -> bool:
            number = next(counter)
            if (number % sample or number > most) and not suspended:
                marks.stack.append(key)
                return True
            marks.number = number
            return False

        return (lambda key: False) if self._holds is not None else leaves_out

    def _begins(self, frame: FrameType, source: Source) -> None:
        """A call that may be told of."""
        key, number = id(source.code), self._marks.number
        if self._suspended:  # a generator that was freed while it waited had this frame
            self._suspended.discard(id(frame))
        counts = True
        if self._holds is not None:
            counts = self._holds(frame, source)
            number = next(self._counter) if counts else 0
        if counts and not number % self._sample and number <= self._most:
            self._marks.stack.append(-key)
            self._calls.begin_chosen(frame, source)
        else:
            self._marks.stack.append(key)

    def _ends(self, key: int) -> bool | None:
        """The innermost call of a function is no longer under way: was it told of? None: it began before the trace."""
        stack = self._marks.stack
        if stack and stack[-1] == key:
            stack.pop()
            return False
        at = next((at for at in range(len(stack) - 1, -1, -1) if stack[at] in (key, -key)), -1)
        if at < 0:
            return None
        told = stack[at] == -key
        del stack[at:]  # with those whose end was not seen
        return told

    def _suspends(self, frame: FrameType, key: int, value: object) -> None:
        told = self._ends(key)
        if told:
            self._calls.suspended(frame, value)
        elif told is False:
            self._suspended.add(id(frame))

    def _resumes(self, frame: FrameType, source: Source, thrown: BaseException | None) -> None:
        key = id(source.code)
        if id(frame) in self._suspended:
            self._suspended.discard(id(frame))
            self._marks.stack.append(key)
        else:
            self._marks.stack.append(-key)
            self._calls.resumed(frame, source, thrown)
