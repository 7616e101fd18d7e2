"""What a debugger needs while nothing happens: memory, and processor time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.dap import Debugpy
from bench.driving import environment, pydelve_command
from bench.measure import Result, alternate, at_most

if TYPE_CHECKING:
    from bench.cases import Setting

_PROGRAM = """\
import sys, time
def sleep():
    time.sleep(60)  # here
print("sleeping", flush=True)
sleep()
"""
_WAIT_S = 3.0
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def memory(setting: Setting) -> Result:
    """Memory of all processes of a session (their proportional share), the program sleeping."""
    return _measured(setting, "memory of a session that waits", "MB", lambda pids, wait_s: memory_mb(pids))


def processor(setting: Setting) -> Result:
    """Processor time of all processes of a session in a few seconds, the program sleeping."""
    return _measured(setting, f"processor time in {_WAIT_S:.0f} s of waiting", "ms", _processor_ms)


def _measured(setting: Setting, title: str, unit: str, measure: Callable[[list[int], float], float]) -> Result:
    program = setting.write("sleeps.py", _PROGRAM)

    def of(session: Callable[[], contextlib.AbstractContextManager[list[int]]]) -> Callable[[], float]:
        def run() -> float:
            with session() as pids:
                return measure(pids, 1.0 if setting.quick else _WAIT_S)

        return run

    contenders = {
        "plain": of(lambda: _plain(setting, program)),
        "pydelve, running": of(lambda: _pydelve(setting, program, "continue")),
        "pydelve, stopped": of(lambda: _pydelve(setting, program, "break 3\ncontinue\nwhere")),
    }
    if setting.debugpy:
        contenders["debugpy, running"] = of(lambda: _debugpy(setting, program))
    series = alternate(contenders, min(setting.rounds, 3), warm=False)
    if unit == "MB":
        return Result(title, setting.version, unit, series)
    ours = max(found.median for found in series[1:3])
    check = at_most("12: processor time while waiting", "none: no polling", ours, _TICK_MS, form=".0f")
    return Result(title, setting.version, unit, series, (check,))


@contextmanager
def _plain(setting: Setting, program: Path) -> Iterator[list[int]]:
    command = [setting.python, str(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(setting.folder)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield [process.pid]
        process.kill()


@contextmanager
def _pydelve(setting: Setting, program: Path, commands: str) -> Iterator[list[int]]:
    """The command with commands on a pipe that stays open: where it waits for one, or for the program."""
    command = [*pydelve_command("debug", "--python", setting.python, str(program))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(setting.folder), cwd=setting.folder
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(commands.encode() + b"\n")
        process.stdin.flush()
        seen, last = b"", b"sleeping" if commands == "continue" else b"in <module>"
        while last not in seen.partition(b"sleeping")[1 if commands == "continue" else 2]:
            seen += os.read(process.stdout.fileno(), 4096)
        time.sleep(0.5)  # what has begun comes to an end
        yield [process.pid, *children(process.pid)]
        process.kill()


@contextmanager
def _debugpy(setting: Setting, program: Path) -> Iterator[list[int]]:
    with Debugpy(setting.debugpy, program, point={"line": 4}) as session:
        time.sleep(2.0)
        yield session.pids


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{entry}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
                if int(stat[1]) == pid:
                    found += [int(entry), *children(int(entry))]
    return found


def memory_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _processor_ms(pids: list[int], wait_s: float) -> float:
    before = _ticks(pids)
    time.sleep(wait_s)
    return (_ticks(pids) - before) * _TICK_MS


def _ticks(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        total += int(stat[11]) + int(stat[12])
    return total
