"""What the interpreter knows of its threads and their frames, read without calling any of the program's objects."""

from __future__ import annotations

import sys
import time
from _thread import get_ident, get_native_id

from ..interpreter import native
from ..interpreter.gil import FREE_THREADED
from ..interpreter.interpreters import current_frames
from ..interpreter.paths import canonical, is_agent
from ..interpreter.quiet import FILENAME

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Container
    from types import FrameType, TracebackType
    from typing import Any

    from ..interpreter.paths import Ownership

    Stack = list[tuple[FrameType, int]]

_sleep, _SOON_S = time.sleep, 0.05
_MAIN_NAME = "MainThread"
_PTHREAD = range(192, 2048, 4)  # glibc's struct pthread behind its head, where a 1 need not be the pid
_CLEARS = sys.version_info[:2] == (3, 12)  # where a frame's locals are a dict that would keep them alive
_STATE_BYTES = 256  # of a thread's state, in which its ident stands: Include/cpython/pystate.h
_first_state = native.held("PyInterpreterState_ThreadHead", native.WORD, native.WORD)
_next_state = native.held("PyThreadState_Next", native.WORD, native.WORD)


def active() -> dict[int, Any]:
    """The ``threading`` module's own table, ``{ident: Thread}``; {} where the program has not imported it."""
    threading = (sys.modules or {}).get("threading")  # None while the interpreter ends
    table = threading.__dict__.get("_active") if threading is not None else None
    return table if type(table) is dict else {}


def name_of(thread: Any) -> str:
    """A thread's name as ``threading`` knows it, without any code of its class."""
    try:
        name = object.__getattribute__(thread, "__dict__").get("_name")
    except AttributeError:
        return ""
    return name if type(name) is str else ""


def own_name() -> str:
    """The calling thread's; "" where ``threading`` does not know it.

    A thread that has only just begun is not in the table of those that run, but runs in a method of its own object.
    """
    name = name_of(dict.get(active(), get_ident()))
    if name:
        return name
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    if frame.f_globals.get("__name__") != "threading":
        return ""
    found = frame.f_locals
    name = name_of(found.get("self"))
    if _CLEARS:
        found.clear()
    return name


def names() -> dict[int, tuple[str, int]]:
    """``{ident: (name, native id)}`` as far as the ``threading`` module knows its threads."""
    found = {}
    for ident, thread in list(active().items()):
        try:
            inside = object.__getattribute__(thread, "__dict__")
        except AttributeError:
            continue
        name, native_id = inside.get("_name"), inside.get("_native_id")
        found[ident] = (name if type(name) is str else "", native_id if type(native_id) is int else 0)
    return found


def native_id(ident: int) -> int:
    """The kernel's number of a thread that is alive; 0 where it can't be told.

    An ident is ``pthread_self()``, the address of what glibc knows of the thread, its number too (glibc
    ``nptl/descr.h``: ``struct pthread``, ``tid``): where that stands is found once, in our own.
    """
    if not _place_of_number:
        own, number = get_ident(), get_native_id()
        _place_of_number.append(next((at for at in _PTHREAD if native.read_int(own + at) == number), 0))
    place = _place_of_number[0]
    if not place or not native.is_readable(ident + place):  # a thread that ended and left its state behind
        return 0
    return max(native.read_int(ident + place), 0)


_place_of_number: list[int] = []


def oldest() -> int:
    """Ident of the main thread: the interpreter's first, which stands last in its list of threads.

    Not what the ``threading`` module says, for whom the main thread is the one that imported it.
    """
    frames = current_frames()
    own = get_ident()
    state, place = native.thread_state(), 0
    for at in range(0, _STATE_BYTES, 8):  # our own state holds our own ident
        if native.read_word(state + at) == own:
            place = at
            break
    last = found = 0
    state = _first_state(native.interpreter_state())
    while state:
        last, state = state, _next_state(state)
    if place and last:
        found = native.read_word(last + place)
    return found if found in frames else max(frames.keys() - {own}, default=own)


def others_inside() -> bool:
    """Is another thread in the middle of this agent's code?

    Another agent, of a debugger that comes while this one leaves, has code of the same name: it has loaded its modules
    itself, with builtins of its own (``loader.py``).
    """
    if FREE_THREADED:  # frames of threads that run can't be looked through: who is inside is out soon
        _sleep(_SOON_S)
        return False
    own: Any = __builtins__
    others = current_frames()
    del others[get_ident()]  # our own frame must not come to hold itself
    frame: FrameType | None
    for frame in others.values():
        while frame is not None:
            if is_agent(frame.f_code) and frame.f_builtins is own:
                return True
            frame = frame.f_back
    return False


def frames_of(frame: FrameType | None, line: int = 0) -> Stack:
    """``[(frame, line), ...]`` from a frame outwards, without ours; ``line`` is shown for the first one, if given."""
    found = []
    if line and frame is not None:
        found.append((frame, line))
        frame = frame.f_back
    while frame is not None:
        if not is_agent(frame.f_code):
            found.append((frame, frame.f_lineno or 0))
        frame = frame.f_back
    return found


def frames_of_traceback(traceback: TracebackType | None) -> Stack:
    """``[(frame, line), ...]`` of a traceback, innermost first, then the frames that called its outermost one."""
    found = []
    while traceback is not None:
        if not is_agent(traceback.tb_frame.f_code):
            found.append((traceback.tb_frame, traceback.tb_lineno or 0))
        traceback = traceback.tb_next
    found.reverse()
    return found


def describe_frame(frame: FrameType, line: int, ownership: Ownership) -> dict[str, Any]:
    """The wire form of ``api.target.Frame``, less its index."""
    code = frame.f_code
    module = frame.f_globals.get("__name__", "")
    return {
        "function": code.co_name if code.co_filename == FILENAME else getattr(code, "co_qualname", code.co_name),
        "module": module if type(module) is str else "",
        "file": canonical(code.co_filename),
        "line": line,
        "first_line": code.co_firstlineno,
        "library": ownership.is_library(code.co_filename),
    }


def describe_threads(
    own: Container[int], frames_of_ident: dict[int, Stack], ownership: Ownership, main: int
) -> list[dict[str, Any]]:
    """The wire form of each Python thread but our own: ident, name, native id, innermost frame.

    Args:
        own: Idents of the agent's threads, left out.
        frames_of_ident: ``{ident: [(frame, line), ...]}``.
        ownership: ``paths.Ownership``.
        main: Ident of the main thread.
    """
    known = names()
    found = []
    for ident, frames in frames_of_ident.items():
        if ident in own:
            continue
        name, number = known.get(ident, ("", 0))
        found.append(
            {
                "ident": ident,
                "name": name or (_MAIN_NAME if ident == main else ""),
                "native_id": number or native_id(ident),
                "main": ident == main,
                "frame": describe_frame(*frames[0], ownership) if frames else None,
            }
        )
    return found
