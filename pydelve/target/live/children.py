"""The processes that a process has started, and theirs, as the kernel lists them."""

from __future__ import annotations

from contextlib import suppress

from pydelve.target.live.ptrace import thread_ids

_MOST = 10_000


def children_of(pid: int) -> list[int]:
    """Their pids: each one's before its own children's, in the order in which they were started."""
    found: list[int] = []
    todo = _direct(pid)
    while todo and len(found) < _MOST:
        child = todo.pop(0)
        if child not in found:
            found.append(child)
            todo = _direct(child) + todo
    return found


def _direct(pid: int) -> list[int]:
    pids: set[int] = set()
    for native_id in thread_ids(pid):
        with suppress(OSError), open(f"/proc/{pid}/task/{native_id}/children", "rb") as file:
            pids.update(map(int, file.read().split()))
    return sorted(pids)
