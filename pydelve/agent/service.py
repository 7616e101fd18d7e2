"""Answers the debugger's questions about a stopped program. Runs in the thread that is stopped, or, for a few, in the
agent's own.

Each operation of ``protocol`` has one method here or in ``core``; arguments and results are plain data. Only
``evaluate``, ``examine``, ``assign``, ``jump`` and ``reload`` run the program's code, by ``_run``.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident

from . import protocol
from .events import jumping
from .exceptions import tree as exception_tree
from .interpreter import interpreters, threads
from .interpreter.interpreters import current_frames
from .looking import completing, evaluation, examination, fastlocals, inspection
from .looking.user_code import Interrupted
from .protocol import Refused
from .tasks import awaiting
from .weaving import bytecode, reloading

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any, ClassVar

    from .core import Agent
    from .interpreter.threads import Stack

_monotonic = time.monotonic  # taken before the program can replace it
_EXCEPTION_STACKS = -(1 << 40)  # what goes for an ident of the first exception's stack; the next ones follow below
_SHOWN_FRAMES = 20


class ThreadEnded(Refused):
    """There is no such thread."""

    hint = "threads"


class TaskEnded(Refused):
    """There is no such task."""

    hint = "tasks"


class Service:
    """The questions, over the frames of one stop."""

    def __init__(self, agent: Agent) -> None:
        """``agent`` is the ``core.Agent``; ``begin`` and ``end`` bracket each stop."""
        self._agent = agent
        self._handles = inspection.Handles()
        self._stacks: dict[int, Stack] = {}
        self.ident = 0
        self._at_line = False
        self._traceback: TracebackType | None = None
        self._parts: dict[int, list[list[Any]]] = {}
        self.outdated: list[CodeType] = []
        """Code that runs though its source has changed: its lines are not what the debugger has of it."""

    def begin(self, ident: int, frames: Stack, at_line: bool) -> None:
        """A stop begins: ``frames`` is the stack shown for the thread ``ident``; ``at_line``: it may jump."""
        self.ident = ident
        self._at_line = at_line
        self._stacks = {ident: frames}
        self._parts = {}

    def about(self, exception: BaseException, traceback: TracebackType | None) -> None:
        """It is about an exception, which may not have its traceback yet."""
        evaluation.exception[:] = [exception]
        self._traceback = traceback

    def end(self) -> None:
        """The stop ends: let go of every frame and value."""
        self._stacks = {}
        self._agent.tasks.forget()
        evaluation.exception.clear()
        self._traceback = None
        self._handles.clear()

    def handle(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The result of one request; raises Refused or what the evaluated code raises."""
        method = self._METHODS.get(operation)
        if method is None:
            raise Refused("no such operation: " + str(operation))
        return method(self, **arguments)

    # -- frames --------------------------------------------------------------------------------------------------------

    def frames(self, ident: int) -> Stack:
        """``[(frame, line), ...]`` of a thread, innermost first."""
        ident = ident or self.ident
        if ident not in self._stacks and ident < 0:
            try:
                self._stacks[ident], self._parts[ident] = self._agent.tasks.stack(-ident)
            except KeyError:
                raise TaskEnded("there is no such task any more") from None
        if ident not in self._stacks:
            frame = current_frames().get(ident)
            if frame is None:
                raise ThreadEnded("the thread has ended")
            self._stacks[ident] = threads.frames_of(frame)
        return self._stacks[ident]

    def frame(self, ident: int, index: int) -> FrameType:
        """One frame; Refused where the stack is not that deep."""
        frames = self.frames(ident)
        if not 0 <= index < len(frames):
            raise Refused(f"the thread has {len(frames)} frames")
        return frames[index][0]

    def _stack(self, thread: int, start: int, count: int) -> dict[str, Any]:
        frames = self.frames(thread)
        shown = frames[start : start + count]
        parts = self._parts.get(thread, [])
        return {"total": len(frames), "frames": [self.describe(*entry) for entry in shown], "parts": parts}

    def _code(self, thread: int, frame: int) -> dict[str, Any]:
        found = self.frame(thread, frame)
        return {"lasti": found.f_lasti, "parts": bytecode.code_parts(found.f_code)}

    def describe(self, frame: FrameType, line: int) -> dict[str, Any]:
        """The wire form of one frame."""
        return threads.describe_frame(frame, line, self._agent.ownership)

    def _threads(self) -> list[dict[str, Any]]:
        elsewhere = interpreters.threads_elsewhere(self._agent.gil) if interpreters.are_there_others() else {}
        stacks = {
            ident: self._stacks[ident] if ident in self._stacks
            else [] if ident in elsewhere  # it may run
            else threads.frames_of(frame)
            for ident, frame in current_frames().items()
        }  # fmt: skip
        found = threads.describe_threads(self._agent.own, stacks, self._agent.ownership, self._agent.main)
        for entry in found:
            entry["kept"] = entry["ident"] in self._agent.freezer.kept
            entry["stance"] = self._agent.stops.stance(entry["ident"])
            entry["elsewhere"] = elsewhere.get(entry["ident"])
        return found

    # -- values --------------------------------------------------------------------------------------------------------

    def inspect(self, value: object, limits: dict[str, int] | None = None) -> dict[str, Any]:
        """The wire form of a value."""
        return inspection.inspect_value(value, _limits(limits), self._handles)

    def _variables(self, scope: str, thread: int, frame: int, limits: dict[str, int]) -> list[list[Any]]:
        found = self.frame(thread, frame)
        if scope == "globals":
            names = [(name, "global", value) for name, value in dict.items(found.f_globals) if type(name) is str]
        else:
            names = fastlocals.read_locals(found)
            if scope == "arguments":
                names = [entry for entry in names if entry[1] == "argument"]
        return [[name, kind, self._shown(value, limits)] for name, kind, value in names]

    def _shown(self, value: object, limits: dict[str, int]) -> dict[str, Any]:
        if value is fastlocals.UNBOUND:
            return {"type": "", "kind": "unbound"}
        return self.inspect(value, limits)

    def _expand(self, handle: int, start: int, count: int, limits: dict[str, int]) -> dict[str, Any]:
        try:
            value = self._handles.get(handle)
        except LookupError:
            raise Refused("the value was shown at an earlier stop") from None
        return inspection.inspect_children(value, start, count, _limits(limits), self._handles)

    def _exception(self, thread: int, limits: dict[str, int]) -> list[dict[str, Any]]:
        """What a thread handles, or the stop is about, and all that belong to it; each has a stack of its own."""
        ident = thread or self.ident
        if evaluation.exception and ident == self.ident:
            error: BaseException | None = evaluation.exception[0]
        elif ident == get_ident():
            error = sys.exc_info()[1]
        else:
            current: Callable[[], dict[int, Any]] = getattr(sys, "_current_exceptions", dict)  # 3.10+
            handled = current().get(ident)
            error = handled[1] if type(handled) is tuple else handled
        return [] if error is None else [
            self._related(number, *entry, limits) for number, entry in enumerate(exception_tree.related(error))
        ]  # fmt: skip

    def _related(
        self, number: int, error: BaseException, how: str, parent: int, hidden: bool, limits: dict[str, int]
    ) -> dict[str, Any]:
        known = self._traceback if evaluation.exception and error is evaluation.exception[0] else None
        frames = threads.frames_of_traceback(known or error.__traceback__)
        stack = _EXCEPTION_STACKS - number
        self._stacks[stack] = frames
        return {
            "error": exception_tree.describe(error),
            "how": how,
            "parent": parent,
            "hidden": hidden,
            "stack": stack if frames else 0,
            "total": len(frames),
            "frames": [self.describe(*entry) for entry in frames[:_SHOWN_FRAMES]],
            "value": self.inspect(error, limits),
        }

    def _tasks(self) -> dict[str, Any]:
        return self._agent.tasks.describe(self.describe)

    def _captured(self) -> list[list[str]]:
        return self._agent.tests.captured()

    def _complete(self, thread: int, frame: int, steps: list[Any], what: str, typed: str) -> list[list[Any]]:
        return completing.complete(self.frame(thread, frame), steps, what, typed)

    def _signature(self, thread: int, frame: int, steps: list[Any]) -> list[Any] | None:
        return completing.signature(self.frame(thread, frame), steps)

    # -- running the program's code ------------------------------------------------------------------------------------

    def _evaluate(self, text: str, thread: int, frame: int, statements: bool, limits: dict[str, int]) -> dict[str, Any]:
        found = self.frame(thread, frame)
        awaitable = "" if statements else awaiting.awaited(text)
        if awaitable:
            return self._evaluate_await(found, awaitable, thread, limits)

        def run() -> object:
            if statements:
                evaluation.execute_statements(found, text)
                return None
            return evaluation.evaluate_expression(found, text)

        return self._run(run, limits, valueless=statements)

    def _evaluate_await(self, frame: FrameType, text: str, thread: int, limits: dict[str, int]) -> dict[str, Any]:
        thread = self._agent.tasks.thread_of(-thread) or get_ident() if thread < 0 else thread or self.ident
        loop, why_not = awaiting.loop_here(thread != get_ident())
        if loop is None:
            raise Refused(why_not)
        current, user_code = self._agent.tasks.current_task(), self._agent.user_code
        return self._run(lambda: awaiting.evaluate_await(frame, text, loop, current, user_code), limits, polls=True)

    def _examine(self, text: str, thread: int, frame: int, limits: dict[str, int]) -> dict[str, Any]:
        found = self.frame(thread, frame)
        values: list[object] = []
        done = self._run(lambda: values.append(evaluation.evaluate_expression(found, text)), {}, valueless=True)
        if values:
            done.update(examination.examine(values.pop(), _limits(limits), self._handles))
        return done

    def _assign(self, target: str, expression: str, thread: int, frame: int, limits: dict[str, int]) -> dict[str, Any]:
        found = self.frame(thread, frame)
        return self._run(lambda: evaluation.assign(found, target, expression), limits)

    def _jump(self, line: int) -> dict[str, Any]:
        """Go on from another line of the innermost frame of the thread that stopped."""
        frames = self._stacks[self.ident]
        frame = frames[0][0]
        if not self._at_line:
            woven = self._agent.weaver.of(frame.f_code)
            if woven is not None and frame.f_lasti in woven.offsets():
                if sys.version_info < (3, 11):  # later ones don't jump from the event that comes at the statement
                    return {"line": 0, "none": []}
                raise Refused(
                    "this breakpoint is woven into its line, and from 3.11 on Python jumps only from a line's beginning"
                )
            raise Refused("a jump begins at the start of a line, and this stop is in the middle of one")
        none: list[str] = []
        done = self._run(lambda: none.extend(jumping.jump(frame, line)), {}, valueless=True)
        if "error" not in done:
            frames[0] = (frame, frame.f_lineno or 0)
            self._agent.events.moved(frame)
        return {**done, "line": frames[0][1], "none": none}

    def _reload(self, path: str, source: bytes) -> dict[str, Any]:
        """Give the functions of a file the code that its source makes now."""
        self._agent.events.leave_code()
        made: list[reloading.Reload] = []
        # of the thread that stopped, the frames shown: one that has just returned may still be on its stack
        weaver = self._agent.weaver
        running = [weaver.original_of(frame.f_code) for ident in current_frames() for frame, _ in self.frames(ident)]
        weaver.forget(path)  # until its breakpoints are set anew
        done = self._run(lambda: made.append(reloading.Reload(path, source, running)), {}, valueless=True)
        if made:
            found = made[0]
            self.outdated += found.outdated
            done.update(changed=found.changed, moved=found.moved, kept=found.kept, new=found.new, gone=found.gone)
        return done

    def _run(
        self, function: Callable[[], Any], limits: dict[str, int], valueless: bool = False, polls: bool = False
    ) -> dict[str, Any]:
        """Run user code with the world moving; its failure is a result, whatever it raised."""
        began = _monotonic()
        value, error = self._agent.user_code.evaluate(function, polls)
        took = _monotonic() - began
        if error is not None:
            return {
                "error": evaluation.describe_error(error),
                "took": took,
                "interrupted": isinstance(error, Interrupted),
            }
        return {"value": None if valueless else self.inspect(value, limits), "took": took}

    _METHODS: ClassVar[dict[str, Callable[..., Any]]] = {
        protocol.STACK: _stack,
        protocol.THREADS: _threads,
        protocol.CODE: _code,
        protocol.VARIABLES: _variables,
        protocol.EXPAND: _expand,
        protocol.EXCEPTION: _exception,
        protocol.TASKS: _tasks,
        protocol.CAPTURED: _captured,
        protocol.COMPLETE: _complete,
        protocol.SIGNATURE: _signature,
        protocol.EVALUATE: _evaluate,
        protocol.EXAMINE: _examine,
        protocol.ASSIGN: _assign,
        protocol.JUMP: _jump,
        protocol.RELOAD: _reload,
    }


def _limits(wire: dict[str, int] | None) -> inspection.Limits:
    if not wire:
        return inspection.Limits(200, 64, 2, 2000)
    return inspection.Limits(wire["max_text"], wire["max_items"], wire["max_depth"], wire["max_total"])
