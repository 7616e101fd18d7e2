"""Step plans: from one stop to the next line a reader expects, in one thread and one frame.

A step belongs to a thread and to a frame; the event sources (``monitoring.py``, ``tracing.py``) tell it what that
thread does and ask nothing else. Its rules, each with its reason, are in docs/internals/stepping.md; in short:

- *next* ends where control arrives at a statement of its frame, *step* also in any frame of the user's that starts
  meanwhile; *until* only at one from a line on.
- A frame that returns or yields a value ends the step in the caller, in the middle of the statement that called,
  where the value can be seen; only *next* and *until* wait for their generator to go on.
- A frame left by an exception hands the step to its nearest caller of the user's: it ends at the handler.
- A coroutine that waits keeps any step; a task that ends hands it to a task that waits for it.
"""

from __future__ import annotations

import gc
import sys

from ..interpreter import native
from ..interpreter.gil import FREE_THREADED
from ..interpreter.linemap import LineMap, leaves_with, line_at_start
from ..interpreter.paths import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any, Protocol

    from ..interpreter.paths import Ownership
    from ..interpreter.skipping import Skipped

    Goal = tuple[str, str, int]  # name of a function, its file and its first line, or "" and 0 for any of that name

    class Events(Protocol):
        """What a step asks of ``monitoring.Monitoring`` and ``tracing.Tracing``."""

        def watch(self, frame: FrameType) -> None:
            """Tell of this frame's lines, return and yields."""

        def watch_calls(self, wanted: bool) -> None:
            """Tell of frames that start, or not."""

        def unwatch(self) -> None:
            """Tell of nothing any more."""


# Include/cpython/code.h
_OPTIMIZED = 0x1
_ASYNC_GENERATOR = 0x200
_SILENT_DESTRUCTION = sys.version_info[:2] >= (3, 13)
_COROUTINE = 0x80 | 0x100 | _ASYNC_GENERATOR  # CO_COROUTINE, CO_ITERABLE_COROUTINE
_EXPRESSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
_OF_PARAMETERS = "<generic parameters of "  # Python/compile.c, from 3.12 on: what makes a T in class C[T], and then C
_TO_INNER = 40 if FREE_THREADED else 24  # f_frame, behind the object's head and f_back
_FRAME_DATA_SIZE = 256  # more than lies before the interpreter's frame in a frame object that owns it


class Step:
    """One step under way."""

    def __init__(
        self,
        how: str,
        ident: int,
        frame: FrameType,
        line_map: LineMap | None,
        into_libraries: bool,
        least_line: int = 0,
        goal: Goal | None = None,
        skip: Skipped | None = None,
    ) -> None:
        """``frame`` is where it was asked; ``line_map`` tells arrivals in it (None: any new line is one); those before
        ``least_line`` don't count; ``goal`` is the one function that is entered; ``skip``
        are those to pass through.
        """
        self.how = how
        self.ident = ident
        self.frame = frame
        self.code = frame.f_code
        self.line_map = line_map
        self.into_libraries = into_libraries
        self.least_line = least_line
        self.skip = skip
        self.goal = goal  # None also once it was entered
        self.any_line = how == "entry"
        self.previous = frame.f_lasti  # of the frame's last LINE event, as far as it matters (LineMap.repeats)
        self.returned: tuple[CodeType, Any] | None = None
        """What the task gave that ended on the way: shown where the task that waits for it goes on."""
        self.in_check = False
        """Begun in a woven check of its frame: the first arrival is at the statement where the user stands already."""
        self.consumer: FrameType | None = (
            None  # while ``frame`` is a generator that has yielded: who asked for the value
        )

    def handles_silently(self, frame: FrameType) -> bool:
        """Is this a frame of 3.9 where a handler may begin without a LINE event (``LineMap.silent``)?"""
        return (
            frame is self.frame
            and self.line_map is not None
            and frame.f_code is self.code
            and bool(self.line_map.silent)
        )


