"""Tasks as the agent sends them (``agent/tasks/listing.py``: ``Tasks.describe``), as ``api.tasks``' types. Pure."""

from __future__ import annotations

from typing import Any, get_args

from pydelve.api.target import Frame
from pydelve.api.tasks import Task, TaskKind, TaskState, Waiting
from pydelve.target.live.convert import to_frame

_STATES = frozenset(get_args(TaskState))
_WAYS = frozenset(get_args(Waiting))
_KINDS = frozenset(get_args(TaskKind))


def to_tasks(wire: dict[str, Any]) -> tuple[Task, ...]:
    """Every task; their threads go by ident.

    Raises:
        ValueError, TypeError, LookupError: it has a shape that no agent of this version sends.
    """
    frames = [to_frame(0, frame) for frame in wire["frames"]]
    kinds = [_kind(kind, frames) for kind in wire["kinds"]]
    return tuple(_task(row, kinds) for row in wire["tasks"])


def _kind(wire: Any, frames: list[Frame]) -> dict[str, Any]:
    """What tasks have in common."""
    state, thread, how, user, called, coroutine, kind = wire
    if state not in _STATES or how not in _WAYS or kind not in _KINDS:
        raise ValueError("a task's state is unknown")
    return {
        "state": state,
        "coroutine": str(coroutine),
        "thread": int(thread),
        "frame": _frame(frames, user if user >= 0 else called),
        "called": _frame(frames, called) if user >= 0 else None,
        "how": how,
        "kind": kind,
    }


def _task(row: Any, kinds: list[dict[str, Any]]) -> Task:
    number, name, kind, rest = row
    if not rest:
        return Task(int(number), str(name), **kinds[kind])
    awaits, awaited_by, cancelling, cycle, sleep, kept = rest
    return Task(
        int(number),
        str(name),
        **kinds[kind],
        awaits=tuple(map(int, awaits)),
        awaited_by=tuple(map(int, awaited_by)),
        cancelling=bool(cancelling),
        cycle=bool(cycle),
        sleeps_s=None if sleep is None else float(sleep[0]),
        left_s=None if sleep is None else float(sleep[1]),
        kept_s=float(kept),
    )


def _frame(frames: list[Frame], index: int) -> Frame | None:
    return frames[index] if index >= 0 else None
