"""Attaching to a program that runs, and looking at one without attaching: how long a person waits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.driving import prompt_ms, pydelve_command, run_ms
from bench.measure import Result, alternate, at_most, ratio_of
from pydelve.api.attach import AttachOptions
from pydelve.target.live.attach import attach

if TYPE_CHECKING:
    from bench.cases import Setting

PROMPT_LIMIT_MS = 350.0
INJECTION_LIMIT_MS = 15.0
_PROGRAM = """\
import sys, threading, time
done = threading.Event()
for _ in range(int(sys.argv[1]) - 1):
    threading.Thread(target=done.wait, daemon=True).start()
def deep(frames):
    if frames > 1:
        deep(frames - 1)
    print("ready", flush=True)
    while True:
        time.sleep(0.05)
sys.setrecursionlimit(5000)
deep(int(sys.argv[2]))
"""
_STACK_WHY = (
    "Python's own start is a third to a half of the time for few threads; for many it is the kernel's: stopping each "
    "thread and letting it go, and two pages of its memory"
)
STACKS = (
    ("5 threads", 5, 1, {"py-spy dump": 4.0, "pystack remote": 0.5}),
    ("900 frames", 1, 900, {"py-spy dump": 1.5}),
    ("500 threads", 500, 1, {"py-spy dump": 0.5, "pystack remote": 0.5}),
)
"""What is looked at, threads, frames, and how many times another's time it may take."""


@contextmanager
def _target(setting: Setting, threads: int, frames: int) -> Iterator[int]:
    """Pid of a program that sleeps."""
    program = setting.write("sleeps.py", _PROGRAM)
    words = [setting.python, str(program), str(threads), str(frames)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()


def _wait_alone(pid: int) -> None:
    """Until no debugger is in it: one that was killed a moment ago is noticed soon."""
    while any(b"pydelve" in path.read_bytes() for path in Path(f"/proc/{pid}/task").glob("*/comm")):
        time.sleep(0.01)


def attached_prompt(setting: Setting) -> Result:
    """From the command to the prompt, at a terminal; gdb attaches with nothing of Python's read."""
    with _target(setting, 1, 1) as pid:

        def ours() -> float:
            took_ms = prompt_ms(pydelve_command("attach", str(pid)), setting.folder, b"(pydelve)")
            _wait_alone(pid)
            return took_ms

        contenders: dict[str, Callable[[], float]] = {}
        if gdb := shutil.which("gdb"):
            words = [gdb, "-nx", "-batch", "-p", str(pid), "-ex", "call (int) PyGILState_Check()"]
            contenders["gdb, attach and one call"] = lambda: run_ms(words, setting.folder)
        contenders["pydelve"] = ours
        series = alternate(contenders, setting.rounds)
    check = at_most(
        "attach: to the first prompt", f"{PROMPT_LIMIT_MS:.0f} ms", series[-1].median, PROMPT_LIMIT_MS, form=".0f",
        why="Python's start and the imports of a prompt, as for the first prompt of a launch",
    )  # fmt: skip
    return Result("attach to an idle program, to the first prompt", setting.version, "ms", series, (check,))


def injection(setting: Setting) -> Result:
    """From knowing the process to the agent's sources being there, in our process."""
    with _target(setting, 1, 1) as pid:

        def enter() -> float:
            begin = time.monotonic()
            reached = attach(AttachOptions(pid))
            took_ms = (time.monotonic() - begin) * 1000
            reached.link.close()
            reached.hold.close()
            os.close(reached.handle.pidfd)
            time.sleep(0.3)  # the agent finds out
            _wait_alone(pid)
            return took_ms

        series = alternate({"pydelve": enter}, setting.rounds)
    limit = f"{INJECTION_LIMIT_MS:.0f} ms"
    why = "half of it is our own processor time: the agent's sources are read, and twenty files of /proc"
    check = at_most("attach: the injection itself", limit, series[0].median, INJECTION_LIMIT_MS, form=".1f", why=why)
    return Result("entering an idle program", setting.version, "ms", series, (check,))


def stacks(setting: Setting, what: str, threads: int, frames: int, limits: Mapping[str, float]) -> Result:
    """``pydelve stack`` beside others that look from outside, as whole commands."""
    with _target(setting, threads, frames) as pid:
        contenders: dict[str, Callable[[], float]] = {}
        for name, tool, words in (("py-spy dump", "py-spy", ["dump", "-p"]), ("pystack remote", "pystack", ["remote"])):
            argv = [_installed(tool), *words, str(pid)]
            if argv[0] and not subprocess.run(argv, capture_output=True, check=False).returncode:
                contenders[name] = partial(run_ms, argv, setting.folder)
        contenders["pydelve stack"] = lambda: run_ms(pydelve_command("stack", str(pid)), setting.folder)
        *others, ours = alternate(contenders, setting.rounds)
    missing = [name for name in limits if name not in contenders]
    checks = tuple(
        at_most(
            f"stack: {what}, beside {other.name}", f"{limits[other.name]} times {other.name}'s", ratio_of(ours.values,
            other.values), limits[other.name], why=_STACK_WHY,
        )
        for other in others if other.name in limits
    )  # fmt: skip
    return Result(
        f"stack of {what}, as a whole command", setting.version, "ms", (*others, ours), checks,
        tuple(f"{name} is not here, or can't read this version" for name in missing),
    )  # fmt: skip


def _installed(tool: str) -> str:
    """Path of a command, in this environment or elsewhere; "" for none."""
    return shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool) or ""
