"""Native speed: the processor time of a piece of work under a breakpoint that does not stop it.

Processor time of the program's process, so that a busy machine disturbs less; each debugger in its own run, in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.dap import Debugpy
from bench.driving import Pdb, Target, debugged, run_ms
from bench.measure import Result, alternate
from pydelve.api.breakpoints import HitCondition
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint

if TYPE_CHECKING:
    from bench.cases import Setting

_LOCALS = "; ".join(f"v{number} = {number}" for number in range(30))
_PROGRAM = f"""\
import sys, time

def never():
    return 1  # never

def add(x):
    return x + 1

def cpu():
    total = 0
    for i in range(1_000_000):
        total = (total * 31 + i) % 1_000_003
    return total

def calls():
    total = 0
    for i in range(300_000):
        total = add(total)
    return total

def cold():
    total = 0
    for i in range(1_000_000):
        if total < 0:
            total = 1  # cold
        total = (total * 31 + i) % 1_000_003
    return total

def hits():
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # hits
    return total

def wide():
    {_LOCALS}
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # wide
    return total

def turn(i, total):
    return (total * 31 + i) % 1_000_003  # fresh

def fresh():
    total = 0
    for i in range(300_000):
        total = turn(i, total)
    return total

def counted():
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # counted
    return total

work = globals()[sys.argv[1]]
begin = time.process_time()
work()
took = time.process_time() - begin
open(sys.argv[2], "w").write(repr(took))
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One function of the program, and the breakpoint that is to cost nothing."""

    title: str
    watched: str
    marker: str
    condition: str = ""
    hit: HitCondition | None = None

    @property
    def line(self) -> int:
        """The marker's."""
        lines = _PROGRAM.splitlines()
        return next(number for number, line in enumerate(lines, 1) if line.endswith("# " + self.marker))


WORKS = {
    "cpu": Work("a million turns of a loop", "breakpoint never hit", "never"),
    "calls": Work("300,000 calls", "breakpoint never hit", "never"),
    "cold": Work("a million turns around a cold line", "breakpoint on the cold line", "cold"),
    "hits": Work("300,000 false conditions", "false condition", "hits", "i < 0"),
    "wide": Work("300,000 false conditions beside 30 locals", "false condition", "wide", "i < 0"),
    "fresh": Work("300,000 false conditions, each in a new frame", "false condition", "fresh", "i < 0"),
    "counted": Work("300,000 hits counted", "hit count", "counted", "", HitCondition("==", 10**9)),
}


def running(setting: Setting, name: str) -> Result:
    """Milliseconds of a piece of work: plain, and under each debugger with what it has to watch for."""
    work = WORKS[name]
    program, stamp = setting.write("work.py", _PROGRAM), setting.folder / "took"

    def took() -> float:
        return float(stamp.read_text()) * 1000

    def plain() -> float:
        run_ms([setting.python, str(program), name, str(stamp)], setting.folder)
        return took()

    def ours(watch: bool, clear: bool = False) -> float:
        with debugged(setting.python, program, name, str(stamp)) as target:
            if watch:
                _watch(target, work, clear)
            target.finish()
        return took()

    def pdb() -> float:
        session = Pdb(setting.python, program, name, str(stamp))
        session.do(f"break {work.line}" + (f", {work.condition}" if work.condition else ""))
        session.do("continue")
        session.close()
        return took()

    def debugpy() -> float:
        line, condition = work.line, work.condition
        with Debugpy(setting.debugpy, program, name, str(stamp), line=line, condition=condition) as session:
            session.finish()
        return took()

    contenders: dict[str, Callable[[], float]] = {
        "plain": plain,
        f"pydelve, {work.watched}": lambda: ours(True),
        "pydelve, breakpoint removed": lambda: ours(True, clear=True),
    }
    if setting.debugpy and work.hit is None:  # not everywhere: both take seconds
        contenders[f"pdb, {work.watched}"] = pdb
        contenders[f"debugpy, {work.watched}"] = debugpy
    return Result(work.title, setting.version, "ms", alternate(contenders, setting.rounds, warm=False))


def _watch(target: Target, work: Work, clear: bool) -> None:
    place = f"work.py:{work.line}"
    made = target.client.call(CreateBreakpoint(place, condition=work.condition, hit_condition=work.hit))
    if clear:
        target.client.call(ClearBreakpoint(made.id))
