"""The program can't tell that it is debugged: its state, its signals, what it does to itself (PITFALLS 2-4, 21)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, GetStack, GetThreads, GetVariables, Resume
from pydelve.api.target import ExitStatus
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

_LIMIT_S = 20.0


@contextmanager
def debugged(script: Path, *arguments: str, python: Interpreter) -> Iterator[LiveSession]:
    """A session at the program's first line; its output goes to files beside the script."""
    streams = [os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)]
    streams += [os.open(script.parent / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC) for name in ("out", "err")]
    options = LaunchOptions(
        kind="script",
        program=str(script),
        arguments=arguments,
        python=python.path,
        stdin_fd=streams[0],
        stdout_fd=streams[1],
        stderr_fd=streams[2],
    )
    with LiveSession(options) as session:
        for fd in streams:
            os.close(fd)
        assert session.wait_stop().reason == "entry"
        yield session


def look(session: LiveSession) -> None:
    """Look at all there is."""
    session.call(GetStack())
    session.call(GetVariables())
    session.call(GetVariables("globals"))
    session.call(GetThreads())


def finish(session: LiveSession) -> ExitStatus:
    session.call(Resume("continue"))
    return session.wait_exit()


def test_the_program_sees_what_it_sees_without_us(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path
) -> None:
    script = program("no_harm/state.py")
    plain = subprocess.run(
        [python.path, str(script), str(tmp_path / "plain")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=dict(os.environ),  # not the C library's, to which readline has added the size of the terminal
    )
    lines = marker(script)
    with debugged(script, str(tmp_path / "debugged"), python=python) as session:
        for name in ("stop", "deep"):
            session.call(CreateBreakpoint(f"{script}:{lines[name]}"))
        for name in ("stop", "deep"):
            assert session.resume().frames[0].line == lines[name]
            look(session)
        status = finish(session)
    assert (status.how, status.status, status.clean) == ("exited", plain.returncode, True)
    assert (script.parent / "out").read_bytes() == plain.stdout
    assert (script.parent / "err").read_bytes() == plain.stderr
    expected, found = _state(tmp_path / "plain"), _state(tmp_path / "debugged")
    if python.version_info < (3, 12):
        # sys.settrace: our trace function needs frames itself, where a breakpoint is set at all
        assert 0 <= expected.pop("deep") - found.pop("deep") <= 8
    if python.version_info < (3, 11):
        # CPython refreshes the dict of locals() before each call of any trace function (Python/sysmodule.c)
        assert expected.pop("looked at") == [["argument", "as it was"]]
        assert found.pop("looked at") == [["argument", "changed"], ["total", 1]]
    assert found.keys() == expected.keys()
    assert _differences(found.pop("environ"), expected.pop("environ")) == {}
    assert _differences(found, expected) == {}


def _state(path: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(path.read_text())
    return state


def _differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    keys = found.keys() | expected.keys()
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


@pytest.mark.parametrize("threads", ["alone", "threads"])
def test_signals_during_a_stop_wait_for_its_end(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path, threads: str
) -> None:
    script = program("no_harm/signals.py")
    numbers = (signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD)
    with debugged(script, str(tmp_path / "seen"), threads, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        state = session.resume()
        assert state.reason == "breakpoint"
        pid = _pid(session)
        for number in numbers:
            os.kill(pid, number)
        look(session)
        assert _text(session, "before") == ""  # unbound: the line has not run
        assert session.resume().reason == "breakpoint"
        if threads == "alone":  # else: see docs/reference/support.md
            os.kill(pid, signal.SIGINT)
        look(session)
        status = finish(session)
    before, after = _signals(tmp_path / "seen")
    assert (status.how, status.status, (script.parent / "out").read_text()) == (
        "exited",
        0,
        f"interrupted {threads == 'alone'}\n",
    )
    assert [entry[:2] for entry in after] == sorted([int(number), True] for number in numbers)
    assert before in ([], after) or sorted(before) == after


def _signals(path: Path) -> tuple[list[Any], list[Any]]:
    before, after = json.loads(path.read_text())
    return before, after


def _pid(session: LiveSession) -> int:
    started = next(event for event in session.events if type(event).__name__ == "Started")
    return int(started.target.pid)  # type: ignore[union-attr]


def _text(session: LiveSession, name: str) -> str | None:
    return next((entry.value.text for entry in session.call(GetVariables()) if entry.name == name), None)


@pytest.mark.parametrize(
    ("what", "texts", "status", "output"),
    [
        ("patch", ["patched", "import again"], 0, "done\n"),
        ("fork", ["parent"], 0, "done\n"),
        ("exits", ["leaving"], 4, ""),
    ],
)
def test_what_programs_do_to_themselves(
    python: Interpreter,
    program: Program,
    marker: Marker,
    what: str,
    texts: list[str],
    status: int,
    output: str,
) -> None:
    script = program("no_harm/rough.py")
    with debugged(script, what, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        for text in texts:
            assert session.resume().reason == "breakpoint"
            assert _text(session, "text") == text
            look(session)
        ended = finish(session)
    assert (ended.how, ended.status, ended.clean) == ("exited", status, status == 0)
    assert (script.parent / "out").read_text() == output


def test_a_program_that_closes_our_sockets_runs_on(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("no_harm/rough.py")
    with debugged(script, "closerange", python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        status = finish(session)
    assert status.how in ("lost", "exited")
    deadline = time.monotonic() + _LIMIT_S
    while (script.parent / "out").read_text() != "done\n":
        assert time.monotonic() < deadline, (script.parent / "err").read_text()
    assert (script.parent / "err").read_text() == ""


def test_files_beside_the_script_do_not_shadow_our_modules(python: Interpreter, tmp_path: Path) -> None:
    for name in ("re", "json", "signal", "threading", "_ctypes", "ctypes", "atexit", "time", "marshal", "gc"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    script = tmp_path / "main.py"
    script.write_text("value = 1\nvalue = 2\nprint(value)\n")
    with debugged(script, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:3"))
        assert session.resume().frames[0].line == 3
        look(session)
        status = finish(session)
    assert (status.how, status.status) == ("exited", 0)
    assert ((tmp_path / "out").read_text(), (tmp_path / "err").read_text()) == ("2\n", "")
