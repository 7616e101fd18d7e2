"""Breakpoints on exceptions: which raises stop the program, told by an event each time one passes a frame.

Off, and free, unless one is asked for. An exception passes every frame of the stack, and is an event in each; what it
passed before is in its traceback, whose first entry is this frame's. So *raised* is told once: in the first of the
user's frames that it reaches, or where a ``raise`` statement raises it again. That it *leaves the user's code* is told
in the frame of a library that called it. What is *uncaught* is told by ``hooks.py``, for nothing.

``happened`` is called by the event sources (``monitoring.py``, ``tracing.py``), on the thread that raises. Conditions
are the only code of the program's that is run here.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

from ..events.breakpoints import Counted
from ..exceptions import catching
from ..exceptions import tree as exception_tree
from ..exceptions.catching import UNCAUGHT, UNKNOWN
from ..exceptions.handlers import SUPPORTED
from ..interpreter import blame, threads
from ..interpreter.linemap import OPCODES
from ..interpreter.paths import is_agent
from ..looking import evaluation
from ..looking.snippet import Snippet
from ..protocol import Refused
from ..stops import Cause

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    from ..core import Agent
    from ..interpreter.threads import Stack

DEFAULT = 0
"""Number of the filter that no breakpoint of the user's stands for: every uncaught exception."""
NAME = "exc"
"""What a condition calls the exception."""
_IMPORTS = "<frozen importlib"
_Module = type(sys)
_HEAP_TYPE = 1 << 9  # Include/object.h: Py_TPFLAGS_HEAPTYPE
_RAISE = OPCODES["RAISE_VARARGS"]


class ArmedException(Counted):
    """One breakpoint on exceptions, with its counter."""

    def __init__(self, number: int, recipe: dict[str, Any], hits_of: Callable[[int], int]) -> None:
        """``recipe``: the dict of the arm request (``target/live/convert.py``: ``from_exception_arming``)."""
        super().__init__(number, recipe, hits_of)
        self.when: str = recipe["when"]
        self._pattern: str = recipe["pattern"]
        self._ignored: list[str] = recipe["ignored"]
        self.libraries: bool = recipe["libraries"]
        self.at_raise: bool = recipe["at_raise"]
        self._unknown: str = recipe["unknown"]
        self._snippets: dict[int, tuple[CodeType, Snippet]] = {}
        self._known: dict[int, bool] = {}  # id of a class of the interpreter's own, which never goes: is it meant?

    def means(self, error: BaseException) -> bool:
        """Is it of the class, and of none that is ignored?"""
        cls = type(error)
        found = self._known.get(id(cls))
        if found is None:
            found = self._means(cls)
            if not type.__dict__["__flags__"].__get__(cls) & _HEAP_TYPE:
                self._known[id(cls)] = found
        return found

    def _means(self, cls: type[BaseException]) -> bool:
        known = exception_tree.class_names(cls)
        if any(_fits(pattern, known) for pattern in self._ignored):
            return False
        return self._pattern == "*" or _fits(self._pattern, known)

    def wants(self, verdict: str) -> bool:
        """Of one that stops where it will be uncaught: does it stop here?"""
        return verdict == UNCAUGHT or (verdict == UNKNOWN and self._unknown == "stop")

    def hit(self, frame: FrameType, error: BaseException) -> tuple[bool, dict[str, Any] | None]:
        """``(stop, error of the condition or None)``. Runs the target's code where there is a condition."""
        if self.waits():
            return False, None
        if self.condition:
            try:
                if not self._value(frame, error):
                    return False, None
            except Exception as failed:
                if not blame.is_of_condition(failed):
                    raise
                return True, evaluation.describe_error(failed)
        return self.counts_now(), None

    def _value(self, frame: FrameType, error: BaseException) -> object:
        """Of the condition; its truth is asked by ``hit`` itself (``blame.is_of_condition``)."""
        known = self._snippets.get(id(frame.f_code))
        if known is None or known[0] is not frame.f_code:
            snippet = Snippet(self.condition, "eval", frame.f_code, evaluation.private_class_of(frame))
            known = self._snippets[id(frame.f_code)] = frame.f_code, snippet
        return evaluation.run_with(frame, known[1], {NAME: error})


