"""Calls that are left out by ``--sample``, ``--first`` or ``--when``, at little cost: decided where they begin.

Of such a call no more is kept than that it is under way: a mark on its thread's stack, which is its function's key, and
negative for a call that is told of. Only the latter come to ``stacks.Calls``, whose part this is. Any thread of the
program; the program's code runs here only for a condition that the user gave.
"""

from __future__ import annotations

import sys
from _thread import _local

from ..calls.greenlets import per_greenlet

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from .conditions import Condition, Entered
    from .matching import Source
    from .stacks import Calls

_ENDLESS = 1 << 62
_getframe = sys._getframe  # taken before the program can replace it


class _Marks(_local):
    """The calls that a thread is in."""

    def __init__(self) -> None:
        self.stack: list[int] = []
        self.number = 0  # of the call that begins just now


per_greenlet(_Marks, "stack", lambda local: [])


class Choosing:
    """For one trace."""

    def __init__(
        self,
        calls: Calls,
        counter: Any,
        sample: int,
        first: int,
        condition: Condition | None,
        is_own_fault: Callable[[BaseException], bool],
    ) -> None:
        """``counter``: of the calls that might be told of."""
        self._calls, self._counter, self._sample = calls, counter, sample
        self._most = first * sample or _ENDLESS
        self._condition, self._is_own_fault = condition, is_own_fault
        self.entered: dict[int, Entered] = {}
        """By id of code that asks the condition by itself: of the calls that it is not true of nothing comes here."""
        self.known: dict[int, Source] = {}
        """By id of code that events tell of."""
        self._marks = _Marks()
        self._suspended: set[int] = set()  # ids of frames whose calls are left out

    def callbacks(self, find: Callable[[CodeType, FrameType], Any], disable: object) -> dict[str, Any]:
        """Callbacks of ``sys.monitoring``."""
        switches = {name: self._guarded(each) for name, each in self._make_on_switches(find, disable).items()}
        return {"PY_START": self._make_on_start(find, disable), "PY_RETURN": self._make_on_return(disable), **switches}

    def _make_on_start(self, find: Callable[[CodeType, FrameType], Any], disable: object) -> Callable[..., object]:
        leaves_out, begins, is_own_fault = self._make_leaves_out(), self._begins, self._is_own_fault
        known, identity = self.known, id

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

        return on_start

    def _make_on_return(self, disable: object) -> Callable[..., object]:
        marks, ends, is_own_fault, identity, entered = self._marks, self._ends, self._is_own_fault, id, self.entered

        def on_return(code: CodeType, offset: int, value: object) -> object:
            try:
                stack, key = marks.stack, identity(code)
                if key in entered:
                    if offset >= entered[key].end:
                        return disable
                    key = identity(entered[key].source.code)
                if stack and stack[-1] == key:
                    stack.pop()
                elif ends(key):
                    self._calls.returned(_getframe(1), value)
            except BaseException as error:
                if not is_own_fault(error):
                    raise
            return None

        return on_return

    def _make_on_switches(
        self, find: Callable[[CodeType, FrameType], Any], disable: object
    ) -> dict[str, Callable[..., object]]:
        """For what comes less often."""
        known, entered = self.known, self.entered

        def source_at(code: CodeType, offset: int) -> Source | None:
            found = entered.get(id(code))
            if found is None:
                return known.get(id(code))
            return found.source if found.begin <= offset < found.end else None

        def on_unwind(code: CodeType, offset: int, error: BaseException) -> None:
            source = source_at(code, offset)
            if source is not None and self._ends(id(source.code)):
                traceback = error.__traceback__
                self._calls.unwound(_getframe(2), error, traceback is None or traceback.tb_next is None)

        def on_yield(code: CodeType, offset: int, value: object) -> object:
            source = source_at(code, offset)
            if source is None:
                return disable
            self._suspends(_getframe(2), id(source.code), value)
            return None

        def on_resume(code: CodeType, offset: int) -> object:
            source = source_at(code, offset)
            if source is None and id(code) not in entered:
                source = find(code, _getframe(2))
                if source is not None:
                    known[id(code)] = source
            if source is None:
                return disable
            self._resumes(_getframe(2), source, None)
            return None

        def on_throw(code: CodeType, offset: int, error: BaseException) -> None:
            source = source_at(code, offset)
            if source is not None:
                self._resumes(_getframe(2), source, error)

        return {"PY_UNWIND": on_unwind, "PY_YIELD": on_yield, "PY_RESUME": on_resume, "PY_THROW": on_throw}

    def hooks(self, source: Source, asked: bool) -> tuple[Callable[..., None], ...]:
        """What ``splicing.Calls`` consists of, for a function's own code; ``asked``: see ``Sources.hooks``."""
        key, calls, marks, is_own_fault = id(source.code), self._calls, self._marks, self._is_own_fault
        leaves_out = self._make_leaves_out(asked)

        def begins() -> None:
            try:
                if calls.outbox.is_on and not leaves_out(key):
                    self._begins(_getframe(1), source, asked)
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
            lambda value: self._suspends(_getframe(2), key, value, True),
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

    def _make_leaves_out(self, asked: bool = False) -> Callable[[int], bool]:
        """What is asked first as a call begins: is it left out, whatever it is? Then it has its mark."""
        counter, sample, most, marks, suspended = self._counter, self._sample, self._most, self._marks, self._suspended

        def leaves_out(key: int) -> bool:
            number = next(counter)
            if (number % sample or number > most) and not suspended:
                marks.stack.append(key)
                return True
            marks.number = number
            return False

        return leaves_out if asked or self._condition is None else lambda key: False

    def _begins(self, frame: FrameType, source: Source, asked: bool = False) -> None:
        """A call that may be told of."""
        key, number = id(source.code), self._marks.number
        if self._suspended:  # a generator that was freed while it waited had this frame
            self._suspended.discard(id(frame))
        counts = True
        if self._condition is not None and not asked:
            counts = self._condition.holds(frame, source)
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

    def _suspends(self, frame: FrameType, key: int, value: object, sure: bool = False) -> None:
        told = self._ends(key)
        if told:
            self._calls.suspended(frame, value, sure)
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
