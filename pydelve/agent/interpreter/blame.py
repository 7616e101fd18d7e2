"""Whose an exception is that came up while code of ours ran, in the program's place.

Besides our own faults, and what a breakpoint's condition raises, the program's own can come up there: what its signal
handlers raise, and what one of its threads has asked to be raised in another (``PyThreadState_SetAsyncExc``, which
libraries for time limits are made of). Those are raised on. An asynchronous one can be told by its class, where that
is the program's, or by its place, where the interpreter looks for it and nothing else is raised. In the program's
threads.
"""

from __future__ import annotations

import _signal
import sys
from _ctypes import ArgumentError

from ..interpreter.paths import is_agent
from ..interpreter.quiet import FILENAME

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType
    from typing import Any

_HEAP_TYPE = 1 << 9  # Include/object.h: Py_TPFLAGS_HEAPTYPE
_OURS = ("pydelve.agent", "ctypes")  # the latter's classes are made by _ctypes, which we call
_HANDLER_LIMIT = getattr(_signal, "NSIG", 65)
_RESUME = (lambda: None).__code__.co_code[0] if sys.version_info >= (3, 11) else -1


def is_own(error: BaseException) -> bool:
    """Of one that comes out of our code: was it raised by it?"""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if not isinstance(error, Exception) or traceback is None or not is_agent(traceback.tb_frame.f_code):
        return False
    return not _is_foreign(type(error))


def is_for_want_of_room(error: BaseException) -> bool:
    """Of one of our own: did the program's recursion leave no room for us? ``_ctypes`` makes another error of that."""
    return type(error) is RecursionError or (type(error) is ArgumentError and "RecursionError: " in str(error))


def is_of_condition(error: BaseException) -> bool:
    """Of one that comes out of an expression of the user's, in its first frame's own ``try``: did that raise it?"""
    traceback = error.__traceback__
    first, handlers = traceback, _handler_codes()
    while traceback is not None:
        if traceback.tb_frame.f_code in handlers:
            return False
        if traceback.tb_next is None:
            code = traceback.tb_frame.f_code
            if code.co_filename == FILENAME and _stands_before(code, traceback.tb_lasti):
                return type(error) is RecursionError
            return traceback is first or not (is_agent(code) and _is_foreign(type(error)))
        traceback = traceback.tb_next
    return True


def _is_foreign(cls: type[BaseException]) -> bool:
    """Is it a class that only the program makes?"""
    if not type.__dict__["__flags__"].__get__(cls) & _HEAP_TYPE:
        return False
    module = type.__dict__["__dict__"].__get__(cls).get("__module__")
    return not (type(module) is str and module.startswith(_OURS))


def _stands_before(code: CodeType, offset: int) -> bool:
    """Has nothing of the code run? Up to 3.10 the interpreter also looks after most of its instructions."""
    return offset < 0 or code.co_code[offset] == _RESUME


def is_handlers(code: CodeType) -> bool:
    """Is it the code of one of the program's signal handlers?"""
    return code in _handler_codes()


def _handler_codes() -> list[CodeType]:
    codes = []
    for number in range(1, _HANDLER_LIMIT):
        try:
            handler: Any = _signal.getsignal(number)
        except ValueError:
            continue
        handler = getattr(handler, "__func__", handler)
        if type(handler) is type(_handler_codes):
            codes.append(handler.__code__)
    return codes
