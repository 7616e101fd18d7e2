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

from pydelve.target.live.machine import Code

PAGE_BYTES = 1 << 16
_DATA, _SCRIPT, _FRAME, _SCRIPT_ROOM = 0x1000, 0x2000, 0x6000 - 8, 0x3000
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

    def __init__(self, address: int, functions: dict[str, int], script: bytes) -> None:
        if len(script) >= _SCRIPT_ROOM:
            raise ValueError("the script does not fit")
        self.address = address
        self._functions = functions
        self._script = script
        self.frame = address + _FRAME
        self.stack = address + PAGE_BYTES - 64
        self.state, self.result = address + _DATA + _STATE, address + _DATA + _RESULT
        self.sockets = address + _DATA + _SOCKETS
        self.trampoline = address + _TRAMPOLINE
        self.ident, self.thread, self.pending = address + _DATA + _IDENT, address + _THREAD, address + _PENDING
        self._trampoline_code = self._trampoline()
        self.returned = self.trampoline + len(self._trampoline_code)
        """Where the trampoline stands when it makes the call that restores everything."""

    def content(self) -> bytes:
        """What is written at its start."""
        page = bytearray(_SCRIPT + len(self._script) + 1)
        for at, part in ((_TRAMPOLINE, self._trampoline_code), (_THREAD, self._thread()), (_PENDING, self._pending())):
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

    def _trampoline(self) -> bytes:
        """Call what rax holds, keep the result, return as a signal's handler does."""
        code = Code().raw("ffd0").load("r11", self.result).raw("498903").load("rsp", self.frame + 8)
        return code.raw("b80f000000 0f05").assembled()  # mov $15, %eax; syscall

    def _thread(self) -> bytes:
        """The thread's start routine."""
        at = {name: self._functions[name] for name in C_FUNCTIONS + PYTHON_FUNCTIONS}
        data = self.address + _DATA
        sockets = [data + _SOCKETS + 4 * index for index in range(4)]
        code = Code().raw("53 4154 4883ec08")  # push %rbx; push %r12; sub $8, %rsp
        code.raw("bf02000000").load("rsi", data + _MASK).raw("31d2").call(at["pthread_sigmask"])
        code.call(at["pthread_self"]).raw("4889c7").call(at["pthread_detach"])
        code.call(at["Py_IsInitialized"]).raw("85c0").jump("je", "no interpreter")
        for place in sockets[::2]:
            code.raw("bf" + pack("<i", _PAIR[0]).hex() + "be" + pack("<i", _PAIR[1]).hex() + "31d2")
            code.load("rcx", place).call(at["socketpair"]).raw("85c0").jump("jne", "no sockets")
        code.load_int("eax", sockets[0]).load("rdi", data + _POLL).raw("8907")  # mov %eax, (%rdi)
        code.store(self.state, SOCKETS)
        code.raw("be01000000 ba" + pack("<i", _PATIENCE_MS).hex()).call(at["poll"])
        code.raw("83f801").jump("jne", "nobody came")
        code.load_int("edi", sockets[1]).call(at["close"]).load_int("edi", sockets[3]).call(at["close"])
        # once more: after the interpreter's end there is none to take the GIL of, and before it, waiting for it is safe
        code.call(at["Py_IsInitialized"]).raw("85c0").jump("je", "ended")
        code.store(self.state, WAITS_FOR_GIL).call(at["PyGILState_Ensure"]).raw("89c3")
        # and if it ended in between, nothing may be run in what is left of it: the process ends at any moment
        code.call(at["Py_IsInitialized"]).raw("85c0").jump("je", "wait for the end").store(self.state, RUNS)
        self._run_script(code, at)
        code.store(self.state, ENDED).raw("89df").call(at["PyGILState_Release"])
        code.raw("4883c408 415c 5b").load("rdi", self.address).raw("be" + pack("<i", PAGE_BYTES).hex())
        code.raw("31c0").jump_to(at["munmap"])
        code.label("nobody came")
        for place in sockets:
            code.load_int("edi", place).call(at["close"])
        code.store(self.state, NOBODY_CAME).jump("jmp", "end")
        code.label("no sockets")
        for place in sockets:  # those that there are not are -1
            code.load_int("edi", place).call(at["close"])
        code.store(self.state, NO_SOCKETS).jump("jmp", "end")
        code.label("wait for the end").raw("31ff 31f6 baffffffff").call(at["poll"]).jump("jmp", "wait for the end")
        code.label("ended")
        for place in sockets[::2]:
            code.load_int("edi", place).call(at["close"])
        code.label("no interpreter").store(self.state, NO_INTERPRETER)
        return code.label("end").raw("31c0 4883c408 415c 5b c3").assembled()

    def _run_script(self, code: Code, at: dict[str, int]) -> None:
        """Run the script in a namespace of its own; what it raises is dropped: it tells of errors itself."""
        data = self.address + _DATA
        code.load("rdi", data + _FORMAT).load("rsi", data + _NAME).load_int("eax", data + _SOCKETS + 8)
        code.raw("4189c0").load("rcx", data + _NAME + 5).load_int("edx", data + _SOCKETS)  # mov %eax, %r8d
        code.call(at["Py_BuildValue"]).raw("4989c4 4885c0").jump("je", "failed")  # mov %rax, %r12
        code.load("rdi", self.address + _SCRIPT).raw("be" + pack("<i", _FILE_INPUT).hex() + "4c89e2 4c89e1 4531c0")
        code.call(at["PyRun_StringFlags"]).raw("4885c0").jump("je", "raised")
        code.raw("4889c7").call(at["Py_DecRef"]).jump("jmp", "forget")
        code.label("raised").call(at["PyErr_Clear"])  # it never began: an audit hook refused it
        code.load_int("edi", data + _SOCKETS).call(at["close"])
        code.load_int("edi", data + _SOCKETS + 8).call(at["close"])
        code.label("forget").raw("4c89e7").call(at["Py_DecRef"]).jump("jmp", "done")
        code.label("failed").call(at["PyErr_Clear"]).label("done")

    def _pending(self) -> bytes:
        """A pending call (``int (*)(void *)``) that starts the thread. It never fails: that would be an exception."""
        code = Code().raw("4883ec08").load("rdi", self.ident).raw("31f6").load("rdx", self.thread).raw("31c9")
        code.call(self._functions["pthread_create"]).load("r11", self.result).raw("498903")
        return code.raw("31c0 4883c408 c3").assembled()


DO_NOTHING = bytes.fromhex("31c0c3")
"""In place of a pending call that came too late: return 0."""


class Sockets(NamedTuple):
    """Numbers of the four ends in the process."""

    link: int
    our_link: int
    hold: int
    our_hold: int


def read_sockets(data: bytes) -> Sockets:
    """The numbers that the thread has written to its page."""
    return Sockets(*unpack_from("<4i", data, 0))
