"""The program can't tell that it is debugged: its state, its signals, what it does to itself (PITFALLS 2-4, 21)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CreateBreakpoint,
    Detach,
    GetStack,
    GetThreads,
    GetVariables,
    Halt,
    Resume,
    StartTracing,
)
from pydelve.api.target import ExitStatus, Stop
from pydelve.api.tracing import TraceOptions
from pydelve.errors import InternalError
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
        os.kill(pid, signal.SIGINT)
        look(session)
        status = finish(session)
    before, after = _signals(tmp_path / "seen")
    assert (status.how, status.status, (script.parent / "out").read_text()) == (
        "exited",
        0,
        "interrupted True\n",
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


def test_its_own_trace_function_is_told_what_it_asked_for(
    python: Interpreter, program: Program, marker: Marker
) -> None:
    script = program("no_harm/rough.py")
    with debugged(script, "traces", python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        assert (session.resume().reason, _text(session, "text")) == ("breakpoint", "traced")
        if session.resume(Resume("next")).reason == "step":  # from 3.12 on steps don't need its trace function
            assert session.resume().reason == "breakpoint"
        assert _text(session, "text") == "no more"
        ended = finish(session)
    assert (ended.how, ended.status) == ("exited", 0)
    assert (script.parent / "err").read_text() == ""


def test_a_program_that_closes_our_sockets_runs_on(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("no_harm/rough.py")
    with debugged(script, "closerange", python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        status = finish(session)
    assert status.how in ("lost", "exited")
    _wait_for_output(script, b"done\n")
    assert (script.parent / "err").read_text() == ""


ENDINGS = (
    "chained",
    "in_thread",
    "group",
    "noted",
    "own_hook",
    "failing_hook",
    "deep",
    "syntax",
    "exit_functions",
    "interrupted",
    "handled",
    "terminated",
    "aborted",
    "warn",
    "raw_fork",
    "fork_warns",
    "unraisable",
    "replaced",
    "collected",
    "errno",
    "status_text",
    "status_number",
    "status_none",
    "status_odd",
    "system_exit_in_thread",
    "left_thread",
)


@pytest.mark.parametrize("name", ENDINGS)
def test_it_says_and_ends_as_it_does_without_us(
    python: Interpreter, program: Program, marker: Marker, name: str
) -> None:
    script = program("no_harm/endings.py")
    plain = _plainly(python, script, name)
    with debugged(script, name, python=python) as session:
        session.call(CreateBreakpoint("leave", log="{value!r} is left"))  # its records have a thread of ours
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        stops, status = _run_through(session)
    assert name in ("group", "noted", "deep", "syntax") or any(stop.frames[0].function == "leave" for stop in stops)
    if name == "replaced":
        assert status.how in ("replaced", "exited")  # seen after it has ended, as it may be that short
        _wait_for_output(script, plain.stdout)
    found, expected = _outputs(script), (_steady(plain.stdout), _steady(plain.stderr))
    if name == "deep" and python.version_info < (3, 12):
        # the trace function needs frames itself, and is shown where it is the one for which there are none
        assert found[1].splitlines()[-1].startswith(b"RecursionError: maximum recursion depth exceeded")
    else:
        assert found == expected
    assert (-status.status if status.how == "killed" else status.status) == plain.returncode


def test_one_more_thread_can_be_seen(python: Interpreter, program: Program, marker: Marker) -> None:
    """By those who look below the ``threading`` module, which doesn't know it: docs/reference/support.md."""
    script = program("no_harm/endings.py")
    plain = _plainly(python, script, "dumped")
    with debugged(script, "dumped", python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        _, status = _run_through(session)
    (active, *counts), (expected, *plain_counts) = (
        json.loads((script.parent / "out").read_text()),
        json.loads(plain.stdout),
    )
    assert (active, counts, status.status) == (expected, [count + 1 for count in plain_counts], 0)
    dump, agents = _outputs(script)[1], rb"(?m)^Thread 0x.*\n(  File \"\S*/pydelve/agent/.*\n)+\n"
    assert len(re.findall(agents, dump)) == 1
    assert re.sub(agents, b"", dump) == _steady(plain.stderr)


def test_after_a_detach_forks_are_the_programs_own(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("no_harm/children.py")
    plain = _plainly(python, script)
    with debugged(script, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        session.resume()
        session.call(Detach(kill=False))
        _wait_for_output(script, plain.stdout)
    assert _outputs(script) == (_steady(plain.stdout), _steady(plain.stderr))


def _plainly(python: Interpreter, script: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    words = [python.path, str(script), *arguments]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=dict(os.environ))


def _run_through(session: LiveSession) -> tuple[list[Stop], ExitStatus]:
    """Continue to the end, with a look at everything at each stop."""
    stops: list[Stop] = []
    session.call(Resume("continue"))
    while True:
        event = session.client.next_event(_LIMIT_S)
        assert event is not None, stops
        if isinstance(event, Exited):
            return stops, event.status
        if isinstance(event, Stopped):
            stops.append(event.stop)
            look(session)
            session.call(Resume("continue"))


def _wait_for_output(script: Path, output: bytes) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while (script.parent / "out").read_bytes() != output:
        assert time.monotonic() < deadline, (script.parent / "err").read_text()


def _outputs(script: Path) -> tuple[bytes, bytes]:
    return _steady((script.parent / "out").read_bytes()), _steady((script.parent / "err").read_bytes())


def _steady(output: bytes) -> bytes:
    """Without what differs between any two runs: addresses, and idents of threads."""
    return re.sub(rb"0x[0-9a-f]{6,}", b"0x...", output)


def test_children_run_on_without_us(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("no_harm/children.py")
    plain = _plainly(python, script)
    with debugged(script, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['stop']}"))
        stops, status = _run_through(session)
    assert _outputs(script) == (_steady(plain.stdout), _steady(plain.stderr))
    assert [(stop.reason, stop.frames[1].function) for stop in stops] == [("breakpoint", "local")] * 2
    assert (status.how, status.status) == ("exited", plain.returncode)


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


def test_a_program_with_no_file_left(python: Interpreter, program: Program, marker: Marker) -> None:
    """What we can't load then is refused; nothing ends, and nothing is said on the program's standard error."""
    script = program("no_harm/full.py")
    with debugged(script, python=python) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['turn']}", temporary=True))
        assert session.resume().reason == "breakpoint"
        session.call(Resume("continue"))
        for _ in range(2):
            with pytest.raises(InternalError, match="Too many open files") as refused:
                session.call(StartTracing(TraceOptions("called")))
            assert str(refused.value).startswith("the agent failed in 'trace': OSError")
        session.call(Halt())
        assert session.wait_stop().reason == "halt"
        look(session)
    assert (script.parent / "err").read_text() == ""
