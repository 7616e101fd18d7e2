"""PEP 768, by hand: asks a thread of CPython 3.14 or newer to run a script, as ``sys.remote_exec`` does.

Only reading and writing of memory is needed, no borrowed thread: so it works where another debugger traces the process.
But a thread that waits in a system call does not serve it. The interpreter states its own offsets; what does not look
right is refused. Python/remote_debugging.c, Include/internal/pycore_debug_offsets.h. Engine's thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydelve.agent import protocol
from pydelve.errors import TargetError, UnsupportedError
from pydelve.target.cpython.interpreters import InterpreterReader, RawThread
from pydelve.target.cpython.layout import Layout, Runtime
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.live import ptrace
from pydelve.target.live.inside import write_memory
from pydelve.target.live.memory import ProcessMemory
from pydelve.target.live.stub import Sockets
from pydelve.target.live.surroundings import LiveSurroundings, link
from pydelve.target.live.traced import until

FIRST_MINOR = 14
_PLEASE_STOP = 1 << 5  # _PY_EVAL_PLEASE_STOP_BIT: Include/internal/pycore_ceval.h
_PATH_BYTES = 512
_MOST_OFFSET = 1 << 20
_TURN_S = 1.0
_ANSWER_LIMIT_S = 5.0
_PAUSE_S = 0.01
_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_ENTRY = Path(protocol.__file__).resolve().parent / "entry"


class RemoteExec:
    """One request."""

    def __init__(self, memory: ProcessMemory, runtime: Runtime, layout: Layout, tracer: ptrace.Tracer) -> None:
        """Looks whether the process can be asked; ``tracer`` is to stop it for a moment.

        Raises:
            UnsupportedError: it is older than 3.14, or its offsets are not what is known.
            TargetError: it was told not to be debugged.
        """
        self._memory, self._layout, self._tracer = memory, layout, tracer
        self._pid, self._at = memory.pid, layout.offsets
        self._interpreters = InterpreterReader(ObjectReader(memory, layout), runtime)
        if "remote.pending" not in self._at:
            raise self._unsupported(f"it runs CPython 3.{layout.minor}, and PEP 768 came with 3.{FIRST_MINOR}")
        if self._at["remote.path_size"] != _PATH_BYTES or not 0 < self._at["remote.support"] < _MOST_OFFSET:
            raise self._unsupported("its offsets are not those that are known")
        try:
            self._interpreter = self._interpreters.main()
        except UnreadableError as error:
            raise self._unsupported(str(error)) from None
        if self._now(self._interpreter + self._at["remote.enabled"]) != 1:
            raise TargetError(
                f"process {self._pid} does not want to be debugged", why="its interpreter was started, or built, so",
                hint=f"pydelve stack {self._pid}",
            )  # fmt: skip

    def _unsupported(self, why: str) -> UnsupportedError:
        return UnsupportedError(
            f"process {self._pid} can't be entered by PEP 768", why=why, hint=f"pydelve attach {self._pid}"
        )

    def enter(self, limit_s: float) -> Sockets:
        """The sockets that a thread of ours in the process has made.

        Raises:
            TargetError: no thread ran the script in time, or it was refused.
        """
        with self._script() as (path, answer):
            found: list[Sockets] = []

            def answered() -> bool:
                words = os.pread(answer, 100, 0).split()
                if len(words) == 4 and all(word.isdigit() for word in words):
                    found.append(Sockets(*map(int, words)))
                return bool(found)

            if not self._asked(os.fsencode(path) + b"\0", limit_s, answered):
                raise self._failure(
                    f"no thread has come back to Python within {limit_s:g} s; one that waits does not serve PEP 768"
                )
            if not found and not until(_ANSWER_LIMIT_S, answered):
                raise self._failure("it was asked, and did not run the script: an audit hook may have refused it")
            return found[0]

    def _failure(self, why: str) -> TargetError:
        return TargetError(
            f"process {self._pid} can't be entered by PEP 768", why=why, hint=f"pydelve attach {self._pid}"
        )

    def _asked(self, path: bytes, limit_s: float, answered: Callable[[], bool]) -> bool:
        """Ask one thread after the other until one has taken the request."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            for thread in self._candidates():
                if answered():  # by a thread that had taken it, and is gone
                    return True
                place = thread + self._at["remote.support"] + self._at["remote.pending"]
                if not self._ask(thread, path):
                    continue
                if until(_TURN_S, lambda place=place: self._now(place) == 0) or not self._taken_back(thread):  # type: ignore[misc]
                    return True
                if time.monotonic() > deadline:
                    return False
            time.sleep(_PAUSE_S)
        return answered()

    def _candidates(self) -> list[int]:
        """Threads of the main interpreter: those that run, else the main one. What runs soonest answers soonest."""
        native_ids = LiveSurroundings(self._pid).native_ids()
        running = [
            each.address
            for each in self._threads(native_ids)
            if ptrace.state_of(self._pid, native_ids.get(each.native_id, 0)) == "R"
        ]
        if not running:
            with suppress(UnreadableError):  # it changes at this moment
                return [self._memory.word(self._interpreter + self._at["remote.main_thread"])]
        return running

    def _threads(self, native_ids: dict[int, int]) -> list[RawThread]:
        self._memory.forget()
        with suppress(UnreadableError):  # the list changes at this moment
            return [each for each in self._interpreters.threads(set(native_ids))[0] if each.interpreter == 0]
        return []

    def _is_there(self, thread: int) -> bool:
        """Asked while all stand: one that has ended since it was listed left memory that is somebody else's now."""
        native_ids = LiveSurroundings(self._pid).native_ids()
        return any(each.address == thread for each in self._threads(native_ids))

    def _ask(self, thread: int, path: bytes) -> bool:
        """All threads stand meanwhile, where that can be had: another one may set a bit of the same word.

        False where the thread has ended.
        """
        support = thread + self._at["remote.support"]
        with self._tracer.stopped():
            if not self._is_there(thread):
                return False
            write_memory(self._pid, support + self._at["remote.path"], path)
            write_memory(self._pid, support + self._at["remote.pending"], (1).to_bytes(4, "little"))
            place = thread + self._at["remote.eval_breaker"]
            breaker = int.from_bytes(self._memory.read_now(place, 8), "little") | _PLEASE_STOP
            write_memory(self._pid, place, breaker.to_bytes(8, "little"))
        return True

    def _taken_back(self, thread: int) -> bool:
        """Nothing is run any more; False where it was taken meanwhile."""
        place = thread + self._at["remote.support"] + self._at["remote.pending"]
        with self._tracer.stopped():
            if not self._is_there(thread):
                return True
            if self._now(place) == 0:
                return False
            write_memory(self._pid, place, bytes(4))
            return True

    def _now(self, address: int) -> int:
        return int.from_bytes(self._memory.read_now(address, 4), "little", signed=True)

    # -- the script's file, which is none where that can be ------------------------------------------------------------

    @contextmanager
    def _script(self) -> Iterator[tuple[str, int]]:
        """Its path as the process sees it, and a descriptor to read the answer from; gone at the end."""
        same = all(
            link(f"/proc/{self._pid}/ns/{name}") == link(f"/proc/self/ns/{name}") for name in ("pid", "mnt", "user")
        )
        owner = os.stat(f"/proc/{self._pid}")
        if same and owner.st_uid == os.geteuid() and link(f"/proc/{self._pid}/root") == "/":
            fd = os.memfd_create("pydelve", os.MFD_CLOEXEC)
            path, there = f"/proc/{os.getpid()}/fd/{fd}", ""
        else:
            path, there, fd = self._file(owner)
        try:
            os.pwrite(fd, _source(path), 0)
            yield path, fd
        finally:
            os.close(fd)
            if there:
                with suppress(OSError):
                    os.unlink(there)

    def _file(self, owner: os.stat_result) -> tuple[str, str, int]:
        """In a container, or another user's: its path there and here, open."""
        name = f".pydelve-{os.urandom(8).hex()}"
        problem = ""
        for folder in _FOLDERS:
            there = f"/proc/{self._pid}/root{folder}/{name}"
            try:
                fd = os.open(there, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except OSError as error:
                problem = f"{folder}: {os.strerror(error.errno or 0)}"
                continue
            try:
                os.fchown(fd, owner.st_uid, owner.st_gid)
            except OSError as error:
                os.close(fd)
                os.unlink(there)
                problem = f"{folder}: {os.strerror(error.errno or 0)}"
                continue
            return f"{folder}/{name}", there, fd
        raise self._failure(f"the script can't be put where the process sees it ({problem})")


def _source(path: str) -> bytes:
    """The script: data as literals, then code that is always the same."""
    texts = {
        "_answer": path,
        "_bootstrap": (_ENTRY / "bootstrap.py").read_text(encoding="utf-8"),
        "_loader": (_ENTRY.parent / "loader.py").read_text(encoding="utf-8"),
    }
    head = "".join(f"{name} = {text!a}\n" for name, text in texts.items())
    return head.encode() + (_ENTRY / "remote_exec.py").read_bytes()
