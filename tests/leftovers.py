"""Keeps tests from leaving processes behind, whatever they started and however they ended.

The pytest process makes itself a *subreaper*: a process whose parent died becomes its child instead of init's. So a
target that outlives its killed debugger, in a session and group of its own, is still found. After each test
everything that was not there before it is killed and reaped. Linux only; elsewhere nothing happens. Called from
``conftest``, on the main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_ROUNDS = 100


def adopt_orphans() -> None:
    """Make this process the parent of orphaned descendants, for the rest of its life."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Pids of this process's direct children, those of every thread."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(pid) for pid in path.read_text().split())
        except OSError:  # the thread ended meanwhile; its children went to another one, which is read too
            continue
    return found


def kill_new_children(before: set[int]) -> list[int]:
    """Kill and reap every child that is not in ``before``, and theirs, which become ours as they lose their parent.

    Returns:
        The pids that were still alive, in the order they were killed.
    """
    killed: list[int] = []
    for _ in range(_ROUNDS):
        new = children() - before
        if not new:
            break
        killed.extend(pid for pid in sorted(new) if _end(pid))
    return killed


def _end(pid: int) -> bool:
    """Reap one child, killing it first where it lives; True where it did."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        return False
    return True
