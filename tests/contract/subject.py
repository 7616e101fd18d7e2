"""A program under control through ``pydelve.target.Process`` alone: the test's own thread is the engine's.

``IMPLEMENTATIONS`` holds one factory for each implementation; the suite runs on every one of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pydelve.api.breakpoints import HitCondition, Location
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import ExitStatus
from pydelve.debugger.loop import Loop
from pydelve.debugger.sources import Sources
from pydelve.errors import PydelveError
from pydelve.target.arming import Arming, Landing
from pydelve.target.interface import CallsReport, Listener, LogReport, Plan, Process, StopReport, Waiter
from pydelve.target.live.launch import command, launch
from pydelve.target.live.process import LiveProcess
from tests.sources import read_markers

LIMIT_S = 20.0
Factory = Callable[[LaunchOptions, Waiter, Listener], Process]


def _launched(options: LaunchOptions, waiter: Waiter, listener: Listener) -> Process:
    process = LiveProcess(launch(options, command(options)), options.cwd, waiter, listener)
    process.meet()
    return process


IMPLEMENTATIONS: dict[str, Factory] = {"launched": _launched}
"""Each gives a process that is about to stop at its first line."""


class Subject:
    """The program, its pipes, and everything its process told, in order."""

    def __init__(self, factory: Factory, python: str, program: Path) -> None:
        self.file = str(program)
        self.lines = read_markers(program)
        self.heard: list[StopReport | Landing | LogReport | ExitStatus] = []
        self.errors: list[PydelveError] = []
        self.loop = Loop(self._failed)
        self.failures: list[Exception] = []
        self._output = bytearray()
        stdin, self._stdin = os.pipe2(os.O_CLOEXEC)
        self.stdout, stdout = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        options = LaunchOptions(
            "script", self.file, python=python, cwd=str(program.parent), stdin_fd=stdin, stdout_fd=stdout
        )
        os.set_blocking(stdout, True)
        self.process = factory(options, self.loop, self)
        os.close(stdin)
        os.close(stdout)
        self.loop.watch(self.stdout, self._read_output)

    def close(self) -> None:
        """Kill the program and close everything of ours."""
        if not self.process.ended:
            self.process.kill()
        self.loop.close()
        os.close(self.stdout)
        os.close(self._stdin)
        assert self.failures == []

    # -- target.Listener -----------------------------------------------------------------------------------------------

    def on_stopped(self, report: StopReport) -> None:
        self.heard.append(report)

    def on_logged(self, report: LogReport) -> None:
        """See ``target.Listener``."""
        self.heard.append(report)

    def on_calls(self, report: CallsReport) -> None:
        """See ``target.Listener``: nobody traces."""

    def on_landed(self, landing: Landing) -> None:
        self.heard.append(landing)

    def on_exited(self, status: ExitStatus, error: PydelveError | None = None) -> None:
        self.heard.append(status)
        if error is not None:
            self.errors.append(error)

    def on_left_alone(self, words: tuple[str, ...], why: str, isolated: bool) -> None:
        """Not looked at here."""

    def on_killing(self, pid: int) -> None:
        """See ``target.Listener``: nobody traces."""

    def on_notice(self, message: str, why: str, hint: str) -> None:
        raise AssertionError(f"a notice: {message}, {why}, {hint}")

    def on_fault(self, message: str, traceback: tuple[str, ...]) -> None:
        self.failures.append(RuntimeError("\n".join((message, *traceback))))

    def _failed(self, error: Exception) -> None:
        self.failures.append(error)

    # -- moving --------------------------------------------------------------------------------------------------------

    def next_heard(self) -> StopReport | Landing | LogReport | ExitStatus:
        """Wait for what the process tells next."""
        assert self.loop.wait_until(lambda: bool(self.heard), LIMIT_S), "nothing was heard"
        return self.heard.pop(0)

    def stop(self) -> StopReport:
        """Wait for a stop, which must be what comes next."""
        heard = self.next_heard()
        assert isinstance(heard, StopReport), heard
        return heard

    def run(self, plan: Plan | None = None) -> StopReport:
        """Resume and wait for the next stop."""
        self.process.resume(plan or Plan())
        return self.stop()

    def run_to(self, marker: str) -> StopReport:
        """Run to a line, by a breakpoint of its own."""
        self.process.arm(99, (self.arming(marker),))
        report = self.run()
        self.process.arm(99, ())
        return report

    def line(self, report: StopReport) -> tuple[str, str]:
        """Where a stop is, for comparisons: its reason and the marker of its line."""
        names = {line: name for name, line in self.lines.items()}
        return report.reason, names.get(report.frames[0].line, str(report.frames[0].line))

    def arming(
        self, marker: str, condition: str = "", hits: HitCondition | None = None, file: str = "", line: int = 0
    ) -> Arming:
        """A placement on a marker's line of the program, or on a line of another file."""
        path, line = file or self.file, line or self.lines[marker]
        units = Sources().load(path).units
        unit = next(unit for unit in units if unit.line == line)
        spans = tuple((u.line, u.end_line, u.kind) for u in units if u.scope == unit.scope)
        return Arming(Location(path, unit, unit.scope), spans, condition, hits)

    # -- its pipes -----------------------------------------------------------------------------------------------------

    def tell(self, words: bytes) -> None:
        """Write to its standard input."""
        os.write(self._stdin, words)

    def wait_output(self, ending: bytes) -> bytes:
        """Wait until what it wrote ends so; gives all of it."""
        assert self.loop.wait_until(lambda: self._output.endswith(ending), LIMIT_S), bytes(self._output)
        return bytes(self._output)

    def _read_output(self) -> None:
        data = os.read(self.stdout, 65536)
        self._output += data
        if not data:
            self.loop.unwatch(self.stdout)
