"""What the session is about right now: the process, its state, the numbers of its threads. Shared by the parts of the
engine; written by ``engine.Debugger`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydelve.api import requests
from pydelve.api.breakpoints import Breakpoint
from pydelve.api.target import Frame, Stack, State
from pydelve.debugger.files import Files
from pydelve.debugger.threads import ThreadNumbers
from pydelve.debugger.weaving import Compiler, ScopeKey, Weaving, mode_from_environment
from pydelve.errors import TargetStateError
from pydelve.target.arming import WovenScope
from pydelve.target.interface import Process

Handlers = dict[type[requests.Request[Any]], Callable[[Any], Any]]
"""Each part of the engine serves some of the requests."""
_EXPRESSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class Current:
    """The current target. Everything here runs on the engine's thread."""

    def __init__(self, options: object) -> None:
        """There is no process yet. ``options`` are those of the session; only a launch's tell of files."""
        self.process: Process | None = None
        self.state = State("starting")
        self.threads = ThreadNumbers(0)
        self.files = Files(options)
        self.stop_one = False
        """Stops stop one thread only."""

    def armable(self) -> Process | None:
        """The process, if there is one that breakpoints can be put into."""
        return self.process if self.process is not None and not self.process.ended else None

    def live(self) -> Process:
        """The process that has not ended.

        Raises:
            TargetStateError: it has, or was left.
        """
        process = self.armable()
        if process is None:
            if self.state.status == "detached":
                raise TargetStateError("the program runs on without pydelve", why="it was detached", hint="restart")
            raise TargetStateError("the program has ended", hint="restart")
        return process

    def weave(self, breakpoints: Iterable[Breakpoint], touched: Iterable[ScopeKey]) -> tuple[WovenScope, ...]:
        """What is to be woven into functions of the process; see ``weaving.Weaving.scopes``."""
        process = self.armable()
        if process is None or process.free_threaded:  # a function's code can't be replaced while others call it
            return ()
        interpreter = self.files.sources.interpreter
        optimize, columns = process.optimize
        compiler = Compiler(interpreter.path, interpreter.minor, optimize, columns or interpreter.minor < 11)
        return Weaving(self.files.sources, compiler, mode_from_environment(), self.ident_or_none).scopes(
            breakpoints, touched
        )

    def stopped(self) -> Process:
        """The process that stands still.

        Raises:
            TargetStateError: it runs, or has ended.
        """
        process = self.live()
        if self.state.status != "stopped":
            raise TargetStateError(
                f"the program is {self.state.status}", why="this needs a stopped one", hint="press Ctrl-C to halt it"
            )
        return process

    def ident(self, thread: int) -> int:
        """The ident behind a thread's number; 0, the thread that stopped, stays 0, and so does another stack's."""
        return self.threads.ident(thread) if thread > 0 else thread

    def ident_or_none(self, thread: int) -> int:
        """The same, -1 where this run has no such thread."""
        try:
            return self.ident(thread)
        except TargetStateError:
            return -1

    def stack(self, thread: int, start: int, count: int) -> Stack:
        """Frames ``start`` to ``start + count`` of a stopped process's thread, innermost first."""
        frames, total = self.stopped().stack(self.ident(thread), start, count)
        parts = self.stopped().stack_parts(thread) if thread < 0 else ()
        return Stack(tuple(map(self.files.qualified, frames)), total, parts)

    def frame(self, thread: int, index: int) -> Frame | None:
        """One frame; None where the stack is not that deep."""
        stop = self.state.stop
        if stop is not None and thread in (0, stop.thread) and index < len(stop.frames):
            return stop.frames[index]
        frames = self.stack(thread, index, 1).frames
        return frames[0] if frames else None

    def stepped_frame(self, thread: int, index: int) -> Frame | None:
        """The frame that a step is about: a comprehension belongs to the statement that runs it."""
        asked = frame = self.frame(thread, index)
        while frame is not None and (
            frame.function.rpartition(".")[2] in _EXPRESSIONS or (frame.library and frame is not asked)
        ):
            index += 1
            frame = self.frame(thread, index)
        return frame or asked
