"""The script that CPython 3.14 and newer run for us when asked to (PEP 768; ``target/live/remote_exec.py``).

What stands before it in its file assigns ``_answer``, the file's own path, and ``_bootstrap`` and ``_loader``, the
sources of these modules. The thread that runs it is the program's, so it only starts one of ours: that one makes the
sockets, writes their numbers to the file, and, once the debugger has taken its ends and sends, goes on as the thread
does that is started in another way. Nothing is raised here, and nobody who doesn't come leaves anything.
"""

import posix
from _signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals
from _thread import start_new  # the synonym of old, which gevent leaves alone

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any

_PAIR = (1, 0x80001)  # AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
_SOL_SOCKET, _RECEIVE_TIMEOUT, _PEEK = 1, 20, 2
_PATIENCE_S = 10


def _serve() -> None:
    """On our own thread: until the agent is there, or nobody comes for it."""
    open_ones: "list[int]" = []
    try:
        scope: "dict[str, Any]" = {"__name__": "pydelve.agent.loader"}
        exec(compile(globals()["_loader"], "<pydelve agent>/loader.py", "exec", 0, True, 2), scope)
        ctypes = scope["_import_unseen"]("_ctypes")
        numbers = _open_sockets(ctypes, open_ones)
        answer = posix.open(globals()["_answer"], posix.O_WRONLY | posix.O_TRUNC | posix.O_CLOEXEC)
        try:
            posix.write(answer, b"%d %d %d %d\n" % numbers)
        finally:
            posix.close(answer)
        link, ours, hold, ours_too = numbers
        if not _debugger_sends(ctypes, link):
            return
        for number in (ours, ours_too):
            posix.close(number)
        open_ones.clear()  # they are the agent's from here on
        namespace = {"link": link, "hold": hold}
        exec(compile(globals()["_bootstrap"], "<pydelve agent>/entry/bootstrap.py", "exec", 0, True), namespace)
    except BaseException:  # noqa: BLE001  the debugger, which waits for an answer, finds out
        return
    finally:
        for number in open_ones:
            posix.close(number)


def _type(ctypes: "Any", code: str) -> "Any":
    """A C type: ``i`` is an int, ``L`` a word."""
    return type("_Type", (ctypes._SimpleCData,), {"_type_": code})


def _function(ctypes: "Any", name: str) -> "Any":
    """A C function that gives an int, called with the GIL let go."""
    kind = type("_Function", (ctypes.CFuncPtr,), {"_flags_": 1, "_restype_": _type(ctypes, "i")})
    return kind(ctypes.dlsym(ctypes.dlopen(None, 2), name))


def _open_sockets(ctypes: "Any", open_ones: "list[int]") -> "tuple[int, ...]":
    integer, socketpair = _type(ctypes, "i"), _function(ctypes, "socketpair")
    for _ in range(2):
        pair = (integer * 2)()
        if socketpair(integer(_PAIR[0]), integer(_PAIR[1]), integer(0), pair) != 0:
            raise OSError
        open_ones += [*pair]
    return tuple(open_ones)


def _debugger_sends(ctypes: "Any", link: int) -> bool:
    """Wait for the first byte, which stays."""
    integer, word = _type(ctypes, "i"), _type(ctypes, "L")
    limit = _function(ctypes, "setsockopt")
    place = (integer(link), integer(_SOL_SOCKET), integer(_RECEIVE_TIMEOUT))
    limit(*place, (word * 2)(_PATIENCE_S, 0), integer(16))
    got = _function(ctypes, "recv")(integer(link), (word * 1)(), word(1), integer(_PEEK))
    limit(*place, (word * 2)(0, 0), integer(16))
    return bool(got == 1)


try:
    _mask = pthread_sigmask(SIG_BLOCK, valid_signals())
    try:
        start_new(_serve, ())
    finally:
        pthread_sigmask(SIG_SETMASK, _mask)
except RuntimeError:  # no thread can be started: the debugger hears nothing, and gives up
    _mask = None
