"""Step plans: from one stop to the next line a reader expects, in one thread and one frame.

A step belongs to a thread and to a frame; the event sources (``monitoring.py``, ``tracing.py``) tell it what that thread does and ask
nothing else. Its rules (docs/internals/stepping.md):

- *next* ends where control arrives at a statement of its frame, *step* also in any frame of the user's that starts meanwhile.
- A frame that returns ends the step in the caller, in the middle of the statement that called, where the value can be seen.
- A frame left by an exception hands the step to its nearest caller of the user's: it ends at the handler.
- A generator that yields keeps a *next*; *stepout* and *step* go to the one who asked for the value. A coroutine that waits
  keeps any step.
"""

from __future__ import annotations

from .linemap import LineMap

_COROUTINE = 0x80 | 0x100 | 0x200  # Include/cpython/code.h: CO_COROUTINE, CO_ITERABLE_COROUTINE, CO_ASYNC_GENERATOR


class Step:
    """One step under way."""

    def __init__(self, how, ident, frame, line_map, into_libraries):
        """``frame`` is where it was asked; ``line_map`` tells arrivals in it (None: any new line is one)."""
        self.how = how
        self.ident = ident
        self.frame = frame
        self.code = frame.f_code
        self.line_map = line_map
        self.into_libraries = into_libraries
        self.any_line = how == "entry"


class Outcome:
    """Where a finished step is shown: the frame, and what was returned into it."""

    def __init__(self, frame, line, returned=None):
        """``line`` is the one to show; ``returned``: ``(code, value)`` of the frame that just ended."""
        self.frame = frame
        self.line = line
        self.returned = returned


class Stepper:
    """Holds the step under way, if there is one, and decides where it ends. Called by the thread it belongs to."""

    def __init__(self, ownership, events):
        """``ownership`` tells user code; ``events`` is asked to watch frames and calls."""
        self._ownership = ownership
        self._events = events
        self.active = None

    def begin(self, step):
        """Start a step; the events it needs are asked for."""
        self.active = step
        self._events.watch(step.frame)
        self._events.watch_calls(step.how == "step")

    def cancel(self):
        """Forget the step; the one that was, or None."""
        step, self.active = self.active, None
        return step

    def _is_user(self, frame):
        return self.active.into_libraries or not self._ownership.is_library(frame.f_code.co_filename)

    def _user_caller(self, frame):
        caller = frame.f_back
        while caller is not None and not self._is_user(caller):
            caller = caller.f_back
        return caller

    def _move_to(self, frame):
        """The step goes on in another frame, where the next line reached ends it."""
        step = self.active
        if frame is None:  # nothing of the user's is left on this stack: the thread or the program ends
            self.active = None
            return
        step.frame = frame
        step.any_line = True
        self._events.watch(frame)

    # -- what the thread does ------------------------------------------------------------------------------------------

    def line(self, frame, offset):
        """Control is at a line start of ``frame``: an Outcome where the step ends here."""
        step = self.active
        if frame is not step.frame or (step.how == "stepout" and not step.any_line):
            return None
        if step.line_map is None or frame.f_code is not step.code:
            return Outcome(frame, frame.f_lineno)
        unit = step.line_map.unit_at(offset)
        if unit:
            return Outcome(frame, unit)
        return Outcome(frame, frame.f_lineno) if step.any_line else None

    def started(self, frame):
        """A frame starts, or a generator's goes on: an Outcome where that is all the event there will be."""
        step = self.active
        if step.how != "step" or frame is step.frame or not self._is_user(frame):
            return None
        self._move_to(frame)
        entry = LineMap(frame.f_code, None).entry
        return Outcome(frame, entry) if entry else None

    def returned(self, frame, value):
        """A frame ends with a value: an Outcome where the step ends in its caller."""
        step = self.active
        if frame is not step.frame:
            return None
        caller = frame.f_back
        if caller is not None and self._is_user(caller):
            return Outcome(caller, caller.f_lineno, (frame.f_code, value))
        self._move_to(self._user_caller(frame))
        return None

    def yielded(self, frame, value):
        """A generator or coroutine is suspended."""
        step = self.active
        if frame is not step.frame:
            return None
        if frame.f_code.co_flags & _COROUTINE:
            if step.how == "step":  # what runs meanwhile is other tasks' business
                step.how = "next"
                self._events.watch_calls(False)
            return None
        if step.how == "stepout":
            return self.returned(frame, value)
        if step.how == "step":
            self._move_to(self._user_caller(frame))
        return None

    def unwound(self, frame):
        """A frame is left by an exception."""
        if frame is self.active.frame:
            self._move_to(self._user_caller(frame))
