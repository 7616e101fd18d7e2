"""The page that is put into a process: machine code that starts a thread of ours, and where the two sides meet.

The thread makes two socket pairs, waits until we hold our ends of them and have let go of everything else, takes the
GIL, and runs one fixed Python script with two names in it, ``link`` and ``hold``: numbers of sockets. At its end it
unmaps the page itself, by a call that returns to its caller. If nobody comes for the sockets it closes them and ends.

The pending call, for a main thread that never waits, does nothing but start that thread. It holds the GIL all the
time, so the thread cannot have unmapped the page before it is out of it. Pure.
"""

from __future__ import annotations

from struct import pack, unpack_from
from typing import NamedTuple

from pydelve.target.machines.code import Code, Kept
from pydelve.target.machines.machine import Machine

PAGE_BYTES = 1 << 16
_DATA, _SCRIPT, _FRAME, _SCRIPT_ROOM = 0x1000, 0x2000, 0x6000, 0x3000
_TRAMPOLINE, _THREAD, _PENDING = 0x0, 0x100, 0x800
_STATE, _RESULT, _IDENT, _SOCKETS, _POLL, _FORMAT, _NAME, _MASK = 0x0, 0x8, 0x10, 0x20, 0x40, 0x50, 0x60, 0x80
_MASK_BYTES = 128
_FILE_INPUT = 257  # Py_file_input, Include/compile.h
_SET_MASK = 2
_PAIR = (1, 0x80001)  # AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
_PATIENCE_MS = 10_000

NOT_YET, SOCKETS, WAITS_FOR_GIL, RUNS, ENDED, NOBODY_CAME, NO_SOCKETS, NO_INTERPRETER = range(8)
"""How far the thread is."""

C_FUNCTIONS = (
    "pthread_create", "pthread_self", "pthread_detach", "pthread_sigmask", "socketpair", "poll", "close", "munmap",
)  # fmt: skip
PYTHON_FUNCTIONS = (
    "Py_IsInitialized", "PyGILState_Ensure", "PyGILState_Release", "PyRun_StringFlags", "PyErr_Clear", "Py_BuildValue",
    "Py_DecRef", "Py_AddPendingCall",
)  # fmt: skip
UNSAFE_FUNCTIONS = (
    "malloc", "calloc", "realloc", "free", "memalign", "posix_memalign", "aligned_alloc", "dlopen", "dlclose", "dlsym",
    "pthread_create", "fork", "vfork", "posix_spawn", "exit", "dl_iterate_phdr", "valloc", "pvalloc", "malloc_trim",
)  # fmt: skip
"""A thread inside of one of these may hold a lock that starting a thread needs."""


