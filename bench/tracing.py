"""Traced calls: how many records a second of the program's processor time, with arguments and results, out of it.

A record is the begin or the end of a call. Processor time of the program's process, from which that of a short run is
taken away: start-up does not count, sending and writing do. viztracer and hunter write a file, debugpy logs a message
for each call, to a client. What can't be installed is left out, and said.
"""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bench import libraries
from bench.dap import Debugpy
from bench.driving import debugged, environment
from bench.measure import Result, alternate, at_least, at_most, noise_of
from pydelve.api.events import Exited, Traced
from pydelve.api.requests import Resume, StartTracing
from pydelve.api.tracing import TraceOptions

if TYPE_CHECKING:
    from bench.cases import Setting

_PROGRAM = """\
import sys
def step(number, text):
    return number  # here
def other(number):
    return number
def work(count):
    for number in range(count):
        step(number, "some text")
def others(count):
    step(1, "some text")
    for number in range(count):
        other(number)
if len(sys.argv) > 3:
    import hunter
    hunter.trace(function="step", action=hunter.CallPrinter(stream=open(sys.argv[3], "w")))
(others if sys.argv[2] == "others" else work)(int(sys.argv[1]))
"""
_LINE = 3
_SHORT, _LONG, _SLOW, _SLOWEST = 1_000, 150_000, 20_000, 2_000
_CALLS = 10_000_000
_TIMES, _TIMES_LATER, _LATER_MINOR, _TIMES_HUNTER = 3.0, 2.5, 13, 15.0
_NOTHING = 1.01
_WHY = "a record with its values is made by code in the function itself and sent in batches; what is left is making it"
_SUMS = 0.5
_WHY_SUMS = "two readings of the clock and the thread's stack are left; records are cheap, above all up to 3.11"


def tracing(setting: Setting) -> Result:
    """Records of a function that does nothing."""
    program = setting.write("calls.py", _PROGRAM)
    contenders: dict[str, Callable[[], float]] = {
        "pydelve": lambda: _rate(_LONG, lambda count: _ours(setting, program, count, "work", "step"))
    }
    missing = []
    for name, run, count in (("viztracer", _viztracer, _LONG), ("hunter", _hunter, _SLOW)):
        found = libraries.environment(setting.python, setting.version, name)
        if found is None:
            missing.append(name)
        else:
            contenders[name] = _contender(setting, program, run, found, count)
    if setting.debugpy:
        contenders["debugpy, logpoint"] = lambda: _debugpy(setting, program)
    series = alternate(contenders, setting.rounds, warm=False)
    checks = []
    later = int(setting.version.split(".")[1]) >= _LATER_MINOR
    for each in series[1:]:
        wanted = (_TIMES_LATER if later else _TIMES) if each.name == "viztracer" else _TIMES_HUNTER
        times = series[0].median / each.median
        limit = f"{_TIMES:g} times, from 3.13 on {_TIMES_LATER:g}" if each.name == "viztracer" else f"{wanted:g} times"
        checks.append(at_least(f"trace: records a second, beside {each.name}", limit, times, wanted, why=_WHY))
    notes = (f"{', '.join(missing)} can't be installed",) if missing else ()
    return Result("records of traced calls", setting.version, "records/s", series, tuple(checks), notes)


def sums(setting: Setting) -> Result:
    """The same function by its records, in sum, as by ``--stats``, and where it is quicker than ``--slower-than``."""
    program = setting.write("calls.py", _PROGRAM)

    def each(options: TraceOptions) -> Callable[[], float]:
        """Microseconds of a call."""

        def run(count: int) -> None:
            with debugged(setting.python, program, str(count), "work") as target:
                target.client.call(StartTracing(options))
                target.client.call(Resume("continue"))
                while not isinstance(target.client.next_event(60), Exited):
                    pass

        return lambda: 2_000_000 / _rate(_LONG, run)

    def plain() -> float:
        return 2_000_000 / _rate(
            _LONG * 10, lambda count: _run([setting.python, str(program), str(count), "work"], program.parent)
        )

    pattern = r"\.step$"
    series = alternate(
        {
            "records": each(TraceOptions(pattern, lossless=True)),
            "in sum": each(TraceOptions(pattern, sums=True, verbosity=0)),
            "quicker than the limit": each(TraceOptions(pattern, slower_than_s=10.0, lossless=True)),
            "not traced": plain,
        },
        setting.rounds, warm=False,
    )  # fmt: skip
    records, found, quick, own = (each.spread[0] for each in series)
    limit = f"{_SUMS:g} of records, both without the call itself"
    checks = (
        at_most("trace: a call in sum", limit, (found - own) / (records - own), _SUMS, why=_WHY_SUMS),
        at_most("trace: a call that is not slow", "that of its records", (quick - own) / (records - own), 1.0),
    )
    return Result("processor time of a traced call", setting.version, "us", series, checks)


