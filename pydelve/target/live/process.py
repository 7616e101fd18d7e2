"""A live process with an agent in it. Implements ``pydelve.target.Process``; engine's thread only.

What the agent sends becomes the types of ``api`` and ``target`` here (with ``convert``), so that nothing above sees
plain data.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pydelve.agent import protocol
from pydelve.api.target import ExitStatus, TargetInfo
from pydelve.api.tracing import TraceOptions, TraceSummary
from pydelve.api.values import Evaluation, Examination, Limits, Value
from pydelve.deferred import Deferred
from pydelve.errors import (
    AgentError,
    EvaluationError,
    EvaluationInterrupted,
    ProtocolError,
    TargetBusyError,
    TargetError,
    TargetGoneError,
    UnsupportedError,
)
from pydelve.records import replace
from pydelve.target.arming import Armed, Arming, WovenScope
from pydelve.target.interface import Jumped, Listener, Plan, ReloadReport, Waiter
from pydelve.target.live import convert, kernel
from pydelve.target.live.agent_link import AgentLink
from pydelve.target.live.asking import Asking
from pydelve.target.live.handle import Reached, end, to_status
from pydelve.target.live.hello import Hello
from pydelve.target.live.launch import ENTRY
from pydelve.target.live.user_code import UserCode

if TYPE_CHECKING:
    from pydelve.target.core import writing
    from pydelve.target.live import call_assembly, convert_tracing
else:  # sessions that trace or dump need them; together 4 ms
    writing = Deferred("pydelve.target.core.writing")
    call_assembly = Deferred("pydelve.target.live.call_assembly")
    convert_tracing = Deferred("pydelve.target.live.convert_tracing")

_HELLO_LIMIT_S = 20.0
_DETACH_LIMIT_S = 5.0
_RELOAD_LIMIT_S = 30.0
_ATTEND_EVERY_S = 0.1
_UNTOLD = {"clean": False, "told": False}
_JUMP_LIMIT_S = 10.0  # what leaves the stack may run code


class LiveProcess(Asking):
    """One run of a program, launched or attached to."""

    def __init__(self, reached: Reached, cwd: str, waiter: Waiter, listener: Listener) -> None:
        """Takes ``reached`` over; call :meth:`meet` next."""
        self._handle = reached.handle
        self._launched = reached.launched
        self._argv, self._cwd = reached.argv, reached.cwd or cwd
        self._waiter, self._listener = waiter, listener
        pid = self._handle.pid
        super().__init__(AgentLink(reached.link, reached.hold, waiter, self._on_event, self._on_link_lost, pid), pid)
        self._tracer = reached.tracer
        self._attending = False
        self._pidfd = self._handle.pidfd
        self._refusal = ""
        self._hello: Hello | None = None
        self._runs = 0
        self._batches = {protocol.RECORDS: 0, protocol.CALLS: 0}
        """Numbers of the last ones that came."""
        self._kept: set[int] = set()
        """Idents of the threads that are frozen."""
        self._assembly: call_assembly.Assembly | None = None
        self._ending = _UNTOLD
        """Of its exit status, as far as its agent has told so."""
        self._awaited: list[Callable[[], None]] = []
        """Whom to tell when it has told all."""
        self._leaving = False
        self._replaced = False
        self._user_code = UserCode(self._agent)
        waiter.watch(self._pidfd, self._on_exit)
        self._attend()

    def meet(self) -> None:
        """Wait for the agent's hello.

        Raises:
            TargetError: it does not come, or the agent is of another version.
        """
        answered = lambda: self._hello is not None or self.ended or bool(self._refusal)  # noqa: E731
        if not self._waiter.wait_until(answered, _HELLO_LIMIT_S):
            self._give_up()
            raise TargetError(
                f"the agent in process {self._pid} did not answer within {_HELLO_LIMIT_S:.0f} s",
                why="Python was started without its site module, or did not get that far"
                if self._launched
                else "its interpreter is kept busy, or another thread imports for that long",
                hint=f"try without pydelve: {' '.join(self._argv)}" if self._launched else f"pydelve stack {self._pid}",
            )
        if self._refusal:
            self._give_up()
            raise TargetError(
                f"process {self._pid} refuses pydelve's agent", why=self._refusal,
                hint=f"pydelve stack {self._pid}",
            )  # fmt: skip
        if self._hello is None or self.ended:
            return  # it ended, or sent nonsense: on_exited has told so
        if self._hello.protocol != protocol.VERSION:
            self._give_up()
            raise TargetError(
                f"the agent speaks version {self._hello.protocol} of the protocol, not {protocol.VERSION}",
                why="two versions of pydelve are mixed",
                hint="pip install --force-reinstall pydelve",
            )
        self._agent.begin(free_threaded=self.free_threaded)

    def _give_up(self) -> None:
        """It can't be debugged: what was launched ends, what was attached to runs on."""
        if self._launched:
            self.kill()
        else:
            self._leave()

    # -- who it is -----------------------------------------------------------------------------------------------------

    @property
    def info(self) -> TargetInfo:
        """See ``target.Process``."""
        return TargetInfo(
            pid=self._pid,
            python=".".join(map(str, self._hello.python)) if self._hello else "",
            executable=self._hello.executable if self._hello else self._argv[0],
            argv=self._argv[1:],
            cwd=self._cwd,
            launched=self._launched,
        )

    @property
    def main_ident(self) -> int:
        """See ``target.Process``; 0 before the hello."""
        return self._hello.main if self._hello else 0

    @property
    def main_file(self) -> str:
        """See ``target.Process``."""
        return self._hello.main_file if self._hello else ""

    @property
    def forked(self) -> bool:
        """See ``target.Process``."""
        return self._hello.forked if self._hello else False

    @property
    def exact(self) -> bool:
        """See ``target.Process``."""
        return self._hello.exact if self._hello else True

    @property
    def free_threaded(self) -> bool:
        """See ``target.Process``."""
        return self._hello is not None and self._hello.free_threaded

    @property
    def ended(self) -> bool:
        """See ``target.Process``."""
        return self._agent.closed

    # -- running -------------------------------------------------------------------------------------------------------

    def resume(self, plan: Plan) -> None:
        """See ``target.Process``."""
        wire = {
            "how": plan.how,
            "ident": plan.ident,
            "frame": plan.frame,
            "into_libraries": plan.into_libraries,
            "units": None if plan.units is None else list(plan.units),
            "line": plan.line,
            "goal": plan.goal,
            "text": plan.text,
            "skip": list(plan.skip),
            "alone": plan.alone,
            "freezes": plan.alone or bool(self._kept),
        }
        self._agent.tell(protocol.RUN, wire)
        self._agent.stopped = False
        self._runs += 1

    def stop_one(self, one: bool) -> None:
        """See ``target.Process``."""
        if not self.free_threaded:
            self._agent.set_loose(one)
        elif one:
            raise UnsupportedError(
                "this program's stops are of all threads",
                why="it runs on a free-threaded build, where values can't be read safely while others change them",
                hint="config stop all",
            )

    def freeze(self, ident: int, frozen: bool) -> None:
        """See ``target.Process``."""
        try:
            self._agent.ask(protocol.FREEZE, {"ident": ident, "frozen": frozen})
        except AgentError as error:
            raise UnsupportedError("this thread can't be frozen", why=error.message.partition(": ")[2]) from error
        (self._kept.add if frozen else self._kept.discard)(ident)

    def halt(self, reason: Literal["halt", "attach"] = "halt") -> None:
        """See ``target.Process``."""
        if not self._agent.stopped and not self.ended:
            self._agent.tell(protocol.HALT, {"run": self._runs, "reason": reason})

    @property
    def comes_again(self) -> bool:
        """See ``target.Process``."""
        return self._replaced

    def follow(self, door: str) -> None:
        """See ``target.Process``."""
        self._agent.ask(protocol.FOLLOW, {"address": door, "folder": ENTRY})

    def go(self) -> None:
        """See ``target.Process``."""
        self._agent.post(protocol.GO, {})

    def tell_all(self, told: Callable[[], None]) -> None:
        """See ``target.Process``."""
        self._awaited.append(told)
        self._agent.post(protocol.TELL_ALL, {})

    def signal(self, number: int) -> None:
        """See ``target.Process``."""
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):  # it ends at this moment: the exit tells
                signal.pidfd_send_signal(self._pidfd, number)

    def detach(self) -> None:
        """See ``target.Process``."""
        if not self.ended:
            self._leaving = True
            self._tracer.release()  # a core file may just be written
            was_stopped = self._agent.stopped
            # where it can't take it, or stops at this very moment, the end of the sockets tells it the same
            with contextlib.suppress(TargetGoneError, TargetBusyError):
                number = self._agent.send(protocol.DETACH, {})
                self._agent.wait_or(number, _DETACH_LIMIT_S, lambda: self._agent.stopped != was_stopped)
                self._agent.wait_gone(_DETACH_LIMIT_S)
        self._leave()
        self._handle.leave()

    def kill(self) -> None:
        """See ``target.Process``."""
        if self._pidfd < 0:
            return  # it has ended, or was left
        notice = end(self._handle, self._tracer)
        self._leave()
        if notice:
            self._handle.leave()
            self._listener.on_notice(*notice)

    def _attend(self) -> None:
        """As long as there are threads that were to stop for us, and did not yet."""
        self._attending = self._tracer.attend()
        if self._attending:
            self._waiter.after(_ATTEND_EVERY_S, self._attend)

    def _leave(self) -> None:
        self._ask_no_more()
        if self._pidfd >= 0:
            self._waiter.unwatch(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    @property
    def optimize(self) -> tuple[int, bool]:
        """See ``target.Process``."""
        return (self._hello.optimize, self._hello.columns) if self._hello else (0, True)

    def arm(
        self, breakpoint_id: int, armings: tuple[Arming, ...], scopes: tuple[WovenScope, ...] = ()
    ) -> tuple[Armed, ...]:
        """See ``target.Process``."""
        wire = {
            "number": breakpoint_id,
            "placements": [convert.from_arming(breakpoint_id, arming) for arming in armings],
            "scopes": [convert.from_scope(scope) for scope in scopes],
        }
        answer = self._agent.ask(protocol.ARM, wire)
        with convert.reading("arm"):
            if len(answer) != len(armings):
                raise ValueError(f"{len(answer)} states for {len(armings)} placements")
            return tuple(convert.to_armed(state) for state in answer)

    def has_read(self, number: int, what: Literal["logged", "calls"]) -> None:
        """See ``target.Process``."""
        event = protocol.RECORDS if what == "logged" else protocol.CALLS
        with contextlib.suppress(TargetGoneError):  # it ends at this moment
            self._agent.post(protocol.HAS_READ, {"number": number, "event": event})

    def trace(self, options: TraceOptions, patterns: tuple[Any, Any], *, weaves: bool, since_s: float) -> float:
        """See ``target.Process``."""
        self._assembly = call_assembly.Assembly()
        wire = convert_tracing.from_options(options, patterns, weaves=weaves, since_s=since_s)
        began = self._agent.ask(protocol.TRACE, wire)
        self._batches[protocol.CALLS] = 0
        with convert.reading(protocol.TRACE):
            return float(began)

    def end_trace(self) -> TraceSummary:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.END_TRACE, {})
        with convert.reading("end of the trace"):
            return convert_tracing.to_summary(answer, self._assembly)

    # -- evaluating ----------------------------------------------------------------------------------------------------

    def evaluate(
        self, text: str, ident: int, frame: int, *, statements: bool, timeout_s: float, limits: Limits
    ) -> Evaluation:
        """See ``target.Process``."""
        wire = {
            "text": text,
            "thread": ident,
            "frame": frame,
            "statements": statements,
            "limits": convert.from_limits(limits),
        }
        return self._evaluated(protocol.EVALUATE, wire, timeout_s)

    def examine(self, text: str, ident: int, frame: int, *, timeout_s: float, limits: Limits) -> Examination:
        """See ``target.Process``."""
        wire = {"text": text, "thread": ident, "frame": frame, "limits": convert.from_limits(limits)}
        answer = self._user_code.run(protocol.EXAMINE, wire, timeout_s)
        with convert.reading(protocol.EXAMINE):
            return convert.to_examination(answer, self._agent.others)

    def assign(
        self, target: str, expression: str, ident: int, frame: int, *, timeout_s: float, limits: Limits
    ) -> Value:
        """See ``target.Process``."""
        wire = {
            "target": target,
            "expression": expression,
            "thread": ident,
            "frame": frame,
            "limits": convert.from_limits(limits),
        }
        done = self._evaluated(protocol.ASSIGN, wire, timeout_s)
        if done.value is None:
            raise ProtocolError("the agent's answer to 'assign' is malformed", why="it has no value")
        return done.value

    def jump(self, line: int) -> Jumped:
        """See ``target.Process``."""
        try:
            answer = self._user_code.run(protocol.JUMP, {"line": line}, _JUMP_LIMIT_S)
        except EvaluationError as error:
            raise UnsupportedError(f"can't jump to line {line}", why=error.message.partition(": ")[2]) from error
        except AgentError as error:
            raise UnsupportedError(
                f"can't jump to line {line}", why=error.message.partition(": ")[2], hint="next"
            ) from error
        with convert.reading(protocol.JUMP):
            return Jumped(int(answer["line"]), tuple(map(str, answer["none"])))

    def reload(self, path: str, source: bytes) -> ReloadReport:
        """See ``target.Process``."""
        try:
            answer = self._user_code.run(protocol.RELOAD, {"path": path, "source": source}, _RELOAD_LIMIT_S)
        except EvaluationInterrupted:
            raise
        except EvaluationError as error:
            raise UnsupportedError(f"can't reload {path}", why=error.message.partition(": ")[2]) from error
        with convert.reading(protocol.RELOAD):
            return ReloadReport(
                tuple(map(str, answer["changed"])),
                int(answer["moved"]),
                tuple((str(name), str(why)) for name, why in answer["kept"]),
                tuple(map(str, answer["new"])),
                tuple(map(str, answer["gone"])),
            )

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> tuple[int, int] | None:
        """See ``target.Process``: all its threads stand, also those in C code."""
        try:
            return writing.write_core(self._pid, path, going_on, self._tracer.stopped())
        finally:
            if not self._attending:
                self._attend()

    def interrupt(self) -> None:
        """See ``target.Process``. Goes by *link*, as *hold*'s reader is the one to interrupt."""
        self._user_code.interrupt()

    def _evaluated(self, operation: str, wire: dict[str, Any], timeout_s: float) -> Evaluation:
        answer = self._user_code.run(operation, wire, timeout_s)
        with convert.reading(operation):
            value = answer["value"]
            shown = None if value is None else convert.to_value(value)
            return Evaluation(shown, float(answer["took"]), self._agent.others)

    # -- events --------------------------------------------------------------------------------------------------------

    def _on_event(self, name: str, data: dict[str, Any]) -> None:
        if name == protocol.HELLO:
            if self._hello is not None:
                raise ProtocolError("a message of the agent is malformed", why="a second hello")
            self._hello = Hello.read(data)
        elif name == protocol.REFUSED:
            self._refusal = str(data["message"])
        elif name == protocol.STOPPED:
            report, run = convert.to_stop(data), int(data["run"])
            if not report.thread_name and report.ident != self.main_ident:  # a thread that C code has started
                report = replace(report, thread_name=kernel.thread_name(self._pid, report.native_id))
            self._agent.others = bool(data["others"])
            with contextlib.suppress(TargetGoneError):  # it dies at this moment: the exit tells
                self._agent.stops(int(data["interval_us"]), loose=bool(data.get("loose")))
                self._agent.stopped = True
                self._agent.ask_again()
                self._runs = run - 1
                self._listener.on_stopped(report)
        elif name == protocol.RECORDS:
            self._in_order(name, data)
            self._listener.on_logged(convert.to_logged(data))
        elif name == protocol.CALLS:
            self._in_order(name, data)
            with convert.reading("batch of calls"):
                calls = convert_tracing.to_calls(data, self._assembly)
            if calls.records or calls.sums:
                self._ending = _UNTOLD
            self._listener.on_calls(calls)
        elif name == protocol.LANDED:
            self._listener.on_landed(convert.to_landing(data))
        elif name == protocol.ENDING:
            self._ending = {"clean": bool(data["clean"]), "told": not data["clean"]}
            while self._awaited:
                self._awaited.pop()()
        elif name == protocol.KILLING:
            self._listener.on_killing(int(data["pid"]))
        elif name == protocol.REPLACING:
            self._replaced = bool(data["followed"])
        elif name == protocol.LEFT_ALONE:
            with convert.reading("left alone"):
                left = tuple(map(str, data["words"])), str(data["why"]), bool(data["isolated"])
            self._listener.on_left_alone(*left)
        elif name == protocol.AT_WORK:
            self._agent.works()
        elif name == protocol.NOTICE:
            with convert.reading("notice"):
                words = str(data["message"]), str(data["why"]), str(data["hint"])
            self._listener.on_notice(*words)
        elif name == protocol.FAULT:
            message, traceback = convert.to_fault(data)
            self._listener.on_fault(message, traceback)

    def _in_order(self, name: str, data: dict[str, Any]) -> None:
        """A batch of records that comes by *hold*, at a stop: *link* has those before."""
        number = int(data["number"])
        if number > self._batches[name] + 1:
            self._agent.catch_up()
        self._batches[name] = number

    def _on_exit(self) -> None:
        self._agent.drain()
        if self.ended:
            return
        self._handle.wait(None)
        code = self._handle.status()
        self._leave()
        self._listener.on_exited(to_status(code, **self._ending))

    def _on_link_lost(self, error: ProtocolError | None) -> None:
        """The agent let go of its socket while the process lives: it exec'd something else, or closed every
        descriptor. Or it sends nonsense (``error``): then we let go, which frees it.
        """
        if self._leaving:
            return  # it let go because we do
        if not self._replaced and self._handle.wait(
            0.2
        ):  # most often it is just about to end, and the exit is what counts
            self._on_exit()
            return
        started_as = b"".join(os.fsencode(word) + b"\0" for word in self._argv)
        replaced = self._replaced or (error is None and kernel.command_line(self._pid) != started_as)
        self._leave()
        self._handle.leave()
        self._listener.on_exited(ExitStatus("replaced" if replaced else "lost", 0, False), error)
