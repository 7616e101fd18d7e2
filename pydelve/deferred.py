"""Modules of ours that are imported when they are first used: for every part below the command line, which has its own.

Stands where an import takes time before the first prompt that few sessions need. The name is bound at the top of the
module that uses it, for type checkers and import-linter as any other::

    if TYPE_CHECKING:
        from pydelve.target.live import attach as attaching
    else:
        attaching = Deferred("pydelve.target.live.attach")

What is in it is found by attribute each time: ``attaching.attach(options)``. On any thread.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Deferred:
    """A module that is not imported yet, or is."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        """What the module has under that name; imports it, if nobody has."""
        __import__(self._module)
        return getattr(sys.modules[self._module], name)
