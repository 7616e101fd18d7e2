"""A live process with an agent in it: requests, events, and its end. Implements ``pydelve.target.Process``; engine's thread only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

from pydelve.agent import protocol
from pydelve.api.target import ExitStatus, TargetInfo
from pydelve.errors import AgentError, InternalError, ProtocolError, PydelveError, TargetBusyError, TargetError, TargetGoneError
from pydelve.target import Listener, Waiter
from pydelve.target.live.channel import Channel
from pydelve.target.live.launch import Launched

_HELLO_LIMIT_S = 20.0


class LiveProcess:
    """One run of a launched program."""

    def __init__(self, launched: Launched, cwd: str, waiter: Waiter, listener: Listener) -> None:
        """Takes ``launched`` over; call :meth:`meet` next."""
        self._popen = launched.popen
        self._link, self._hold = launched.link, launched.hold
        self._argv, self._cwd = launched.argv, cwd
        self._waiter, self._listener = waiter, listener
        self._pidfd = os.pidfd_open(launched.popen.pid)
        self._next_id = 0
        self._answers: dict[int, Any] = {}
        self._dropped: set[int] = set()
        self._hello: dict[str, Any] | None = None
        self._runs = 0
        self._others = False
        self._clean = False
        self.stopped = False
        self.ended = False
        waiter.watch(self._pidfd, self._on_exit)
        waiter.watch(self._link.fileno(), self._on_link)

    def meet(self) -> None:
        """Wait for the agent's hello.

        Raises:
            TargetError: it does not come, or the agent is of another version.
        """
        if not self._waiter.wait_until(lambda: self._hello is not None or self.ended, _HELLO_LIMIT_S):
            self.kill()
            raise TargetError(
                f"the agent in process {self._popen.pid} did not answer within {_HELLO_LIMIT_S:.0f} s",
                why="Python was started without its site module, or did not get that far",
                hint=f"try without pydelve: {' '.join(self._argv)}",
            )
        if self._hello is None:
            return  # it ended first; on_exited has told so
        if self._hello["protocol"] != protocol.VERSION:
            self.kill()
            raise TargetError(
                f"the agent speaks version {self._hello['protocol']} of the protocol, not {protocol.VERSION}",
                why="two versions of pydelve are mixed",
                hint="pip install --force-reinstall pydelve",
            )
        self._hold.pid = self._popen.pid
        # the first stop may follow the hello at once: hear of it only when the engine has taken that in
        self._waiter.watch(self._hold.fileno(), self._on_hold)

    @property
    def info(self) -> TargetInfo:
        """Who it is."""
        hello = self._hello or {}
        return TargetInfo(
            pid=self._popen.pid,
            python=".".join(map(str, hello.get("python", ()))),
            executable=hello.get("executable", self._argv[0]),
            argv=self._argv[1:],
            cwd=self._cwd,
            launched=True,
        )

    @property
    def main_ident(self) -> int:
        """Ident of the main thread; 0 before the hello."""
        return int(self._hello["main"]) if self._hello else 0

    @property
    def how(self) -> str:
        """What tells of arrivals in it."""
        return str(self._hello["how"]) if self._hello else ""

    @property
    def exact(self) -> bool:
        """False where the agent could not prove how to keep the GIL: then a stop may let others move."""
        return bool(self._hello["exact"]) if self._hello else True

    # -- requests ------------------------------------------------------------------------------------------------------

    def ask(self, operation: str, arguments: dict[str, Any], timeout_s: float = 10.0) -> Any:
        """See ``pydelve.target.Process.ask``."""
        number = self._send(operation, arguments)
        if not self._waiter.wait_until(lambda: number in self._answers or self.ended, timeout_s):
            self._dropped.add(number)
            raise self._busy(operation, timeout_s)
        return self._result(number, operation)

    def ask_interruptible(self, operation: str, arguments: dict[str, Any], timeout_s: float, grace_s: float) -> Any:
        """See ``pydelve.target.Process.ask_interruptible``."""
        number = self._send(operation, arguments)
        if not self._waiter.wait_until(lambda: number in self._answers or self.ended, timeout_s):
            self.interrupt()
            if not self._waiter.wait_until(lambda: number in self._answers or self.ended, grace_s):
                self._dropped.add(number)
                raise self._busy(operation, timeout_s)
        return self._result(number, operation)

    def _busy(self, operation: str, timeout_s: float) -> TargetBusyError:
        return TargetBusyError(
            f"process {self._popen.pid} did not answer {operation!r} within {timeout_s:.1f} s",
            why="its own code or another thread keeps the interpreter busy",
            hint="halt or restart it, or ask again",
        )

    def _result(self, number: int, operation: str) -> Any:
        if number not in self._answers:
            raise TargetGoneError(f"process {self._popen.pid} ended while it was asked", hint="restart")
        kind, result = self._answers.pop(number)
        if kind == "reply":
            if operation in (protocol.EVALUATE, protocol.ASSIGN):
                result["others"] = self._others
            return result
        if "internal" in result:
            error = result["internal"]
            raise InternalError(
                f"the agent failed in {operation!r}: {error['type']}: {error['message']}",
                why="this is a bug of pydelve",
                hint="\n".join(error["traceback"]),
            )
        raise AgentError(f"the target refused: {result['message']}")

    def _send(self, operation: str, arguments: dict[str, Any]) -> int:
        if self.ended:
            raise TargetGoneError(f"process {self._popen.pid} has ended", hint="restart")
        self._next_id += 1
        channel: Channel = self._hold if self.stopped else self._link
        channel.send((self._next_id, operation, arguments))
        return self._next_id

    def resume(self, plan: dict[str, Any]) -> None:
        """See ``pydelve.target.Process.resume``."""
        self._dropped.add(self._send(protocol.RUN, plan))
        self.stopped = False
        self._runs += 1

    def halt(self) -> None:
        """See ``pydelve.target.Process.halt``."""
        if not self.stopped and not self.ended:
            self._dropped.add(self._send(protocol.HALT, {"run": self._runs}))

    def interrupt(self) -> None:
        """See ``pydelve.target.Process.interrupt``. Goes by *link*, as *hold*'s reader is the one to interrupt."""
        if not self.ended:
            self._next_id += 1
            self._dropped.add(self._next_id)
            self._link.send((self._next_id, protocol.INTERRUPT, {}))

    def detach(self) -> None:
        """See ``pydelve.target.Process.detach``."""
        if not self.ended:
            with contextlib.suppress(TargetGoneError, TargetBusyError):
                self.ask(protocol.DETACH, {}, 2.0)
        self._leave()

    def kill(self) -> None:
        """See ``pydelve.target.Process.kill``."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGKILL)
        self._popen.wait()
        self._leave()

    def _leave(self) -> None:
        self.ended = True
        for fd in (self._pidfd, self._link.fileno(), self._hold.fileno()):
            self._waiter.unwatch(fd)
        if not self._link.closed:
            self._link.close()
        if not self._hold.closed:
            self._hold.close()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    # -- events --------------------------------------------------------------------------------------------------------

    def _on_link(self) -> None:
        self._read(self._link)
        if self._link.closed and not self.ended:
            self._waiter.unwatch(self._link.fileno())
            self._on_link_lost()

    def _on_hold(self) -> None:
        self._read(self._hold)
        if self._hold.closed and not self.ended:
            self._waiter.unwatch(self._hold.fileno())

    def _read(self, channel: Channel) -> None:
        try:
            for message in channel.receive():
                self._on_message(message)
                if self.ended:
                    return
        except ProtocolError:
            channel.closed = True
            raise

    def _on_message(self, message: Any) -> None:
        match message:
            case ("event", str(name), dict(data)):
                self._on_event(name, data)
            case ("reply" | "refused" as kind, int(number), result, *rest):
                if rest and rest[0]:
                    self._hold.settle(int(rest[0]), self._others)
                if number in self._dropped:
                    self._dropped.discard(number)
                else:
                    self._answers[number] = (kind, result)
            case _:
                raise ProtocolError("a message of the agent is malformed", why="it is neither reply nor event")

    def _on_event(self, name: str, data: dict[str, Any]) -> None:
        if name == protocol.HELLO:
            self._hello = data
        elif name == protocol.STOPPED:
            self._others = bool(data["others"])
            with contextlib.suppress(TargetGoneError):  # it dies at this moment: the exit tells
                self._hold.settle(int(data["interval_us"]), self._others)
                self.stopped = True
                self._runs = int(data["run"]) - 1
                self._listener.on_stopped(data)
        elif name == protocol.LANDED:
            self._listener.on_landed(data)
        elif name == protocol.ENDING:
            self._clean = True

    def _on_exit(self) -> None:
        for channel in (self._link, self._hold):
            if not channel.closed:
                with contextlib.suppress(PydelveError):
                    self._read(channel)
        if self.ended:
            return
        code = self._popen.wait()
        how, status = ("killed", -code) if code < 0 else ("exited", code)
        clean = self._clean and how == "exited"
        self._leave()
        self._listener.on_exited(ExitStatus("killed" if how == "killed" else "exited", status, clean))

    def _on_link_lost(self) -> None:
        """The agent let go of its socket while the process lives: it exec'd something else, or closed every descriptor."""
        try:
            self._popen.wait(0.2)  # most often it is just about to end, and the exit is what counts
        except subprocess.TimeoutExpired:
            replaced = self._command_line() != self._started_as
            self._leave()
            self._listener.on_exited(ExitStatus("replaced" if replaced else "lost", 0, False))
        else:
            self._on_exit()

    def _command_line(self) -> bytes:
        try:
            with open(f"/proc/{self._popen.pid}/cmdline", "rb") as file:
                return file.read()
        except OSError:
            return b""

    @property
    def _started_as(self) -> bytes:
        return b"".join(os.fsencode(word) + b"\0" for word in self._argv)

    def native_threads(self) -> dict[int, tuple[str, str]]:
        """``{native id: (state letter, what it waits in)}`` of every thread of the process, from ``/proc``."""
        return read_native_threads(self._popen.pid)


def read_native_threads(pid: int) -> dict[int, tuple[str, str]]:
    """See :meth:`LiveProcess.native_threads`; {} where ``/proc`` says nothing."""
    found: dict[int, tuple[str, str]] = {}
    folder = f"/proc/{pid}/task"
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder):
            with contextlib.suppress(OSError, IndexError):
                with open(f"{folder}/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    state = file.read().rpartition(")")[2].split()[0]
                found[int(entry)] = (state, "")
    return found


