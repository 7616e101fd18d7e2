"""A debugger that dies frees its program, whenever and however it dies: 200 kills at seeded random moments.

The real ``pydelve`` reads commands from a pipe that stays open, so the program is starting, held, stepping,
evaluating or running when the signal comes. Each program counts its heartbeats in shared memory, checks its own
results at its end, and must end as if there had been no debugger.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import leftovers
from tests.e2e.session import LAUNCHER, clean_environment
from tests.interpreters import MINORS, Interpreter
from tests.sources import PROGRAMS, read_markers

_KILLS = 203  # 29 on each version
_STARTING_S = 0.5
_STARTED_S = 0.2
_FREED_LIMIT_S = 10.0
"""No figure of pydelve's: one that was being started takes as long to its first heartbeat as the machine needs."""
_END_LIMIT_S = 20.0
_RIGHT = 7
_AT_ONCE = 3

_ROUND = ["continue", "bt", "print sum(range(1000))", "next", "threads", "step", "print [time.sleep(0.01)]", "locals"]
_SCRIPTS = {
    "looking": ["break {file}:{round}", *_ROUND * 150],
    "stepping": ["break {file}:{round}", "continue", *["next", "step", "stepout"] * 400],
    "evaluating": ["break {file}:{end}", "continue", *["print sum(map(collatz, range(1, 500)))", "next"] * 400],
    "held": ["break {file}:{end}", "continue"],
    "running": ["break {file}:{end} if number == 9999", "continue"],
}
_SIGNALS = [signal.SIGKILL] * 8 + [signal.SIGTERM, signal.SIGHUP]


@dataclass(frozen=True)
class Case:
    """One run to be killed."""

    python: str
    folder: Path
    script: str
    starting: bool
    """Killed that long after the debugger was started; else, after the program was."""
    after_s: float
    signal: int


def test_a_killed_debugger_frees_its_program(python: Interpreter, tmp_path: Path) -> None:
    chance = random.Random(python.minor)
    cases = []
    for number in range(_KILLS // len(MINORS)):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        script = chance.choice(sorted(_SCRIPTS))
        starting = number % 3 == 0
        after_s = chance.uniform(0, _STARTING_S if starting else _STARTED_S)
        cases.append(Case(python.path, folder, script, starting, after_s, chance.choice(_SIGNALS)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(_kill_one, cases))
    wrong = [(case, outcome) for case, outcome in zip(cases, outcomes, strict=True) if outcome not in _GOOD]
    assert not wrong
    assert [pid for pid in leftovers.children() if b"survivor.py" in _command_line(pid)] == []
    # the moments were worth their name: many programs were alive
    assert outcomes.count("ended right") >= len(cases) // 3


_GOOD = ("ended right", "ended before", "not started yet")


def _kill_one(case: Case) -> str:
    """Run, kill, and wait for the program's end: what became of it."""
    program = PROGRAMS / "survivor.py"
    places = {"file": program, **read_markers(program)}
    lines = [line.format_map(places) for line in _SCRIPTS[case.script]]
    output = os.open(case.folder / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
    debugger = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "debug", "--python", case.python, str(program), "--", str(case.folder)],
        stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=case.folder,
        env=clean_environment(case.folder),
    )  # fmt: skip
    os.close(output)
    assert debugger.stdin is not None
    try:
        os.set_blocking(debugger.stdin.fileno(), False)
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            debugger.stdin.write(("\n".join(lines) + "\n").encode())
            debugger.stdin.flush()
        deadline = time.monotonic() + _END_LIMIT_S
        while not case.starting and _beats(case.folder / "heart") is None and time.monotonic() < deadline:
            time.sleep(0.002)
        with contextlib.suppress(subprocess.TimeoutExpired):
            debugger.wait(case.after_s)
        debugger.send_signal(case.signal)
        debugger.wait(_END_LIMIT_S)
    finally:
        debugger.kill()
        debugger.wait()
        with contextlib.suppress(OSError):
            debugger.stdin.close()
    return _what_became(case)


def _what_became(case: Case) -> str:
    killed_at = time.monotonic()
    pid = _find(case)
    if pid:
        late = _time_to_next_beat(case, pid) - killed_at
        status = _reap(pid)
        if late > _FREED_LIMIT_S:
            return f"stood still for {late:.2f} s"
        if status is None:
            return "never ended"
        if status != _RIGHT:
            return f"ended with {status}: {_result(case)}"
    if _result(case) == "right":
        return "ended right" if pid else "ended before"
    return "not started yet" if not pid and not (case.folder / "heart").exists() else f"harmed: {_result(case)}"


def _find(case: Case) -> int:
    """Pid of the program, which is our child now that its parent is gone; 0 where there is none.

    A process that the debugger had just forked still has the debugger's command line: it is waited for until it has
    become what it was forked for, the program or one of the debugger's helpers, which may end with any status.
    """
    wanted = str(case.folder).encode() + b"\0"
    while True:
        lines = {pid: _command_line(pid) for pid in leftovers.children()}
        ours = {pid: line for pid, line in lines.items() if line.endswith(wanted)}
        if not any(str(LAUNCHER).encode() in line for line in ours.values()):
            return next(iter(ours), 0)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _time_to_next_beat(case: Case, pid: int) -> float:
    """When the program was first seen to go on, or to end."""
    path = case.folder / "heart"
    first = None
    deadline = time.monotonic() + _END_LIMIT_S
    while time.monotonic() < deadline:
        beats = _beats(path)
        if first is None:
            first = beats
        if beats != first or not _command_line(pid):
            break
        time.sleep(0.002)
    return time.monotonic()


def _beats(path: Path) -> int | None:
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ) as memory:
            return int.from_bytes(memory[:8], "little")
    except (OSError, ValueError):  # not there, or still empty
        return None


