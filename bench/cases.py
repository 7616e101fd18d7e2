"""The cases: what is measured, against what, and its limit. Each gives back a ``measure.Result``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import libraries
from bench.adapters import adapters
from bench.attaching import STACKS, attached_prompt, injection, stacks
from bench.dap import Debugpy
from bench.driving import Pdb, debugged, environment, prompt_ms, pydelve_command, run_ms, timed_ms
from bench.measure import Check, Result, Series, alternate, at_least, at_most
from bench.messages import logging
from bench.running import running
from bench.serving import serving
from bench.tracing import sums, tracing, untraced
from bench.waiting import memory, processor
from bench.works import WORKS
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Evaluate, GetVariables
from pydelve.client import Client
from pydelve.server.pipe import open_session

FIRST_PROMPT_LIMIT_MS = 250.0
START_LIMIT_MS = 60.0
PRINT_LIMIT_MS = 50.0
LOCALS_LIMIT_MS = 20.0
_STEPS_TIMES = 3
_PROMPT_WHY = (
    "nearly all of it is processor time for imports, those of prompt-toolkit and pygments the most; a machine that "
    "others load takes longer by what they take"
)

_EMPTY = "pass\n"  # pdb restarts a really empty script forever
_FIRST_LINE = "import time; now = time.monotonic()\nimport sys\nopen(sys.argv[1], 'w').write(repr(now))\n"
_BIG = """\
numbers = list(range(1_000_000))
table = {number: str(number) for number in range(100_000)}
text = "0123456789" * 1_000_000
class Node:
    def __init__(self):
        self.others = []
graph = [Node() for _ in range(1_000)]
for node in graph:
    node.others = graph
try:
    import numpy
    array = numpy.arange(10_000_000)
except ImportError:
    array = None
def look(value):
    return value  # look
for value in (1, numbers, table, text, array, graph):
    look(value)
