"""Other interpreters in this process (PEP 734): which threads are in them. They are seen, and left alone.

Read from the interpreter's own lists, by a thread that is stopped. One with a GIL of its own runs on meanwhile, and its
list may change: so each address is asked for before it is read.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterator
    from types import FrameType

    from ..interpreter.gil import Gil

_STATE_BYTES = 256  # of a thread's state, in which its ident stands: Include/cpython/pystate.h
_SCAN_BYTES = 8192  # of an interpreter's state, in which the address of its GIL stands
_MOST = 10_000
_first = native.held("PyInterpreterState_Head", native.WORD)
_next = native.held("PyInterpreterState_Next", native.WORD, native.WORD)
_first_state = native.held("PyInterpreterState_ThreadHead", native.WORD, native.WORD)
_next_state = native.held("PyThreadState_Next", native.WORD, native.WORD)
_frame_of = native.held("PyThreadState_GetFrame", native.OBJECT, native.WORD)
_number = native.held("PyInterpreterState_GetID", native.WORD, native.WORD)


def are_there_others() -> bool:
    """Is ours not the only one? The main one is the first that was made, and stands last."""
    return bool(_first() != native.interpreter_state())


def current_frames() -> dict[int, FrameType]:
    """``sys._current_frames()``, of our interpreter only.

    Python's own makes frame objects for those of other interpreters, too, which have allocators of their own: that
    kills the program when one of them lets go of its frame (seen on 3.13).
    """
    if not are_there_others():
        return sys._current_frames()
    found: dict[int, FrameType] = {}
    for state in _chain(_first_state(native.interpreter_state()), _next_state):
        try:
            frame = _frame_of(state)
        except ValueError:  # it has none
            continue
        found[native.read_word(state + _ident_place())] = frame
    return found


def threads_elsewhere(gil: Gil) -> dict[int, tuple[int, bool]]:
    """``{ident: (number of the interpreter, has it a GIL of its own)}`` of threads that are in another one than ours.

    A thread that called into one is there as long as the call takes, and among ours, too. 3.12 and older have the ident
    of the thread that made the interpreter there: nothing is known then.
    """
    found: dict[int, tuple[int, bool]] = {}
    own = native.interpreter_state()
    for interpreter in _chain(_first(), _next) if sys.version_info >= (3, 13) else ():
        if interpreter != own:
            about = _number(interpreter), not _shares(interpreter, gil)
            for each in _chain(_first_state(interpreter), _next_state):
                found[native.read_word(each + _ident_place())] = about
    return found


def _ident_place() -> int:
    """Where a thread's ident stands in its state: where our own does in ours."""
    if not _place:
        state, ident = native.thread_state(), get_ident()
        _place.append(next(at for at in range(0, _STATE_BYTES, 8) if native.read_word(state + at) == ident))
    return _place[0]


_place: list[int] = []


def _chain(address: int, following: Callable[[int], int]) -> Iterator[int]:
    for _ in range(_MOST):
        if not address or not native.is_readable(address):
            return
        yield address
        address = following(address)


def _shares(interpreter: int, gil: Gil) -> bool:
    """Has it the same GIL as ours? Up to 3.11 there is but one; later each interpreter points to its own."""
    address = gil.interval_vector()[0]
    if not gil.is_pointed_to:
        return True
    places = range(interpreter, interpreter + _SCAN_BYTES, 8)
    return any(native.is_readable(at) and native.read_word(at) == address for at in places)
