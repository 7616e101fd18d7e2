"""What tasks look like, whoever reads them: the functions of asyncio that wait for others, how tasks are put in order,
and which of them wait for themselves. Pure; imports nothing.

For the agent's list of tasks (``listing.py``) on the thread that is stopped, and for the one that is read from memory,
in the debugger's process (``pydelve/target/cpython/tasks.py``): both must say the same.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    Frame = TypeVar("Frame")

DEPTH = 1000
"""No chain of awaits, or of futures around futures, is followed further."""
DONE = ("finished", "cancelled", "failed")
WAITERS = {  # function: its file, the variable that holds what it waits for, a field of that, and how this is called
    "_wait": ("asyncio/tasks.py", "fs", "", "wait"),
    "wait_for": ("asyncio/tasks.py", "fut", "", "wait_for"),
    "_cancel_and_wait": ("asyncio/tasks.py", "fut", "", "wait_for"),
    "__aexit__": ("asyncio/taskgroups.py", "self", "_tasks", "task group"),
    "_aexit": ("asyncio/taskgroups.py", "self", "_tasks", "task group"),
}
OUTERMOST_WAITER = 4
"""So many of a task's innermost frames are looked at for one of these."""
SHIELD = ("_outer_done_callback", "inner")
"""Name of the function that a shield's outer future calls, and its variable that holds the inner one."""
BEHIND = ("__aenter__", "__aexit__", "__anext__", "__await__")
"""Functions of which what these call says more."""
SLEEP, LOOP = ("sleep", "asyncio/tasks.py"), ("_run_once", "asyncio/base_events.py")
"""Names, and the ends of their files' names."""


def age(name: str) -> tuple[str, int]:
    """Tasks seen at once are numbered by their names, where a number at the end counts: the default ones tell age."""
    words = name.rstrip("0123456789")
    digits = name[len(words) :]
    return "" if words == "Task-" else words, int(digits[:18] or 0)


def shown_frames(
    frames: Sequence[Frame], is_library: Callable[[Frame], bool], name_of: Callable[[Frame], str]
) -> tuple[Frame | None, Frame | None]:
    """The innermost of the user's frames, and the library's that it has called; without any of the user's, that.

    Args:
        frames: A task's own, outermost first.
    """
    called = inner = None
    for frame in reversed(frames):
        if not is_library(frame):
            return frame, called
        called = inner if inner is not None and name_of(frame).rpartition(".")[2] in BEHIND else frame
        inner = called
    return None, called


def in_cycles(awaits: Mapping[int, Sequence[int]]) -> set[int]:
    """Numbers of the tasks that, by others, await themselves: none of them will ever go on.

    Args:
        awaits: For each number those that it awaits, which all have an entry of their own.
    """
    found: set[int] = set()
    settled: set[int] = set()
    for start in awaits:
        path: list[int] = []
        on_path: dict[int, int] = {}
        todo: list[tuple[int, int]] = [(start, 0)]
        while todo:
            number, next_one = todo.pop()
            if next_one == 0:
                if number in settled:
                    continue
                on_path[number] = len(path)
                path.append(number)
            if next_one < len(awaits[number]):
                todo.append((number, next_one + 1))
                other = awaits[number][next_one]
                if other in on_path:
                    found.update(path[on_path[other] :])
                elif other not in settled:
                    todo.append((other, 0))
            else:
                settled.add(number)
                del on_path[number]
                path.pop()
    return found