class Outcome:
    """Where a finished step is shown: the frame, and what was returned into it."""

    def __init__(self, frame: FrameType, line: int, returned: tuple[CodeType, Any] | None = None) -> None:
        """``line`` is the one to show; ``returned``: ``(code, value)`` of the frame that just ended."""
        self.frame = frame
        self.line = line
        self.returned = returned


class Stepper:
    """Holds the step under way, if there is one, and decides where it ends. Called by the thread it belongs to."""

    def __init__(self, ownership: Ownership, events: Events) -> None:
        """``ownership`` tells user code; ``events`` is asked to watch frames and calls."""
        self._ownership = ownership
        self._events = events
        self.active: Step | None = None
        self.awaiter: Callable[[FrameType], FrameType | None] = lambda frame: None
        """Of the outermost frame of the task that runs: the frame that waits for it, in another task."""

    def begin(self, step: Step) -> None:
        """Start a step; the events it needs are asked for."""
        self.active = step
        self._events.watch(step.frame)
        self._events.watch_calls(step.how == "step")

    def cancel(self) -> Step | None:
        """Forget the step; the one that was, or None."""
        step, self.active = self.active, None
        return step

    def _is_user(self, step: Step, frame: FrameType) -> bool:
        name = frame.f_code.co_filename
        if frame.f_code.co_name.startswith(_OF_PARAMETERS) or (step.skip is not None and step.skip.has(frame)):
            return False
        if step.into_libraries:
            return not name.startswith("<frozen ")
        return not self._ownership.is_library(name)

    def _user_caller(self, step: Step, frame: FrameType) -> FrameType | None:
        caller = frame.f_back
        while caller is not None and not self._is_user(step, caller):
            caller = caller.f_back
        return caller

    def _move_to(self, step: Step, frame: FrameType | None) -> None:
        """The step goes on in another frame, where the next line reached ends it."""
        step.consumer = None
        step.least_line = 0
        if frame is None:  # nothing of the user's is left on this stack: the thread or the program ends
            self.active = None
            self._events.unwatch()
            return
        step.frame = frame
        step.any_line = True
        self._events.watch(frame)

    # -- what the thread does ------------------------------------------------------------------------------------------

    def line(self, frame: FrameType, offset: int) -> Outcome | None:
        """Control is at a line start of ``frame``: an Outcome where the step ends here."""
        step = self.active
        if step is None:
            return None
        if frame is step.consumer and _is_gone(step.frame):
            self._move_to(step, frame)
        if frame is not step.frame:
            return None
        step.consumer = None
        if step.in_check:
            step.in_check = False
            return None
        if step.how == "stepout" and not step.any_line:
            return None
        previous, step.previous = step.previous, offset
        if step.line_map is not None and frame.f_code is step.code:
            unit = step.line_map.unit_at(offset, previous)
            if unit and unit >= step.least_line:
                return Outcome(frame, unit, step.returned)
        elif not step.any_line and frame.f_lineno >= step.least_line:
            if frame.f_lineno == line_at_start(frame.f_code, previous):
                return None  # the step began at the start, and PY_START brings this event along on the same line
            return Outcome(frame, frame.f_lineno)
        if step.any_line and not leaves_with(frame.f_code, offset) and not _begins_class(frame):
            return Outcome(frame, frame.f_lineno, step.returned)
        return None

    def started(self, frame: FrameType) -> Outcome | None:
        """A frame starts, or a generator's goes on: an Outcome where that is all the event there will be."""
        step = self.active
        if step is None or step.how != "step" or frame is step.frame:
            return None
        if step.goal is not None:
            if not self._is_goal(step, step.goal, frame):
                return None
            step.goal = None
        elif not self._is_user(step, frame):
            return None
        code = frame.f_code
        if code.co_name in _EXPRESSIONS:  # part of its statement, as comprehensions are from 3.12 on
            return None
        self._move_to(step, frame)
        line = line_at_start(code, frame.f_lasti)
        return Outcome(frame, line) if line and not _begins_class(frame) else None

    def _is_goal(self, step: Step, goal: Goal, frame: FrameType) -> bool:
        """Is this the function to enter, called by the statement that the step is about?"""
        name, file, first_line = goal
        code = frame.f_code
        if file:
            found = code.co_firstlineno == first_line and canonical(code.co_filename) == file
        else:
            own = getattr(code, "co_qualname", code.co_name)
            found = own == name or own.endswith("." + name) or (own == code.co_name == name.rpartition(".")[2])
        if not found:
            return False
        caller = self._user_caller(step, frame)
        while caller is not None and caller is not step.frame and caller.f_code.co_name in _EXPRESSIONS:
            caller = self._user_caller(step, caller)
        return caller is step.frame

    def returned(self, frame: FrameType, value: Any) -> Outcome | None:
        """A frame ends, or a generator gives a value: an Outcome where the step ends in its caller."""
        step = self.active
        if step is None or (frame is not step.frame and frame is not step.consumer):
            return None
        caller = frame.f_back
        if caller is not None and self._is_user(step, caller):
            return Outcome(caller, caller.f_lineno, (frame.f_code, value))
        awaiter = self._awaiter(step, frame)
        if awaiter is not None:
            step.returned = frame.f_code, value
        self._move_to(step, awaiter or self._user_caller(step, frame))
        return None

    def _awaiter(self, step: Step, frame: FrameType) -> FrameType | None:
        """Where a step goes on when a task ends: in the task that waits for it, not in the event loop."""
        if not frame.f_code.co_flags & _COROUTINE or frame.f_code.co_flags & _ASYNC_GENERATOR:
            return None
        awaiter = self.awaiter(frame)
        return awaiter if awaiter is not None and self._is_user(step, awaiter) else None

    def yielded(self, frame: FrameType, value: Any) -> Outcome | None:
        """A generator or coroutine is suspended."""
        step = self.active
        if step is None or frame is not step.frame:
            return None
        flags = frame.f_code.co_flags
        if flags & _COROUTINE and not (
            flags & _ASYNC_GENERATOR and type(value).__name__ == "async_generator_wrapped_value"
        ):
            if step.how == "step":  # what runs meanwhile is other tasks' business
                step.how = "next"
                self._events.watch_calls(False)
            return None
        if step.how not in ("next", "until"):
            # an asynchronous generator's value comes wrapped (CPython Objects/genobject.c: _PyAsyncGenWrappedValue)
            return self.returned(frame, gc.get_referents(value)[0] if flags & _ASYNC_GENERATOR else value)
        step.consumer = self._user_caller(step, frame)
        if step.consumer is not None:
            self._events.watch(step.consumer)
        return None

    def unwound(self, frame: FrameType) -> None:
        """A frame is left by an exception."""
        step = self.active
        if step is not None and (frame is step.frame or frame is step.consumer):
            self._move_to(step, self._awaiter(step, frame) or self._user_caller(step, frame))


def _begins_class(frame: FrameType) -> bool:
    """Is this the line of ``class``, where a class body sets its ``__module__`` before its first statement?"""
    code = frame.f_code
    return not code.co_flags & _OPTIMIZED and code.co_name != "<module>" and frame.f_lineno == code.co_firstlineno


def _is_gone(frame: FrameType) -> bool:
    """Was the suspended generator of this frame destroyed? From 3.13 on that makes no event where nothing waits to
    be cleaned up.

    The frame object then owns what the generator owned: its pointer leads into itself (CPython ``Python/frame.c``:
    ``take_ownership``; ``Include/internal/pycore_frame.h``: ``struct _frame``).
    """
    if not _SILENT_DESTRUCTION:
        return False
    address = id(frame)
    return 0 <= native.read_word(address + _TO_INNER) - address < _FRAME_DATA_SIZE
