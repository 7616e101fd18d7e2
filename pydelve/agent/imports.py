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
    "\0pydelve".tell(spec)  # type: ignore[attr-defined]  # the text stands for the Imports
    return "\0pydelve".original(spec, module, override=override)  # type: ignore[attr-defined]


class Imports:
    """Calls ``told(origin)``, with the file's name, before a module's code runs, while it is on."""

    def __init__(self, told: Callable[[str], None]) -> None:
        """Off."""
        self._told = told
        self.original: Any = None
        """The function as it was, for our code to call."""
        self._function: FunctionType | None = None
        self._code: CodeType | None = None

    @property
    def on(self) -> bool:
        """Are modules told?"""
        return self._code is not None

    def switch(self, on: bool) -> None:
        """Begin or end to tell."""
        if on and self._code is None:
            bootstrap = sys.modules.get("_frozen_importlib")
            function: Any = getattr(bootstrap, "_init_module_attrs", None)
            if type(function) is _Function and function.__code__.co_varnames[:3] == ("spec", "module", "override"):
                self._function, self._code = function, function.__code__
                function.__code__ = self._made(function)
        elif not on and self._code is not None and self._function is not None:
            self._function.__code__ = self._code
            self._code = None

    def _made(self, function: FunctionType) -> CodeType:
        self.original = _Function(function.__code__, function.__globals__, function.__name__)
        code: CodeType = _instead.__code__
        return code.replace(
            co_consts=tuple([self if each == _MARK else each for each in code.co_consts]),
            co_filename=function.__code__.co_filename,
            co_name=function.__code__.co_name,
            co_firstlineno=function.__code__.co_firstlineno,
        )

    def tell(self, spec: Any) -> None:
        """Called by the import system."""
        origin = getattr(spec, "origin", None)
        if type(origin) is str:
            self._told(origin)
