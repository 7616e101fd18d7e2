"""Calls something without the warnings it gives about code of ours, whatever the program does with warnings.

Called by ``snippet`` and by what else makes the interpreter warn on our behalf; on the thread that is stopped.
"""

from __future__ import annotations

import _warnings
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

FILENAME = "<pydelve>"
"""``co_filename`` of what is evaluated, and the module's name that goes with it."""
_QUIET = ("ignore", None, Warning, FILENAME, 0)


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function; warnings about ``FILENAME``, a file or a module, are not given, nor raised.

    Only the interpreter's filters can silence them. The one that is put first for the time of the call fits none but
    warnings about our own file name, so that other threads' warnings, or a copy of the list that one takes meanwhile,
    stay what they were. (Swapping the list, or ``catch_warnings``, would be seen by everybody.) The C code reads the
    list each time, so no version number needs to change (Python/_warnings.c: get_filter).
    """
    filters = _warning_filters()
    filters.insert(0, _QUIET)
    try:
        if _new_context is None:
            return function(*arguments, **named)
        return _new_context().run(function, *arguments, **named)
    finally:
        for index, entry in enumerate(filters):
            if entry is _QUIET:
                del filters[index]
                break


def _warning_filters() -> list[Any]:
    """The list that the C code looks at: that of the ``warnings`` module where it is loaded."""
    module: Any = sys.modules.get("warnings")
    found = getattr(module, "filters", None) if type(module) is type(sys) else None
    return found if type(found) is list else _warnings.filters


_new_context: Any = None
if sys.version_info >= (3, 14):  # filters may also be in the context, and go first there (Python/_warnings.c)
    from _contextvars import Context

    _new_context = Context