def _fits(pattern: str, known: list[tuple[str, str]]) -> bool:
    """``Class`` or ``module.Class``; any package around the class's own module will do (``asyncio.QueueFull``)."""
    module, dot, name = pattern.rpartition(".")
    for owner, own in known:
        if own == pattern or owner + "." + own == pattern:
            return True
        if dot and own == name and (owner + ".").startswith(module + "."):
            return True
        if not dot and own.rpartition(".")[2] == name:
            return True
    return False


class Exceptions:
    """The breakpoints on exceptions of one target; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Uncaught ones stop; nothing else does."""
        self._agent = agent
        self._armed: list[ArmedException] = []
        # id of the last that stopped where it was raised, and will end something, and the code of that place
        self._told: tuple[int, CodeType] | None = None
        self._stops_uncaught = True
        self.unmeant: set[int] = set()
        """Ids of classes that none of them means, so that an event source need not ask."""
        self.lasting: set[type[BaseException]] = set()
        """Those of them that last, and whose own class is ``type``: to ask for one runs no code of the program's."""
        self.recent: list[type[BaseException] | None] = [None]
        """The one of ``lasting`` that came last."""
        self._unmeant_classes: dict[int, Any] = {}  # id: weak reference, for classes that may go

    def arm(self, number: int, recipe: dict[str, Any] | None) -> None:
        """Set one, or take it away; ``DEFAULT``: whether uncaught ones stop without any."""
        if recipe is not None and recipe["at_raise"] and not SUPPORTED:
            raise Refused("-at-raise needs CPython 3.11 or newer, which keeps a table of exception handlers")
        if number == DEFAULT:
            self._stops_uncaught = recipe is not None
            return
        table = self._agent.table
        made = None if recipe is None else ArmedException(number, recipe, table.hits_of)
        table.replace_exception(number, made)
        self._armed = [each for each in self._armed if each.id != number] + ([] if made is None else [made])
        self._ask_anew()
        live = [armed for armed in self._armed if armed.when != "uncaught" or armed.at_raise]
        everywhere = any(each.libraries or each.when == "user" for each in live)
        self._agent.events.watch_exceptions(bool(live), everywhere)

    # -- uncaught, told by the hooks -----------------------------------------------------------------------------------

    def uncaught(self, error: BaseException, frames: Stack, detail: str = "") -> None:
        """It has ended the program, or (``detail``) a thread or a task: stop, if that is wanted."""
        if not frames or not self._agent.active or self._agent.forked():
            return
        told = self._told
        if told is not None and told[0] == id(error) and _passed(error, told[1]):  # it was shown where it was raised
            self._told = None
            return
        armed = [each for each in self._armed if each.when == "uncaught" and not each.at_raise and each.means(error)]
        hits, failed = self._hits(armed, frames[0][0], error)
        if failed is not None:
            text = "{type}: {message}".format(**failed)
            self._agent.stops.stop_outside(
                Cause("condition-error", hits, text, exception=error, dead=len(frames)), frames
            )
        elif hits or self._stops_uncaught:
            cause = Cause("exception", hits, detail, exception=error, dead=len(frames))
            self._agent.stops.stop_outside(cause, frames)

    def _hits(
        self, armed: list[ArmedException], frame: FrameType, error: BaseException
    ) -> tuple[list[int], dict[str, Any] | None]:
        hits, problem = [], None
        ident = get_ident()
        self._agent.judging.add(ident)
        try:
            for each in armed:
                stop, failed = each.hit(frame, error)
                if stop:
                    hits.append(each.id)
                    problem = problem or failed
        finally:
            self._agent.judging.discard(ident)
        return hits, problem

    # -- raised, told by events ----------------------------------------------------------------------------------------

    def happened(self, frame: FrameType, error: BaseException, traceback: TracebackType | None) -> None:
        """An exception has come up in ``frame``: raised there, or by what it called. Up to 3.11 it does not have its
        ``traceback`` yet.
        """
        known = self._armed
        for each in known:
            if each.means(error):
                break
        else:
            self._never_means(type(error), known)
            return
        agent, ident = self._agent, get_ident()
        if not agent.active or ident in agent.own or ident in agent.judging or is_agent(frame.f_code):
            return
        if agent.stops.stands_here() or agent.weaver.inside_check(frame) or agent.forked():
            return
        entry = traceback
        if entry is not None and entry.tb_frame is frame:
            entry = entry.tb_next
        again = entry is not None and _raises_here(frame)
        library = agent.ownership.is_library(frame.f_code.co_filename)
        left = self._left(entry) if library and entry is not None and not again else None
        fresh = again or entry is None
        first = not library and (fresh or not self._passed_user_code(entry))
        due = {"raised": first, "user": left is not None}
        armed = [
            each for each in self._armed if (fresh if each.libraries else due.get(each.when)) and each.means(error)
        ]
        if not armed and first:
            self._stop_if_uncaught(frame, error, traceback)
        elif armed:
            passed = entry if left is not None and armed[0].when == "user" else None
            self._stop(armed, frame, error, traceback, passed, left)

    def _never_means(self, cls: type[BaseException], known: list[ArmedException]) -> None:
        """None of those means this class: noted first, then asked again, as ``arm`` makes a new list before it clears
        what is noted.
        """
        key = id(cls)
        if type.__dict__["__flags__"].__get__(cls) & _HEAP_TYPE:

            def gone(_: object) -> None:
                self.unmeant.discard(key)
                self._unmeant_classes.pop(key, None)

            self._unmeant_classes[key] = weak_reference(cls, gone)
        self.unmeant.add(key)
        if type(cls) is type and _lasts(cls):
            self.lasting.add(cls)
        if known is not self._armed:
            self._ask_anew()

    def _ask_anew(self) -> None:
        """Forget which classes none of them means."""
        self.unmeant.clear()
        self.lasting.clear()
        self.recent[0] = None  # last: other threads take it from those
        self._unmeant_classes.clear()

    def _stop_if_uncaught(self, frame: FrameType, error: BaseException, traceback: TracebackType | None) -> None:
        """It comes to the user's code just now: stop where nobody will catch it, as far as that can be told."""
        armed = [each for each in self._armed if each.at_raise and each.means(error)]
        if not armed:
            return
        verdict = catching.verdict(self._agent, frame, error)
        armed = [each for each in armed if each.wants(verdict)]
        if armed:
            self._told = (id(error), frame.f_code) if verdict == UNCAUGHT else None
            self._stop(armed, frame, error, traceback, None, None, verdict)

    def _passed_user_code(self, entry: TracebackType | None) -> bool:
        while entry is not None:
            if not self._agent.ownership.is_library(entry.tb_frame.f_code.co_filename):
                return True
            entry = entry.tb_next
        return False

    def _left(self, entry: TracebackType | None) -> TracebackType | None:
        """The user's frame that was just left for a library; the import system is none that could handle it."""
        while entry is not None and entry.tb_frame.f_code.co_filename.startswith(_IMPORTS):
            entry = entry.tb_next
        if entry is None or self._agent.ownership.is_library(entry.tb_frame.f_code.co_filename):
            return None
        return entry

    def _stop(
        self,
        armed: list[ArmedException],
        frame: FrameType,
        error: BaseException,
        traceback: TracebackType | None,
        passed: TracebackType | None,
        left: TracebackType | None,
        verdict: str = "",
    ) -> None:
        """Stop, where a condition does not say otherwise; ``passed``: the frames that were left, to be shown too."""
        gone = threads.frames_of_traceback(passed)
        judged = left.tb_frame if passed is not None and left is not None else frame
        hits, failed = self._hits(armed, judged, error)
        if not hits:
            return
        reason = "raised" if failed is None else "condition-error"
        detail = (verdict or armed[0].when) if failed is None else "{type}: {message}".format(**failed)
        library = self._agent.ownership.is_library
        shown = next((at for at, (each, _) in enumerate(gone) if not library(each.f_code.co_filename)), 0)
        cause = Cause(reason, hits, detail, exception=error, frame=shown, dead=len(gone))
        cause.traceback = traceback
        self._agent.stops.stop(cause, gone + threads.frames_of(frame))


def _passed(error: BaseException, code: CodeType) -> bool:
    """Has it left a frame with this code? An id alone may be that of an exception that is gone."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code is not code:
        traceback = traceback.tb_next
    return traceback is not None


def _lasts(cls: type[BaseException]) -> bool:
    """Is it one of the interpreter's, or a module's under its own name? All others may go, and must not be kept."""
    if not cls.__flags__ & _HEAP_TYPE:
        return True
    module = sys.modules.get(cls.__module__) if type(cls.__module__) is str else None
    return type(module) is _Module and module.__dict__.get(cls.__qualname__) is cls


def _raises_here(frame: FrameType) -> bool:
    """Does a ``raise`` statement with an exception stand there: one that was raised before, as its traceback says?"""
    operations, at = frame.f_code.co_code, frame.f_lasti
    return operations[at] == _RAISE and operations[at + 1] > 0
