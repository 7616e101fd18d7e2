"""What an agent is asked and answers at once: no state of ours but its link. Engine's thread.

A base of ``process.LiveProcess``: each method is one request of ``target.Process``, with the answer made the types of
``api`` and ``target``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydelve.agent import protocol
from pydelve.api.target import CapturedOutput, Frame, LockWait, RaisedException, StackPart
from pydelve.api.values import Limits, Value, Variable
from pydelve.deferred import Deferred
from pydelve.records import replace
from pydelve.target.arming import Armed, ExceptionArming
from pydelve.target.interface import CodeReport, ModuleReport, ModulesReport, Steps, ThreadReport
from pydelve.target.live import convert, convert_tasks, kernel
from pydelve.target.live.agent_link import AgentLink
from pydelve.target.task_report import TasksReport

if TYPE_CHECKING:
    from pydelve.target.cpython import memory as cpython_memory
    from pydelve.target.live import lock_waits
    from pydelve.target.live import memory as live_memory
else:  # where memory is shown, and where threads wait
    cpython_memory = Deferred("pydelve.target.cpython.memory")
    lock_waits = Deferred("pydelve.target.live.lock_waits")
    live_memory = Deferred("pydelve.target.live.memory")


class Asking:
    """Requests to one agent."""

    def __init__(self, agent: AgentLink, pid: int) -> None:
        self._agent, self._pid = agent, pid
        self._locks: lock_waits.LockWaits | None = None

    def _ask_no_more(self) -> None:
        """Close what was opened for it."""
        self._agent.close()
        if self._locks is not None:
            self._locks.close()

    def arm_exception(self, breakpoint_id: int, arming: ExceptionArming | None) -> None:
        """See ``target.Process``."""
        recipe = None if arming is None else convert.from_exception_arming(arming)
        self._agent.ask(protocol.ARM_EXCEPTION, {"number": breakpoint_id, "recipe": recipe})

    def placements(self) -> dict[tuple[int, str, int], Armed]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.PLACEMENTS, {})
        with convert.reading("placements"):
            return {(int(row[0]), str(row[1]), int(row[2])): convert.to_armed(row[3:]) for row in answer}

    def counts(self) -> dict[int, int]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.COUNTS, {})
        with convert.reading("counts"):
            return {int(number): int(hits) for number, hits in answer.items()}

    def modules(self) -> ModulesReport:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.MODULES, {})
        with convert.reading("modules"):
            modules = tuple(ModuleReport(str(name), str(file), bool(own)) for name, file, own in answer["modules"])
            return ModulesReport(modules, tuple(map(str, answer["path"])), str(answer["cwd"]))

    # -- looking -------------------------------------------------------------------------------------------------------

    def threads(self) -> tuple[ThreadReport, ...]:
        """See ``target.Process``."""
        states = kernel.thread_states(self._pid)
        answer = self._agent.ask(protocol.THREADS, {})
        with convert.reading("threads"):
            found = tuple(self._thread(entry, states) for entry in answer)
        if not any(thread.waits_in == "futex" for thread in found):
            return found
        waits = self._lock_waits()
        return tuple(replace(thread, lock=waits.get(thread.ident)) for thread in found)

    def _lock_waits(self) -> dict[int, LockWait]:
        if self._locks is None:
            self._locks = lock_waits.LockWaits(self._pid)
        return self._locks.now()

    def _thread(self, entry: dict[str, Any], states: dict[int, str]) -> ThreadReport:
        interpreter, runs = entry["elsewhere"] or (0, False)
        native_id = self._pid if entry["main"] else int(entry["native_id"])
        return ThreadReport(
            ident=int(entry["ident"]),
            native_id=native_id,
            name=str(entry["name"]) or kernel.thread_name(self._pid, native_id),
            main=bool(entry["main"]),
            frame=convert.to_frame(0, entry["frame"]) if entry["frame"] else None,
            kernel_state=states.get(native_id, ""),
            waits_in=kernel.system_call(self._pid, native_id) if native_id else "",
            kept=bool(entry["kept"]),
            stance=convert.to_stance(entry["stance"]),
            interpreter=int(interpreter),
            runs=bool(runs),
        )

    def stack(self, ident: int, start: int, count: int) -> tuple[tuple[Frame, ...], int]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.STACK, {"thread": ident, "start": start, "count": count})
        with convert.reading("stack"):
            frames = tuple(convert.to_frame(start + index, wire) for index, wire in enumerate(answer["frames"]))
            return frames, int(answer["total"])

    def stack_parts(self, ident: int) -> tuple[StackPart, ...]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.STACK, {"thread": ident, "start": 0, "count": 0})
        with convert.reading("stack"):
            return tuple(StackPart(int(at), int(task), str(name), str(how)) for at, task, name, how in answer["parts"])

    def tasks(self) -> TasksReport:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.TASKS, {})
        with convert.reading("tasks"):
            return TasksReport(convert_tasks.to_tasks(answer))

    def code(self, ident: int, frame: int) -> CodeReport:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.CODE, {"thread": ident, "frame": frame})
        with convert.reading("code"):
            return convert.to_code(answer)

    def variables(
        self, scope: Literal["arguments", "locals", "globals"], ident: int, frame: int, limits: Limits
    ) -> tuple[Variable, ...]:
        """See ``target.Process``."""
        wire = {"scope": scope, "thread": ident, "frame": frame, "limits": convert.from_limits(limits)}
        answer = self._agent.ask(protocol.VARIABLES, wire)
        with convert.reading("variables"):
            return tuple(convert.to_variable(entry) for entry in answer)

    def complete(
        self, ident: int, frame: int, steps: Steps, what: str, typed: str
    ) -> tuple[tuple[str | int | float | bytes | bool | None, str], ...]:
        """See ``target.Process``."""
        wire = {"thread": ident, "frame": frame, "steps": list(steps), "what": what, "typed": typed}
        answer = self._agent.ask(protocol.COMPLETE, wire)
        with convert.reading("complete"):
            return tuple((convert.to_constant(text), str(about)) for text, about in answer)

    def signature(self, ident: int, frame: int, steps: Steps) -> tuple[str, tuple[str, ...]] | None:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.SIGNATURE, {"thread": ident, "frame": frame, "steps": list(steps)})
        with convert.reading("signature"):
            return None if answer is None else (str(answer[0]), tuple(map(str, answer[1])))

    def exception(self, ident: int, limits: Limits) -> tuple[RaisedException, ...]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.EXCEPTION, {"thread": ident, "limits": convert.from_limits(limits)})
        with convert.reading("exception"):
            return tuple(convert.to_raised(entry) for entry in answer)

    def captured(self) -> tuple[CapturedOutput, ...]:
        """See ``target.Process``."""
        answer = self._agent.ask(protocol.CAPTURED, {})
        with convert.reading("captured"):
            return tuple(CapturedOutput(str(title), str(text)) for title, text in answer)

    def expand(self, handle: int, start: int, count: int, limits: Limits) -> Value:
        """See ``target.Process``."""
        wire = {"handle": handle, "start": start, "count": count, "limits": convert.from_limits(limits)}
        return convert.to_value(self._agent.ask(protocol.EXPAND, wire))

    def read_memory(self, address: int, size: int, content: str = "", offset: int = 0) -> tuple[int, bytes]:
        """See ``target.Process``."""
        memory = live_memory.ProcessMemory(self._pid, "attach")
        try:
            return cpython_memory.read_content(memory.read_now, address, size, content, offset)
        finally:
            memory.close()
