"""Waiting until a program is where a test wants it, told by the kernel and by its own memory: nothing is run in it.

A program that says "ready" may not yet be in the call that it says so before. Each function has a deadline.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

from pydelve.errors import TargetError
from pydelve.target.live import kernel
from pydelve.target.live.look import look

LIMIT_S = 30.0


def wait_until(ready: Callable[[], bool]) -> None:
    """Ask again and again."""
    deadline = time.monotonic() + LIMIT_S
    while not ready():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def functions(pid: int) -> list[str]:
    """The functions that its threads are in; none while it is no Python yet, or can't be looked into."""
    with suppress(TargetError):
        return [frame.function.rpartition(".")[2] for thread in look(pid, None).threads for frame in thread.frames]
    return []


def calls(pid: int) -> dict[int, str]:
    """The system call that each thread waits in, by native id; "" for one that runs, or waits in another call."""
    return {thread: kernel.system_call(pid, thread) for thread in threads_of(pid)}


def threads_of(pid: int) -> list[int]:
    """Native ids of its threads; none once it is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except FileNotFoundError:
        return []


def wait_until_in(pid: int, *names: str) -> None:
    """Until the main thread waits in this system call, or one of these: ``select`` is ``pselect`` to the kernel."""
    wait_until(lambda: calls(pid).get(pid) in names)


def wait_until_all_wait(pid: int) -> None:
    """Until the main thread waits for its input and the others for locks."""

    def all_wait() -> bool:
        others = calls(pid)
        return others.pop(pid, "") == "read" and set(others.values()) <= {"futex"}

    wait_until(all_wait)


def wait_until_alone(pid: int) -> None:
    """The agent's thread says that nothing is left, and ends: the kernel may take a moment for that."""
    wait_until(lambda: len(threads_of(pid)) == 1)