"""
_LOOP = "total = 0\nfor i in range(1_000_000):\n    total += i\n    total ^= 1\n"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how often a case runs."""

    python: str
    version: str
    folder: Path
    """A scratch folder."""
    rounds: int
    quick: bool
    debugpy: str = ""
    """An interpreter with debugpy; "" where there is none."""

    def write(self, name: str, text: str) -> Path:
        """A program in the scratch folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


LIBRARIES = "prompt-toolkit and pygments imported"
_LIBRARIES = "import prompt_toolkit, pygments.lexers.python, pygments.formatters.terminal; print('imported')"


def first_prompt(setting: Setting) -> Result:
    """From the command to the first prompt on an empty script, at a terminal."""
    program = setting.write("empty.py", _EMPTY)
    pdb = [setting.python, "-m", "pdb", program.name]
    libraries = [sys.executable, "-c", _LIBRARIES]
    ours = pydelve_command("debug", "--python", setting.python, program.name)
    series = alternate(
        {
            "pdb": lambda: prompt_ms(pdb, setting.folder, b"(Pdb)"),
            LIBRARIES: lambda: prompt_ms(libraries, setting.folder, b"imported"),
            "pydelve": lambda: prompt_ms(ours, setting.folder, b"(pydelve)"),
        },
        setting.rounds,
    )
    limit = max(FIRST_PROMPT_LIMIT_MS, 2 * series[0].median)
    words = f"{FIRST_PROMPT_LIMIT_MS:.0f} ms, or twice pdb's where that is more"
    check = at_most("9: first prompt", words, series[2].median, limit, form=".0f", why=_PROMPT_WHY)
    return Result("first prompt, empty script", setting.version, "ms", series, (check,))


def program_start(setting: Setting) -> Result:
    """From starting the program's process to its first line, without a stop for the user there."""
    program, stamp = setting.write("first_line.py", _FIRST_LINE), setting.folder / "stamp"
    plain = [setting.python, str(program), str(stamp)]
    ours = pydelve_command("debug", "--continue", "--python", *plain)

    def command(argv: list[str]) -> float:
        begin = time.monotonic()
        subprocess.run(
            argv, env=environment(setting.folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
        )
        return (float(stamp.read_text()) - begin) * 1000

    series = alternate(
        {
            "plain": lambda: command(plain),
            "pydelve, from its launch": lambda: _launch_ms(setting.python, program, stamp),
            "pydelve, from the command": lambda: command(ours),
        },
        setting.rounds,
    )
    more = series[1].median - series[0].median
    words = f"{START_LIMIT_MS:.0f} ms more than plain"
    check = at_most("start: from launch to the program's first line", words, more, START_LIMIT_MS, form=".0f")
    return Result("start of the program, to its first line", setting.version, "ms", series, (check,))


def _launch_ms(python: str, program: Path, stamp: Path) -> float:
    begin = time.monotonic()
    options = LaunchOptions("script", str(program), (str(stamp),), python, stop_at_entry=False)
    client = Client(open_session(options))
    try:
        while type(client.next_event(60)).__name__ != "Exited":
            continue
    finally:
        client.close()
    return (float(stamp.read_text()) - begin) * 1000


def whole_run(setting: Setting) -> Result:
    """An empty script from start to end."""
    program = setting.write("empty.py", _EMPTY)
    ours = pydelve_command("debug", "--continue", "--python", setting.python, program.name)
    series = alternate(
        {
            "plain": lambda: run_ms([setting.python, program.name], setting.folder),
            "pdb": lambda: run_ms(
                [setting.python, "-m", "pdb", "-c", "continue", "-c", "quit", program.name], setting.folder
            ),
            "pydelve": lambda: run_ms(ours, setting.folder),
        },
        setting.rounds,
    )
    return Result("whole run of an empty script", setting.version, "ms", series)


def looking(setting: Setting) -> Result:
    """Round trips for big values, by print: a million integers, a dict of a hundred thousand."""
    program = setting.write("big.py", _BIG)
    with debugged(setting.python, program) as target:
        target.client.call(CreateBreakpoint("look"))
        target.go()
        call = target.client.call
        series = alternate(
            {
                "print of one int": lambda: timed_ms(lambda: call(Evaluate("1"))),
                "print of 1,000,000 ints": lambda: timed_ms(lambda: call(Evaluate("numbers"))),
                "print of a dict of 100,000": lambda: timed_ms(lambda: call(Evaluate("table"))),
            },
            max(setting.rounds, 9),
        )
    worst = max(found.median for found in series)
    check = at_most("11: print of a big value", f"{PRINT_LIMIT_MS:.0f} ms", worst, PRINT_LIMIT_MS, form=".1f")
    return Result("looking at big values", setting.version, "ms", series, (check,))


_BIG_VALUES = ("an int", "1,000,000 ints", "a dict of 100,000", "text of 10 MB", "a numpy array of 80 MB", "a graph")


def locals_of_big(setting: Setting) -> Result:
    """The locals of a frame that has one big value: each by pydelve, and all that debugpy is asked for beside it."""
    program, environment = setting.write("big.py", _BIG), libraries.environment(setting.python, setting.version)
    line = _BIG[: _BIG.index("# look")].count("\n") + 1
    values = [name for name in _BIG_VALUES if "numpy" not in name or environment is not None]
    series: list[Series] = []
    with debugged(setting.python, program, environment=environment or {}) as target:
        target.client.call(CreateBreakpoint(f"{program}:{line}"))
        for name in _BIG_VALUES:
            target.go()
            if name in values:
                measure = lambda: timed_ms(lambda: target.client.call(GetVariables()))  # noqa: E731
                series += alternate({f"pydelve, {name}": measure}, max(setting.rounds, 9))
    worst = max(found.median for found in series)
    checks = [at_most("11: locals with a big value", f"{LOCALS_LIMIT_MS:.0f} ms", worst, LOCALS_LIMIT_MS, form=".1f")]
    if setting.debugpy:
        theirs = _locals_by_debugpy(setting, program, line, values, environment or {})
        slower = [ours.name for ours, their in zip(series, theirs, strict=True) if ours.median > their.median]
        here = "not " + ", ".join(slower) if slower else "all"
        beside = "11: locals with a big value, beside debugpy"
        checks.append(Check(beside, "each below debugpy's", here, "missed" if slower else "kept"))
        series = [*series, *theirs]
    return Result("locals of a frame with a big value", setting.version, "ms", tuple(series), tuple(checks))


def _locals_by_debugpy(
    setting: Setting, program: Path, line: int, values: list[str], environment: dict[str, str]
) -> list[Series]:
    series: list[Series] = []
    with Debugpy(setting.debugpy, program, point={"line": line}, stops=True, environment=environment) as debugpy:
        for name in _BIG_VALUES:
            if name in values:
                series += alternate({f"debugpy, {name}": lambda: timed_ms(debugpy.locals)}, setting.rounds)
            if name != _BIG_VALUES[-1]:
                debugpy.go()
    return series


def stepping(setting: Setting) -> Result:
    """Steps per second, each waited for."""
    program, count = setting.write("loop.py", _LOOP), 200 if setting.quick else 500

    def per_second(step: Callable[[], object], count: int = count) -> float:
        begin = time.monotonic()
        for _ in range(count):
            step()
        return count / (time.monotonic() - begin)

    with debugged(setting.python, program) as target:
        pdb = Pdb(setting.python, program)
        contenders = {
            "pdb": lambda: per_second(lambda: pdb.do("next")),
            "pydelve": lambda: per_second(lambda: target.go("next")),
        }
        try:
            if not setting.debugpy:
                series = alternate(contenders, setting.rounds)
            else:
                with Debugpy(setting.debugpy, program, point={"line": 3}, stops=True) as debugpy:
                    contenders["debugpy"] = lambda: per_second(debugpy.step, count // 20)
                    series = alternate(contenders, min(setting.rounds, 5))
        finally:
            pdb.close()
    checks: tuple[Check, ...] = ()
    if setting.debugpy:
        times = series[1].median / series[2].median
        checks = (at_least("10: steps a second", f"{_STEPS_TIMES} times debugpy's", times, _STEPS_TIMES, form=".0f"),)
    return Result("steps in a loop", setting.version, "steps/s", series, checks)


Case = Callable[[Setting], Result | list[Result]]
CASES: dict[str, tuple[Case, ...]] = {
    "prompt": (first_prompt,),
    "start": (program_start, whole_run),
    "looking": (looking, locals_of_big),
    "steps": (stepping,),
    "running": tuple(partial(running, name=work) for work in WORKS),
    "logging": (logging,),
    "tracing": (tracing, sums, untraced),
    "serving": (serving,),
    "waiting": (memory, processor),
    "attaching": (
        attached_prompt,
        injection,
        *(lambda setting, stack=stack: stacks(setting, *stack) for stack in STACKS),
    ),
    "editors": (adapters,),
}
"""What ``--case`` chooses from."""