class Page:
    """The page's content for a process, where it is mapped at ``address``."""

    def __init__(self, machine: Machine, address: int, functions: dict[str, int], script: bytes) -> None:
        if len(script) >= _SCRIPT_ROOM:
            raise ValueError("the script does not fit")
        self.address = address
        self._machine = machine
        self._functions = functions
        self._script = script
        self.frame = machine.frame_at(address + _FRAME)
        self.stack = address + PAGE_BYTES - 64
        self.state, self.result = address + _DATA + _STATE, address + _DATA + _RESULT
        self.sockets = address + _DATA + _SOCKETS
        self.trampoline = address + _TRAMPOLINE
        self.ident, self.thread, self.pending = address + _DATA + _IDENT, address + _THREAD, address + _PENDING
        trampoline = machine.code().call_given().store_result(self.result).return_from_signal(self.frame)
        self._trampoline_code = trampoline.assembled()
        self.returned = self.trampoline + trampoline.place("returned")
        """Where the trampoline stands when it makes the call that restores everything."""
        self._pending_code, self.nothing = self._pending()
        """The latter in place of a pending call that came too late: it does nothing then."""

    def content(self) -> bytes:
        """What is written at its start."""
        page = bytearray(_SCRIPT + len(self._script) + 1)
        parts = ((_TRAMPOLINE, self._trampoline_code), (_THREAD, self._thread()), (_PENDING, self._pending_code))
        for (at, part), end in zip(parts, (_THREAD, _PENDING, _DATA), strict=True):
            if at + len(part) > end:
                raise ValueError("the code does not fit")
            page[at : at + len(part)] = part
        data = bytearray(_MASK + _MASK_BYTES)
        data[_SOCKETS : _SOCKETS + 16] = b"\xff" * 16
        data[_POLL : _POLL + 8] = pack("<ihh", 0, 1, 0)  # POLLIN
        data[_FORMAT : _FORMAT + 10] = b"{s:i,s:i}\0"
        data[_NAME : _NAME + 10] = b"link\0hold\0"
        data[_MASK:] = b"\xff" * _MASK_BYTES
        page[_DATA : _DATA + len(data)] = data
        page[_SCRIPT : _SCRIPT + len(self._script)] = self._script
        return bytes(page)

    def _thread(self) -> bytes:
        """The thread's start routine."""
        at = {name: self._functions[name] for name in C_FUNCTIONS + PYTHON_FUNCTIONS}
        data = self.address + _DATA
        sockets = [data + _SOCKETS + 4 * index for index in range(4)]
        code = self._machine.code().enter()
        code.pass_int(0, _SET_MASK).pass_address(1, data + _MASK).pass_int(2, 0).call(at["pthread_sigmask"])
        code.call(at["pthread_self"]).pass_result(0).call(at["pthread_detach"])
        code.call(at["Py_IsInitialized"]).jump_if_zero("no interpreter")
        for place in sockets[::2]:
            code.pass_int(0, _PAIR[0]).pass_int(1, _PAIR[1]).pass_int(2, 0).pass_address(3, place)
            code.call(at["socketpair"]).jump_unless(0, "no sockets")
        code.pass_copy(0, data + _POLL, sockets[0]).store_int(self.state, SOCKETS)
        code.pass_int(1, 1).pass_int(2, _PATIENCE_MS).call(at["poll"]).jump_unless(1, "nobody came")
        code.pass_int_at(0, sockets[1]).call(at["close"]).pass_int_at(0, sockets[3]).call(at["close"])
        # once more: after the interpreter's end there is none to take the GIL of, and before it, waiting for it is safe
        code.call(at["Py_IsInitialized"]).jump_if_zero("ended")
        code.store_int(self.state, WAITS_FOR_GIL).call(at["PyGILState_Ensure"]).keep_result(Kept.INT)
        # and if it ended in between, nothing may be run in what is left of it: the process ends at any moment
        code.call(at["Py_IsInitialized"]).jump_if_zero("wait for the end").store_int(self.state, RUNS)
        self._run_script(code, at)
        code.store_int(self.state, ENDED).pass_kept(0, Kept.INT).call(at["PyGILState_Release"])
        code.leave().pass_address(0, self.address).pass_int(1, PAGE_BYTES).jump_to(at["munmap"])
        code.label("nobody came")
        for place in sockets:
            code.pass_int_at(0, place).call(at["close"])
        code.store_int(self.state, NOBODY_CAME).jump("end")
        code.label("no sockets")
        for place in sockets:  # those that there are not are -1
            code.pass_int_at(0, place).call(at["close"])
        code.store_int(self.state, NO_SOCKETS).jump("end")
        code.label("wait for the end").pass_int(0, 0).pass_int(1, 0).pass_int(2, -1).call(at["poll"])
        code.jump("wait for the end").label("ended")
        for place in sockets[::2]:
            code.pass_int_at(0, place).call(at["close"])
        code.label("no interpreter").store_int(self.state, NO_INTERPRETER)
        return code.label("end").return_zero().assembled()

    def _run_script(self, code: Code, at: dict[str, int]) -> None:
        """Run the script in a namespace of its own; what it raises is dropped: it tells of errors itself."""
        data = self.address + _DATA
        code.pass_address(0, data + _FORMAT).pass_address(1, data + _NAME).pass_int_at(4, data + _SOCKETS + 8)
        code.pass_address(3, data + _NAME + 5).pass_int_at(2, data + _SOCKETS)
        code.call(at["Py_BuildValue"]).keep_result(Kept.POINTER).jump_if_null("failed")
        code.pass_address(0, self.address + _SCRIPT).pass_int(1, _FILE_INPUT)
        code.pass_kept(2, Kept.POINTER).pass_kept(3, Kept.POINTER).pass_int(4, 0)
        code.call(at["PyRun_StringFlags"]).jump_if_null("raised")
        code.pass_result(0).call(at["Py_DecRef"]).jump("forget")
        code.label("raised").call(at["PyErr_Clear"])  # it never began: an audit hook refused it
        code.pass_int_at(0, data + _SOCKETS).call(at["close"]).pass_int_at(0, data + _SOCKETS + 8).call(at["close"])
        code.label("forget").pass_kept(0, Kept.POINTER).call(at["Py_DecRef"]).jump("done")
        code.label("failed").call(at["PyErr_Clear"]).label("done")

    def _pending(self) -> tuple[bytes, bytes]:
        """A pending call (``int (*)(void *)``) that starts the thread. It never fails: that would be an exception."""
        code = self._machine.code().replaceable().enter(keeps=False)
        code.pass_address(0, self.ident).pass_int(1, 0).pass_address(2, self.thread).pass_int(3, 0)
        code.call(self._functions["pthread_create"]).store_result(self.result).return_zero()
        nothing = code.replacement()
        return code.assembled(), nothing


class Sockets(NamedTuple):
    """Numbers of the four ends in the process."""

    link: int
    our_link: int
    hold: int
    our_hold: int


def read_sockets(data: bytes) -> Sockets:
    """The numbers that the thread has written to its page."""
    return Sockets(*unpack_from("<4i", data, 0))
