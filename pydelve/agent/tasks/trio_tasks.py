"""trio's tasks, read from its runners' own fields. A provider of ``listing.py``; as ``asyncio_tasks``, runs nothing."""

from __future__ import annotations

import gc
import sys
from _thread import get_ident

from ..tasks.asyncio_tasks import Fields, coroutine_name, is_running, root_frame, suspended_frames, waited_for

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

_WAITERS = {"_nested_child_finished": ("trio/_core/_run.py", "self", "_children", "nursery")}


class TrioTasks:
    """See ``listing.Provider``."""

    kind, module = "trio", "trio._core._run"

    def __init__(self) -> None:
        """Remembers classes only."""
        self._fields = Fields()

    def all(self) -> list[Any]:
        """Every task of every run, trio's own included."""
        return [task for runner in self._runners() for task in list(self._fields.get(runner, "tasks", ()))]

    def _runners(self) -> list[Any]:
        kind = sys.modules[self.module].__dict__.get("Runner")
        return [each for each in gc.get_objects() if type(each) is kind]

    def _here(self, name: str) -> Any:
        """What trio keeps of the calling thread; it is a ``threading.local``."""
        context = sys.modules[self.module].__dict__.get("GLOBAL_RUN_CONTEXT")
        return getattr(context, name, None)

    def current(self) -> Any:
        """The task that the calling thread is in."""
        return self._here("task")

    def name(self, task: Any) -> str:
        """Its name."""
        name = self._fields.get(task, "name")
        return name if type(name) is str else ""

    def coroutine_name(self, task: Any) -> str:
        """Qualified name of what it runs."""
        return coroutine_name(self._fields.get(task, "coro"))

    def state(self, task: Any) -> str:
        """As ``api.tasks.TaskState``."""
        if is_running(self._fields.get(task, "coro")):
            return "running"
        return "waiting" if self._fields.get(task, "_next_send_fn") is None else "runnable"

    def cancelling(self, task: Any) -> bool:
        """Not known."""
        return False

    def thread(self, task: Any) -> int:
        """Ident of its thread, where that is the calling one."""
        return get_ident() if self._fields.get(task, "_runner") is self._here("runner") else 0

    def root(self, task: Any) -> FrameType | None:
        """Its outermost frame."""
        return root_frame(self._fields.get(task, "coro"))

    def frames(self, task: Any) -> list[FrameType]:
        """Those of one that does not run, outermost first."""
        return suspended_frames(self._fields.get(task, "coro"))

    def awaits(self, task: Any, frames: list[FrameType]) -> tuple[str, list[Any]]:
        """A nursery's children, where it waits at the nursery's end."""
        how, found = waited_for(frames, _WAITERS, self._fields)
        return how, found

    def awaiter(self, task: Any) -> Any:
        """The task that has opened the nursery it runs in."""
        return self._fields.get(self._fields.get(task, "_parent_nursery"), "_parent_task")
