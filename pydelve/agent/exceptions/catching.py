"""Will an exception that is just raised be caught by anybody? Frame by frame outwards, through tasks; three answers.

A guess (``handlers.py`` says what it rests on), made only while ``break -exc -uncaught -at-raise`` is set. C code that
called Python code may catch, which is known of few functions: what they call by name is UNKNOWN. Called on the thread
that raises, while the program runs.
"""

from __future__ import annotations

from ..exceptions import handlers
from ..exceptions.handlers import CAUGHT, PASSES, UNKNOWN
from ..tasks.asyncio_tasks import root_frame, suspended_frames

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType

    from ..core import Agent

UNCAUGHT = "uncaught"
_MOST_TASKS = 100
# What C code calls, and may catch the exceptions of: getattr, hasattr, list(), a loop, a finalizer.
_CALLED_BY_C = (
    "__getattr__",
    "__getattribute__",
    "__get__",
    "__del__",
    "__length_hint__",
    "__next__",
    "__anext__",
    "__getitem__",
)
_ENDS = ("StopIteration", "StopAsyncIteration", "GeneratorExit")


def verdict(agent: Agent, frame: FrameType, error: BaseException) -> str:
    """uncaught, caught or unknown."""
    if type.__dict__["__name__"].__get__(type(error)) in _ENDS:
        return UNKNOWN  # C code asks for values until one of these comes
    task = agent.tasks.current_task()
    at: FrameType | None = frame
    root = root_frame(agent.tasks.coroutine_of(task)) if task is not None else None
    while at is not None:
        found = handlers.outcome(at, error)
        if found != PASSES:
            return _as_known(at, found)
        if at.f_code.co_name in _CALLED_BY_C:
            return UNKNOWN
        if at is root:
            return _of_awaiters(agent, task, at, error)
        at = at.f_back
    return UNCAUGHT


def _as_known(frame: FrameType, found: str) -> str:
    """Threads end in a handler that reports what is uncaught."""
    code = frame.f_code
    if code.co_name == "_bootstrap_inner" and code.co_filename.endswith("threading.py"):
        return UNCAUGHT
    return found


def _of_awaiters(agent: Agent, task: object, frame: FrameType, error: BaseException) -> str:
    """A task keeps what it ends with, for those who await it."""
    for _ in range(_MOST_TASKS):
        awaiter = agent.tasks.direct_awaiter(task)
        if awaiter is None:
            runner = _runner(frame) if agent.tasks.runs_loop(task) else None
            return verdict_outwards(runner, error) if runner is not None else UNKNOWN
        for each in reversed(suspended_frames(agent.tasks.coroutine_of(awaiter))):
            found = handlers.outcome(each, error)
            if found != PASSES:
                return found
        task = awaiter
    return UNKNOWN


def _runner(frame: FrameType | None) -> FrameType | None:
    """Who has called ``run_until_complete``, where the main task's exception comes out."""
    while frame is not None and frame.f_code.co_name != "run_until_complete":
        frame = frame.f_back
    return frame.f_back if frame is not None else None


def verdict_outwards(frame: FrameType | None, error: BaseException) -> str:
    """The same for frames that are in no task."""
    while frame is not None:
        found = handlers.outcome(frame, error)
        if found != PASSES:
            return _as_known(frame, found)
        frame = frame.f_back
    return UNCAUGHT


__all__ = ["CAUGHT", "UNCAUGHT", "UNKNOWN", "verdict"]
