"""What ``target.Process.tasks`` gives."""

from __future__ import annotations

from typing import NamedTuple

from pydelve.api.tasks import Task


class TasksReport(NamedTuple):
    """The tasks of a target."""

    tasks: tuple[Task, ...]
    """Those that are done included; their threads go by ident."""
    missing: tuple[str, ...] = ()
    """What is not among them, and why."""
    done_missing: str = ""
    """Why those that are done are not all among them."""
