"""Tells when a module is about to be executed, where no event says so for nothing: up to CPython 3.11.

The import system prepares each module, anew for ``reload``, with ``importlib._bootstrap._init_module_attrs``. While
breakpoints are in code that may be loaded again, that function's code is one that calls us first, under the same name,
so that tracebacks leave it out as they do the original.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FunctionType
    from typing import Any

_MARK = "\0pydelve"
_Function: Any = type(lambda: None)


def _instead(spec: Any, module: Any, *, override: bool = False) -> Any:
    "\0pydelve".tell(spec, module)  # type: ignore[attr-defined]  # the text stands for the _Watch
    return "\0pydelve".original(spec, module, override=override)  # type: ignore[attr-defined]


class Imports:
    """Calls ``told(origin, module)``, with the file's name, before a module's code runs, while it is on."""

    def __init__(self, told: Callable[[str, Any], None]) -> None:
        """Off."""
        self._told = told
        self._on = False

    @property
    def on(self) -> bool:
        """Are modules told?"""
        return self._on

    def switch(self, on: bool) -> None:
        """Begin or end to tell."""
        if on is not self._on:
            self._on = _watch.switch(self._told, on)


class _Watch:
    """What stands among the constants of the import system's function: one for all who are to be told, in any order.

    It holds nobody who is not told any more: the code that it is in may outlive us, in a frame.
    """

    def __init__(self) -> None:
        self.original: Any = None
        """The function as it was, for our code to call."""
        self._told: list[Callable[[str, Any], None]] = []
        self._function: FunctionType | None = None
        self._code: CodeType | None = None

    def switch(self, told: Callable[[str, Any], None], on: bool) -> bool:
        """Tell one more, or one less; is this one told now?"""
        if not on:
            self._told.remove(told)
            if not self._told and self._function is not None and self._code is not None:
                self._function.__code__ = self._code
                self._function = self._code = None  # not ``original``: a thread may be about to call it
            return False
        if not self._told and not self._begin():
            return False
        self._told.append(told)
        return True

    def _begin(self) -> bool:
        bootstrap = sys.modules.get("_frozen_importlib")
        function: Any = getattr(bootstrap, "_init_module_attrs", None)
        if type(function) is not _Function or function.__code__.co_varnames[:3] != ("spec", "module", "override"):
            return False
        self._function, self._code = function, function.__code__
        self.original = _Function(function.__code__, function.__globals__, function.__name__)
        function.__code__ = self._made(function.__code__)
        return True

    def _made(self, original: CodeType) -> CodeType:
        code: CodeType = _instead.__code__
        return code.replace(
            co_consts=tuple([self if each == _MARK else each for each in code.co_consts]),
            co_filename=original.co_filename,
            co_name=original.co_name,
            co_firstlineno=original.co_firstlineno,
        )

    def tell(self, spec: Any, module: Any) -> None:
        """Called by the import system."""
        origin = getattr(spec, "origin", None)
        if type(origin) is str:
            for told in list(self._told):
                told(origin, module)


_watch = _Watch()
