"""``print await EXPRESSION``: runs the event loop, from within a stop in one of its tasks, until the value is there.

asyncio's loops can't be run from within themselves. What forbids it is undone for the time: the task that stopped is no
longer the current one, and what the turn of the loop that is under way still has to call is made up for, should it be
gone by then (CPython ``Lib/asyncio/base_events.py``: ``_run_once``). Other tasks of the loop go on meanwhile, with
breakpoints off, as in every evaluation; none is interrupted in the middle of its code: an interrupt, or the deadline,
is heeded between two turns.

Called by the thread that is stopped, which is the loop's.
"""

from __future__ import annotations

import sys

from ..looking import evaluation, fastlocals
from ..looking.user_code import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

    from ..looking.user_code import UserCode

_TICK_S = 0.05  # how often the loop wakes up for an interrupt to be seen
_TURNS_TO_CANCEL = 10
_getframe = sys._getframe  # taken before the program can replace it


def awaited(text: str) -> str:
    """The expression behind ``await``; "" where the text is something else."""
    words = text.split(None, 1)
    return words[1] if len(words) == 2 and words[0] == "await" else ""


def loop_here(of_other_thread: bool) -> tuple[Any, str]:
    """The loop that runs in the calling thread, or None and why nothing can be awaited."""
    if of_other_thread:
        return None, "await runs in the thread that stopped, and this is a frame of another one"
    module = sys.modules.get("_asyncio")
    loop = module.__dict__["_get_running_loop"]() if module is not None else None
    if loop is None:
        return None, "await needs an event loop, and none runs in the thread that stopped"
    if type(getattr(loop, "_ready", None)).__name__ != "deque" or not hasattr(loop, "_run_once"):
        return None, "await runs asyncio's own event loops only, and this is one of " + type(loop).__module__
    return loop, ""


def evaluate_await(frame: FrameType, text: str, loop: Any, current: Any, user_code: UserCode) -> Any:
    """What awaiting the value of an expression in a frame gives; ``current``: the task that stopped, or None.

    Raises:
        BaseException: whatever it raises; Interrupted where it is given up.
    """
    awaitable = evaluation.evaluate_expression(frame, text)
    asyncio = sys.modules["asyncio"]
    tasks = sys.modules["asyncio.tasks"].__dict__
    left = _left_to_call(loop)
    task = asyncio.ensure_future(_as_future(awaitable), loop=loop)
    if current is not None:
        tasks["_leave_task"](loop, current)
    try:
        _run(loop, task, user_code)
    finally:
        if current is not None:
            tasks["_enter_task"](loop, current)
        _make_up(loop, left)
    return task.result()


async def _await(awaitable: Any) -> Any:
    return await awaitable


def _as_future(awaitable: Any) -> Any:
    """A future of the program's own is awaited by a task of ours, so that giving up cancels ours only."""
    return _await(sys.modules["asyncio"].shield(awaitable) if hasattr(awaitable, "get_loop") else awaitable)


def _run(loop: Any, task: Any, user_code: UserCode) -> None:
    """Turn after turn of the loop, until the task is done or an interrupt comes."""
    timer = loop.call_later(_TICK_S, _nothing)
    try:
        while not task.done():
            if user_code.asked_to_end:
                task.cancel()
                for _ in range(_TURNS_TO_CANCEL):
                    if not task.done():
                        loop.call_soon(_nothing)
                        loop._run_once()
                raise Interrupted
            if timer.when() <= loop.time():
                timer = loop.call_later(_TICK_S, _nothing)
            loop._run_once()
    finally:
        timer.cancel()


def _nothing() -> None:
    """Called so that the loop does not wait."""


def _left_to_call(loop: Any) -> int:
    """How many callbacks the turn that is under way has still to take from the loop's queue."""
    frame: FrameType | None = _getframe()
    while frame is not None:
        if frame.f_code.co_name == "_run_once" and fastlocals.read_local(frame, "self") is loop:
            all_, at = fastlocals.read_local(frame, "ntodo"), fastlocals.read_local(frame, "i")
            return all_ - at - 1 if type(all_) is int and type(at) is int else 0
        frame = frame.f_back
    return 0


def _make_up(loop: Any, left: int) -> None:
    """The turn takes that many from the queue, without a look whether they are there."""
    events = sys.modules["asyncio.events"]
    while len(loop._ready) < left:
        handle = events.Handle(_nothing, (), loop)
        handle.cancel()
        loop._ready.append(handle)
