"""Attaches to a process that was started without a debugger: gets an agent into it that serves as a launched one does.

Each phase has a limit and a name; whatever fails, the process runs on as it was. On the engine's thread, which does all
of ptrace.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

from pydelve.agent import protocol
from pydelve.api.attach import AttachMethod, AttachOptions
from pydelve.deferred import Deferred
from pydelve.errors import TargetError, TargetGoneError, UnsupportedError
from pydelve.target import NEWEST, OLDEST
from pydelve.target.cpython.layout import Runtime, choose_layout, cookie_version, has_cookie
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.live import kernel, ptrace, stub
from pydelve.target.live.borrow import Borrowed, Unborrowable, waiting_threads
from pydelve.target.live.channel import Channel, HoldChannel
from pydelve.target.live.descriptors import take_descriptor
from pydelve.target.live.elf import ElfError
from pydelve.target.live.handle import Reached, Stranger
from pydelve.target.live.inside import Inside
from pydelve.target.live.memory import Mapping, ProcessMemory, check_process, find_interpreter, open_mapped
from pydelve.target.live.parcel import bootstrap, parcel
from pydelve.target.live.surroundings import command_of, folder_of
from pydelve.target.live.traced import refusal, until
from pydelve.target.machines import NAMES, known
from pydelve.target.machines.machine import Machine

if TYPE_CHECKING:
    from pydelve.target.live import remote_exec
else:
    remote_exec = Deferred("pydelve.target.live.remote_exec")

START_LIMIT_S = 5.0
PENDING_LIMIT_S = 10.0
GIL_LIMIT_S = 10.0
LOOK_AGAIN_S = 0.1
_ASKED_FROM = 14  # the first minor version that has PEP 768
SEND_LIMIT_S = 10.0
_DISABLED_BY = "PYTHON_DISABLE_REMOTE_DEBUG"


def attach(options: AttachOptions) -> Reached:
    """Get an agent into the process; its hello comes next, or what it refuses with.

    Raises:
        TargetGoneError: there is no such process, or it ended meanwhile.
        NotAPythonError, UnsupportedError: it is no CPython that can be entered.
        TargetError: it may not be entered, or a phase took too long; the message says which, and why.
    """
    pid, letter = check_process(options.pid)
    if letter == "t":
        raise refusal(pid, pid, 0)
    if letter == "T":
        raise TargetError(
            f"process {pid} is stopped", why="by a signal, SIGSTOP or the like: none of its threads runs",
            hint=f"kill -CONT {pid}",
        )  # fmt: skip
    _check_permitted(pid)
    _check_alone(pid)
    with ProcessMemory(pid, "attach") as memory, ExitStack() as undo:
        runtime, mapping = find_interpreter(pid, memory)
        _check_interpreter(memory, runtime)
        machine = check_machine(pid, mapping)
        handle = _open(pid)
        undo.callback(os.close, handle.pidfd)
        try:
            tracer = ptrace.Tracer(pid)
            if _method(options.method, pid, runtime) == "pep768":
                page, found = None, _by_script(memory, runtime, tracer)
            else:
                inside = Inside(memory, mapping, machine)
                page = _Entry(inside, options.method, tracer).enter()
                found = _sockets_of(inside, page)
            link, hold = _take_sockets(pid, found, handle.pidfd)
            undo.callback(link.close)
            undo.callback(hold.close)
            data = parcel(found.link, found.hold, _blocked_signals(pid), runtime.version[:2])
            _send(pid, link, data, (lambda: _state(inside, page)) if page is not None else lambda: stub.RUNS)
        except TargetError:
            if handle.wait(0):  # whatever failed, that is why
                raise _ended(pid) from None
            raise
        undo.pop_all()
    argv, cwd = command_of(pid), folder_of(pid)
    return Reached(handle, argv, Channel(link), HoldChannel(hold), launched=False, cwd=cwd, tracer=tracer)


def _ended(pid: int) -> TargetGoneError:
    return TargetGoneError(
        f"process {pid} ended while it was entered", why="by itself, or by somebody else", hint="pydelve ps"
    )


def _open(pid: int) -> Stranger:
    try:
        return Stranger(pid, os.pidfd_open(pid))
    except OSError:
        raise TargetGoneError(f"process {pid} has ended", why="a moment ago", hint="pydelve ps") from None


# -- what forbids it ---------------------------------------------------------------------------------------------------


def _check_permitted(pid: int) -> None:
    """Did whoever started it forbid debuggers (PEP 768)? Honoured for all versions and every way in."""
    by = ""
    with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        if any(entry.startswith(_DISABLED_BY.encode() + b"=") for entry in file.read().split(b"\0")):
            by = f"the environment variable {_DISABLED_BY}"
    words = kernel.command_line(pid).replace(b"-X\0", b"-X").split(b"\0")
    if b"-Xdisable-remote-debug" in words or b"-Xdisable_remote_debug" in words:
        by = "its option -X disable-remote-debug"
    if by:
        raise TargetError(
            f"process {pid} does not want to be debugged", why=f"{by} says so", hint=f"pydelve stack {pid}"
        )


def _check_alone(pid: int) -> None:
    """Is another pydelve there already?"""
    other = kernel.pydelve_in(pid)
    if other:
        raise TargetError(
            f"process {pid} is being debugged already", why=f"by another pydelve, process {other}",
            hint=f"end process {other}",
        )  # fmt: skip


def _check_interpreter(memory: ProcessMemory, runtime: Runtime) -> None:
    pid, (major, minor, _) = memory.pid, runtime.version
    if not OLDEST <= (major, minor) <= NEWEST:
        raise UnsupportedError(
            f"process {pid} runs CPython {major}.{minor}",
            why=f"pydelve supports {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} as targets",
            hint="pydelve ps",
        )
    with suppress(UnreadableError):
        if has_cookie(memory, runtime.address) and cookie_version(memory, runtime.address)[1]:
            raise UnsupportedError(
                f"process {pid} runs a free-threaded build of CPython {major}.{minor}",
                why="stopping all threads of such a build is not supported yet", hint="pydelve ps",
            )  # fmt: skip


def check_machine(pid: int, interpreter: Mapping) -> Machine:
    """The machine that both it and we run on.

    Raises:
        UnsupportedError: it is one that is not known here, or an emulator's.
    """
    machine = known.native()
    if machine is None:
        raise UnsupportedError(
            f"process {pid} can't be entered",
            why=f"pydelve does it on {' and '.join(NAMES)}, this is {os.uname().machine}", hint=f"pydelve stack {pid}",
        )  # fmt: skip
    with suppress(OSError, ElfError), closing(open_mapped(pid, interpreter)) as elf:
        if elf.machine != machine.elf:
            other = known.of_elf(elf.machine)
            raise UnsupportedError(
                f"process {pid} can't be entered",
                why=f"its interpreter is of {other.name if other else 'another machine'}, this is {machine.name}: "
                "an emulator runs it",
                hint=f"pydelve stack {pid}",
            )
    return machine


# -- entering ----------------------------------------------------------------------------------------------------------


class _Entry:
    """Gets the page into the process, and its thread started."""

    def __init__(self, inside: Inside, method: str, tracer: ptrace.Tracer) -> None:
        self._inside = inside
        self._tracer = tracer
        self._method = method
        self._reasons: list[str] = []

    def enter(self) -> stub.Page:
        """The page, whose thread has made its sockets.

        Raises:
            TargetError: it does not begin in time.
        """
        if self._method == "thread":
            return self._checked(self._begun(self._soon_by_waiting_thread()))
        page = self._by_waiting_thread() if self._method == "auto" else None
        return self._checked(self._begun(page) if page is not None else self._by_main_or_waiting())

    def _begun(self, page: stub.Page) -> stub.Page:
        if not until(START_LIMIT_S, lambda: _state(self._inside, page) != stub.NOT_YET):
            raise self._failure(f"a thread was started in it, but did not begin within {START_LIMIT_S:g} s", "")
        return page

    def _soon_by_waiting_thread(self) -> stub.Page:
        found: list[stub.Page] = []

        def entered() -> bool:
            page = self._by_waiting_thread()
            found.extend([page] if page is not None else [])
            return page is not None

        if not until(START_LIMIT_S, entered, LOOK_AGAIN_S):
            reasons = f" ({'; '.join(self._reasons[-3:])})" if self._reasons else ""
            raise self._failure(
                f"no thread waited where it may be borrowed within {START_LIMIT_S:g} s{reasons}",
                f"pydelve attach --method pending {self._inside.pid}",
            )
        return found[0]

    def _by_main_or_waiting(self) -> stub.Page:
        """By a pending call; in its place by a thread that waits, if there is one before the main thread is ready."""
        page = self._by_pending_call()
        deadline = time.monotonic() + PENDING_LIMIT_S
        while not until(LOOK_AGAIN_S, lambda: _state(self._inside, page) != stub.NOT_YET):
            other = self._by_waiting_thread() if self._method == "auto" else None
            if other is not None or time.monotonic() > deadline:
                # should it be called at this very moment, its thread finds that nobody comes for it
                self._inside.write(page.pending, page.nothing)
            if other is not None:
                return self._begun(other)
            if time.monotonic() > deadline:
                raise self._failure(
                    f"its main thread has not come back to Python within {PENDING_LIMIT_S:g} s, and no thread waits "
                    f"where it may be borrowed: {_doing(self._inside.pid, self._inside.pid)}", "",
                )  # fmt: skip
        return page

    def _checked(self, page: stub.Page) -> stub.Page:
        state = _state(self._inside, page)
        if state == stub.NO_INTERPRETER:
            raise self._failure(
                "its interpreter is not started yet, or has ended", f"pydelve attach {self._inside.pid}"
            )
        if state == stub.NO_SOCKETS:
            raise self._failure("it can't open two more sockets: see ulimit -n", "")
        return page

    def _by_waiting_thread(self) -> stub.Page | None:
        for native_id in waiting_threads(self._inside):
            borrowed = Borrowed(self._inside, native_id, self._tracer)
            try:
                borrowed.stop(waiting=True)
            except Unborrowable as reason:
                self._reasons.append(f"thread {native_id}: {reason}")
                continue
            try:
                page = self._map(borrowed)
                failed = borrowed.call(page, self._inside.functions["pthread_create"], page.ident, 0, page.thread, 0)
                if failed:
                    borrowed.unmap_page(page)
            except Unborrowable as reason:
                self._reasons.append(f"thread {native_id}: {reason}")
                continue
            finally:
                borrowed.give_back()
            if failed:
                raise self._failure(f"it can't start another thread: {os.strerror(failed)}", "")
            return page
        return None

    def _by_pending_call(self) -> stub.Page:
        main = Borrowed(self._inside, self._inside.pid, self._tracer)
        try:
            main.stop(waiting=False)
            try:
                page = self._map(main)
                failed = main.call(page, self._inside.functions["Py_AddPendingCall"], page.pending, 0)
                if failed:
                    main.unmap_page(page)
            finally:
                main.give_back()
        except Unborrowable as reason:
            raise self._failure(f"its main thread can't be used: {reason}", "") from None
        if failed:
            raise self._failure("its queue of pending calls is full", f"pydelve attach {self._inside.pid}")
        return page

    def _map(self, borrowed: Borrowed) -> stub.Page:
        page = stub.Page(self._inside.machine, borrowed.map_page(), self._inside.functions, bootstrap())
        self._inside.write(page.address, page.content())
        return page

    def _failure(self, why: str, hint: str) -> TargetError:
        pid = self._inside.pid
        return TargetError(f"process {pid} can't be entered", why=why, hint=hint or f"pydelve stack {pid}")


def _state(inside: Inside, page: stub.Page) -> int:
    data = inside.read(page.state, 4)
    return int.from_bytes(data, "little") if data else stub.ENDED  # it unmaps the page at its end


def _method(asked: AttachMethod, pid: int, runtime: Runtime) -> AttachMethod:
    """Where another debugger traces it, no thread can be borrowed; from 3.14 on it can be asked."""
    traced = asked == "auto" and runtime.version[1] >= _ASKED_FROM and ptrace.tracer_of(pid, pid)
    return "pep768" if traced else asked


def _by_script(memory: ProcessMemory, runtime: Runtime, tracer: ptrace.Tracer) -> stub.Sockets:
    try:
        layout = choose_layout(memory, runtime)
    except UnreadableError as error:
        raise TargetError(
            f"process {memory.pid} can't be entered", why=str(error), hint=f"pydelve attach {memory.pid}"
        ) from None
    return remote_exec.RemoteExec(memory, runtime, layout, tracer).enter(PENDING_LIMIT_S)


def _sockets_of(inside: Inside, page: stub.Page) -> stub.Sockets:
    numbers = inside.read(page.sockets, 16)
    if len(numbers) < 16:
        raise _ended(inside.pid)
    return stub.read_sockets(numbers)


def _take_sockets(pid: int, found: stub.Sockets, pidfd: int) -> tuple[socket.socket, socket.socket]:
    """Our ends of the sockets."""
    try:
        first = socket.socket(fileno=take_descriptor(pidfd, found.our_link))
        second = socket.socket(fileno=take_descriptor(pidfd, found.our_hold))
    except OSError as error:
        raise TargetError(
            f"process {pid} can't be entered",
            why=f"its sockets can't be taken over: {os.strerror(error.errno or 0)}", hint=f"pydelve stack {pid}",
        ) from error  # fmt: skip
    return first, second


def _send(pid: int, link: socket.socket, data: bytes, state: Callable[[], int]) -> None:
    """Send the agent, as soon as the thread has the GIL."""
    link.settimeout(SEND_LIMIT_S)
    try:
        link.sendall(memoryview(data)[: protocol.HEADER_BYTES])
        if not until(GIL_LIMIT_S, lambda: state() not in (stub.SOCKETS, stub.WAITS_FOR_GIL)):
            raise TargetError(
                f"process {pid} can't be entered",
                why=f"its interpreter was not free within {GIL_LIMIT_S:g} s: some thread holds it in C code",
                hint=f"pydelve stack {pid}",
            )
        link.sendall(memoryview(data)[protocol.HEADER_BYTES :])
    except OSError as error:
        if _refused_at_once(link):
            return
        raise TargetGoneError(
            f"process {pid} ended, or refused pydelve's agent, while it was entered", why=str(error),
            hint=f"pydelve stack {pid}",
        ) from error  # fmt: skip
    finally:
        link.settimeout(None)


def _refused_at_once(link: socket.socket) -> bool:
    """Does it say why it does not want to hear more? Whoever waits for the hello reads that."""
    with suppress(OSError):
        return bool(link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    return False


def _blocked_signals(pid: int) -> list[int]:
    """The signals that the main thread blocks."""
    with suppress(OSError, ValueError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file:
            if line.startswith(b"SigBlk:"):
                mask = int(line.split()[1], 16)
                return [number for number in range(1, 65) if mask >> number - 1 & 1]
    return []


def _doing(pid: int, native_id: int) -> str:
    """What a thread does, as far as the kernel tells."""
    call = kernel.system_call(pid, native_id)
    state = ptrace.state_of(pid, native_id)
    if call:
        return f"it waits in {call}"
    return "it runs C code" if state == "R" else f"the kernel says state {state}"