def untraced(setting: Setting) -> Result:
    """Calls of a function that does not match, while another one is traced."""
    program = setting.write("calls.py", _PROGRAM)

    def plain() -> float:
        return _cost(lambda: _run([setting.python, str(program), str(_CALLS), "others"], program.parent))

    def ours(pattern: str) -> float:
        return _cost(lambda: _ours(setting, program, _CALLS, "others", pattern))

    series = alternate(
        {"one function traced": lambda: ours("step"), "nothing matches": lambda: ours("none"), "plain": plain},
        setting.rounds, warm=False,
    )  # fmt: skip
    # the smallest figures: what else the machine does only adds
    ratio = series[0].spread[0] / series[1].spread[0]
    check = at_most(
        "trace: calls that are not traced", f"{_NOTHING} of a trace that nothing matches", ratio, _NOTHING, form=".3f",
        noise=noise_of(series[1].values),
    )  # fmt: skip
    title = "processor time of 10,000,000 calls that are not traced"
    return Result(title, setting.version, "ms", series, (check,))


def _contender(
    setting: Setting,
    program: Path,
    run: Callable[[Setting, Path, dict[str, str], int], None],
    found: dict[str, str],
    count: int,
) -> Callable[[], float]:
    return lambda: _rate(count, lambda number: run(setting, program, found, number))


def _rate(count: int, run: Callable[[int], None]) -> float:
    short = _cost(lambda: run(_SHORT))
    long = _cost(lambda: run(count + _SHORT))
    return 2 * count * 1000 / (long - short)


def _cost(run: Callable[[], None]) -> float:
    """Milliseconds of processor time of the children that ended meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _run(argv: Iterable[str], folder: Path, more: dict[str, str] | None = None) -> None:
    subprocess.run(
        list(argv), cwd=folder, env=environment(folder) | (more or {}), check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _ours(setting: Setting, program: Path, count: int, work: str, pattern: str) -> None:
    seen = lost = 0
    with debugged(setting.python, program, str(count), work) as target:
        target.client.call(StartTracing(TraceOptions(rf"\.{pattern}$", lossless=True)))
        target.client.call(Resume("continue"))
        while not isinstance(event := target.client.next_event(60), Exited):
            assert event is not None
            if isinstance(event, Traced):
                seen, lost = seen + len(event.records), lost + event.lost
    expected = 0 if pattern == "none" else 2 if work == "others" else 2 * count
    if (seen, lost) != (expected, 0):
        raise RuntimeError(f"{seen} records came of {expected}, {lost} are lost")


def _viztracer(setting: Setting, program: Path, found: dict[str, str], count: int) -> None:
    options = ["--quiet", "--log_func_args", "--log_func_retval", "--tracer_entries", str(3 * count)]
    output = str(program.with_name("viztracer.json"))
    words = [setting.python, "-m", "viztracer", *options, "-o", output, str(program), str(count), "work"]
    _run(words, program.parent, found)


def _hunter(setting: Setting, program: Path, found: dict[str, str], count: int) -> None:
    output = str(program.with_name("hunter.txt"))
    _run([setting.python, str(program), str(count), "work", output], program.parent, found)


def _debugpy(setting: Setting, program: Path) -> float:
    """By the clock: its process does not tell its processor time. A message has what two records have."""
    point = {"line": _LINE, "logMessage": "step({number}, {text}) -> {number}"}
    with Debugpy(setting.debugpy, program, str(_SLOWEST), "work", point=point) as session:
        begin = time.monotonic()
        for _ in range(_SLOWEST):
            session.wait_output("step(")
        return 2 * _SLOWEST / (time.monotonic() - begin)