def _reap(pid: int) -> int | None:
    """The exit status; None where the program does not end."""
    deadline = time.monotonic() + _END_LIMIT_S
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def _result(case: Case) -> str:
    try:
        return (case.folder / "result").read_text()
    except OSError:
        return "no result; " + (case.folder / "output").read_text()[-2000:]


def test_an_interrupt_to_the_debugger_only_halts(python: Interpreter, tmp_path: Path) -> None:
    """SIGINT is Ctrl-C: the program is halted, and goes on when told to."""
    program = PROGRAMS / "survivor.py"
    debugger = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "debug", "--python", python.path, str(program), "--", str(tmp_path), "500"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path,
        env=clean_environment(tmp_path),
    )  # fmt: skip
    try:
        assert debugger.stdin is not None
        debugger.stdin.write(b"continue\n")
        debugger.stdin.flush()
        deadline = time.monotonic() + _END_LIMIT_S
        while not _beats(tmp_path / "heart"):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        debugger.send_signal(signal.SIGINT)
        debugger.communicate(b"continue\ncontinue\n", timeout=_END_LIMIT_S)
    finally:
        debugger.kill()
        debugger.wait()
    assert (tmp_path / "result").read_text() == "right"


if sys.platform != "linux":
    pytest.skip("orphans are adopted on Linux only", allow_module_level=True)


def test_a_stopped_debugger_does_not_keep_a_program_from_its_end(tmp_path: Path) -> None:
    """It is itself under SIGSTOP, and reads nothing, when the program ends with much to tell."""
    program = PROGRAMS / "no_harm" / "talks.py"
    debugger = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "debug", "--python", sys.executable, str(program), "--", str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path), "NO_COLOR": "1"},
    )  # fmt: skip
    assert debugger.stdin is not None
    try:
        place = f"{program}:{read_markers(program)['said']}"
        debugger.stdin.write(f'break {place} -log "{{number}} {"and more " * 8}"\ncontinue\n'.encode())
        debugger.stdin.flush()
        deadline = time.monotonic() + _END_LIMIT_S
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        pid = int((tmp_path / "pid").read_text())
        debugger.send_signal(signal.SIGSTOP)
        (tmp_path / "go").touch()
        deadline = time.monotonic() + 2 * _END_LIMIT_S
        while _state(pid) not in ("Z", ""):
            assert time.monotonic() < deadline, Path(f"/proc/{pid}/syscall").read_text()
            time.sleep(0.05)
    finally:
        debugger.send_signal(signal.SIGCONT)
        debugger.kill()
        debugger.wait()
        debugger.stdin.close()


def _state(pid: int) -> str:
    """What the kernel says of a process: Z where it has ended, and nobody has asked; "" where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return ""
