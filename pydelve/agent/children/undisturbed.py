"""Runs something of ours in a callback of a fork with no signal handled in it: what a handler raises there is lost.

Signals that come meanwhile are sent again when the callback has returned; what a handler has raised just before comes
out then, too, by its class. In a forked child, on the thread that has forked.
"""

from __future__ import annotations

import _signal
import posix
import sys
import time
from _thread import get_ident

from ..interpreter import native
from ..link import start_thread

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import FrameType

_EVERY_S, _TRIES = 0.001, 1000
_BLOCK, _SET = 0, 2  # bits/sigaction.h
_MOST = 64
_sleep = time.sleep  # taken before the program can replace it
# Python's own pthread_sigmask runs handlers.
_mask = native.held("pthread_sigmask", native.INT, native.INT, native.WORD, native.WORD)
_everything, _before = native.Buffer(128), native.Buffer(128)  # sigset_t
native.store_bytes(_everything, b"\xff" * 128)


def undisturbed(function: Callable[[set[int]], None], forks: FrameType) -> None:
    """Call ``function`` with the signals that the program blocks. ``forks`` is the frame that has called for the fork.
    Raises nothing.
    """
    _mask(_BLOCK, _everything.address, _before.address)
    error: BaseException | None = None
    late: list[int] = []
    try:
        native.check_signals()  # of those that came just before: here, and not in the middle of what follows
    except BaseException as raised:  # noqa: BLE001  a handler's: for the program
        error = raised
    try:
        function(_numbers(_before.bytes(_MOST // 8)))
        late = _taken()
    except BaseException:  # noqa: BLE001  our own bug: the child runs on, and does not hear of it
        late = late or []
    _mask(_SET, _before.address, 0)
    if late or error is not None:
        ident, kind, place = get_ident(), None if error is None else type(error), forks.f_lasti
        start_thread(lambda: _again(late, ident, kind, forks, place), set())


def _numbers(mask: bytes) -> set[int]:
    bits = int.from_bytes(mask, "little")
    return {number for number in range(1, _MOST + 1) if bits >> (number - 1) & 1}


def _taken() -> list[int]:
    """Signals that wait, taken back."""
    found: list[int] = []
    while True:
        waiting = _signal.sigpending()
        if not waiting:
            return found
        found.append(int(_signal.sigwait(waiting)))


def _again(numbers: list[int], ident: int, kind: type[BaseException] | None, forks: FrameType, place: int) -> None:
    """On a thread of ours, when the thread that has forked is behind all callbacks."""
    for _ in range(_TRIES):
        _sleep(_EVERY_S)
        if forks.f_lasti != place or sys._current_frames().get(ident) is forks:
            break
    for number in numbers:
        posix.kill(posix.getpid(), number)
    if kind is not None:
        native.raise_in_thread(ident, kind)
