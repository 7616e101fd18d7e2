"""The warning that a fork has threads beside it, left out where all other threads are ours. From 3.12 on.

CPython counts the process's threads after each fork and warns where there are several (``warn_about_fork_with_threads``
in Modules/posixmodule.c), the agent's one among them: a program with one thread would be told of a second, and where it
makes warnings errors it would fail. So a filter is put in front of the program's for this one warning, and takes itself
away when it has met it. It comes right before a fork: 3.12 and 3.13 warn before any callback for the parent is called
(``os.register_at_fork``). On the thread that forks.
"""

from __future__ import annotations

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import FrameType
    from typing import Any

WARNS = sys.version_info >= (3, 12)
_FORKING, _THREADS = "This process (pid=", ") is multi-threaded, use of "
_NEVER_WARNS = "subprocess"
"""Its forks, for a ``preexec_fn``, have the callbacks, but no warning."""


class ForkWarning:
    """The filter of one agent. Its item looks to the interpreter as any other: what a regular expression would be in
    it, for the warning's text, is this object.
    """

    def __init__(self, own: set[int]) -> None:
        """``own``: idents of the agent's threads. Nothing is filtered yet."""
        self._own = own
        self._item = ("ignore", self, DeprecationWarning, None, 0)
        self._filters: list[Any] = []  # where the item is
        self._due = False

    def expect(self, frame: FrameType) -> None:
        """A fork comes, called for in ``frame``: it warns of our thread, where no others are there."""
        self.remove()
        if frame.f_globals.get("__name__") == _NEVER_WARNS:
            return
        try:
            self._due = len(posix.listdir("/proc/self/task")) == len(self._own) + 1
        except OSError:
            return
        if self._due:
            self._filters = _active_filters()
            self._filters.insert(0, self._item)

    def match(self, text: object) -> bool:
        """Called by ``warnings`` for each warning until ours comes."""
        if not self._due or type(text) is not str or not text.startswith(_FORKING) or _THREADS not in text:
            return False
        self.remove()
        return True

    def remove(self) -> None:
        """Put the program's filters back."""
        filters, self._filters, self._due = self._filters, [], False
        for at, item in enumerate(filters):
            if item is self._item:
                del filters[at]
                return


def _active_filters() -> list[Any]:
    """The list that is looked at now: that of the context where ``catch_warnings`` keeps one for each (3.14's flag)."""
    module: Any = sys.modules.get("warnings")
    if module is None:  # C code then uses its own, which the module would begin with
        import _warnings  # noqa: PLC0415  built in; of no use before

        return _warnings.filters
    of_context = getattr(module, "_get_filters", None)
    filters = module.filters if of_context is None else of_context()
    return filters if type(filters) is list else []
