"""Code that calls are woven into is put back whatever another thread was at."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from pydelve.agent.calls.weaving import EntryWeaving


def nothing(*values: object) -> None:
    """Asked for by nobody."""


def test_a_child_that_is_forked_while_a_module_is_imported() -> None:
    """The thread that imports it has the lock, and is not in the child."""
    looks, may_go_on = threading.Event(), threading.Event()

    def source_of(code: object, names: object) -> None:
        looks.set()
        may_go_on.wait()

    agent: Any = SimpleNamespace(pid=0, children=None)  # another process's
    calls: Any = SimpleNamespace(source_of=source_of, learn=nothing)
    weaving = EntryWeaving(agent, calls, nothing)
    weaving.on = True
    module = compile("def function(): pass", "module.py", "exec")
    imports = threading.Thread(target=weaving.late, args=(module, {"__name__": "__main__"}))
    imports.start()
    looks.wait()
    ends = threading.Thread(target=weaving.end, daemon=True)
    ends.start()
    ends.join(10)
    ended = not ends.is_alive()
    may_go_on.set()
    imports.join()
    assert ended
