"""Attaching to programs that were started without a debugger, whatever they do, and leaving them as they were."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.attach import AttachMethod, AttachOptions
from pydelve.api.requests import CreateBreakpoint, Detach, Evaluate, GetThreads, Resume
from pydelve.errors import PydelveError, TargetError
from pydelve.target.live import remote_exec
from pydelve.target.live.attach import attach
from pydelve.target.live.handle import Reached
from tests.e2e.handshakes import functions, wait_until, wait_until_alone, wait_until_in
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.e2e.session import LAUNCHER, Session, clean_environment
from tests.interpreters import Interpreter, find_interpreters

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]

KINDS = {
    "busy": "sum 3 1\n", "sleep": "sum 6 1\n", "wait_in_select": "sum 9 1\n", "wait_in_input": "sum 15 1\n",
    "wait_for_lock": "sum 15 1\n", "wait_for_child": "sum 18 1\n", "in_c_without_gil": "sum 21 1\n",
    "in_c_with_gil": "sum 24 1\n", "worker_busy": "sum 27 1\n", "fifty_threads": "sum 30 1\n",
    "asyncio_server": "sum 33 1\n", "large_heap": "sum 36 1\n",
}  # fmt: skip


def state_of(pid: int) -> tuple[set[str], set[str]]:
    """What a debugger may leave behind: open files, mappings that can be written and executed."""
    files = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:  # closed at this moment
            continue
        if "/libffi." not in link:  # keeps itself open once it was loaded
            files.add(f"{name} {link}")
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        pages = {line.split()[0] for line in file if line.split()[1].startswith("rwx")}
    return files, pages


def thread_names(pid: int) -> list[str]:
    """What the kernel calls the threads."""
    names = []
    for path in Path(f"/proc/{pid}/task").glob("*/comm"):
        try:
            names.append(path.read_text())
        except OSError:  # it has ended at this moment
            continue
    return names


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_it_does(python: Interpreter, program: Program, marker: Marker, tmp_path: Path, kind: str) -> None:
    source = program("attach/waits.py")
    lines = marker(source)
    go = tmp_path / "go"
    with Running(python, source, kind, str(go), folder=tmp_path) as running:
        running.wait_ready()
        # it says so a moment before; a stop tells of the innermost frames only, and an import has many
        within = "run_forever" if kind == "asyncio_server" else kind
        wait_until(lambda: within in functions(running.pid))
        if kind == "fifty_threads":
            wait_until(lambda: functions(running.pid).count("wait") == 100)  # an event's and its condition's
        with LiveSession(AttachOptions(running.pid)) as session:
            stop = session.wait_stop()
            assert stop.reason == "attach"
            assert kind in [frame.function for frame in stop.frames]
            assert {thread.name for thread in session.call(GetThreads()) if thread.frame is None} == set()
            session.call(CreateBreakpoint(f"{source}:{lines['inside']}"))
            session.call(Resume("continue"))
            go.touch()
            running.tell("ok")
            hit = session.wait_stop()
            assert (hit.reason, hit.frames[0].line) == ("breakpoint", lines["inside"])
            total = session.call(Evaluate("total + 1000 * number")).value
            assert total is not None and total.text == "0"
            assert session.resume(Resume("next")).frames[0].line == lines["inside"] - 1
            session.call(Detach())
        output = running.end()
    assert output == ("ready\n" + KINDS[kind], "", 7)


def detached(session: LiveSession, source: Path, line: int) -> None:
    """One session with something of everything, from its first stop to its end."""
    session.wait_stop()
    session.call(CreateBreakpoint(f"{source}:{line}"))
    assert session.resume().breakpoints == (1,)
    value = session.call(Evaluate("turn(20)")).value
    assert value is not None and value.text == "40"
    assert session.resume(Resume("next")).reason == "step"
    assert session.resume(Resume("stepout")).reason == "step"
    session.call(Detach())


def unharmed(
    python: Interpreter, source: Path, line: int, folder: Path, *words: str, method: AttachMethod = "auto"
) -> tuple[str, str, int]:
    """What a program does that was attached to and left meanwhile: its output, errors and exit status."""
    go = folder / "go"
    with Running(python, source, str(go), *words, folder=folder) as running:
        running.wait_ready()
        with LiveSession(AttachOptions(running.pid, method)) as session:
            detached(session, source, line)
        wait_until_alone(running.pid)
        go.touch()
        return running.end()


def test_nothing_is_left(python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> None:
    source = program("attach/before_and_after.py")
    go = tmp_path / "go"
    with Running(python, source, str(go), "fork", folder=tmp_path) as running:
        running.wait_ready()
        before = state_of(running.pid)
        for _ in range(4):
            with LiveSession(AttachOptions(running.pid)) as session:
                detached(session, source, marker(source)["inside"])
        after = state_of(running.pid)
        wait_until_alone(running.pid)
        go.touch()
        output = running.end()
    assert output == ("ready\n{}\nchild 3\n", "", 9)
    assert after[0] == before[0]
    # libffi keeps the page of a callback up to 3.11, for the next one
    assert len(after[1] - before[1]) <= (1 if python.version_info < (3, 12) else 0)


@pytest.mark.parametrize("method", ["thread", "pending", "pep768"])
def test_each_way_in(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path, method: AttachMethod
) -> None:
    if method == "pep768" and python.version_info < (3, 14):
        pytest.skip("PEP 768 came with 3.14")
    source = program("attach/before_and_after.py")
    output = unharmed(python, source, marker(source)["inside"], tmp_path, method=method)
    assert output == ("ready\n{}\n", "", 9)


_CROWDED = """
import resource, sys
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 20), resource.RLIM_INFINITY))
print("ready", flush=True)
print(sys.stdin.readline())
"""


def test_where_no_thread_can_be_started(tmp_path: Path) -> None:
    """It says so, and leaves nothing: a new thread's stack needs more memory than the program may have."""
    python = next(iter(find_interpreters().values()))
    source = tmp_path / "crowded.py"
    source.write_text(_CROWDED)
    with Running(python, source, folder=tmp_path) as running:
        running.wait_ready()
        before = Path(f"/proc/{running.pid}/maps").read_text()
        with pytest.raises(TargetError) as caught:
            LiveSession(AttachOptions(running.pid))
        assert caught.value.why == "it can't start another thread: Resource temporarily unavailable"
        assert Path(f"/proc/{running.pid}/maps").read_text() == before
        running.tell("on")
        assert running.end() == ("ready\non\n\n", "", 0)


_REPLACES = """
import _thread, sys, threading, time, types

def replaced(function):
    def instead(*arguments):
        if function is start:
            raise RuntimeError("no thread is started any more")
        return function(*arguments)
    return instead

start = _thread.start_new_thread
names = {names}
monkey = types.ModuleType("gevent.monkey")
monkey.saved = {{"_thread": {{name: vars(_thread)[name] for name in names}}, "time": {{"sleep": time.sleep}}}}
sys.modules["gevent.monkey"] = monkey
time.sleep = replaced(time.sleep)
for name in ("start_new_thread", "allocate_lock", "get_ident"):
    setattr(_thread, name, replaced(vars(_thread)[name]))
"""


def test_where_a_library_has_replaced_what_threads_are_made_with(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path
) -> None:
    """As gevent does: its functions start greenlets, and switch between them."""
    source = program("attach/before_and_after.py")
    source.write_text(_REPLACES.format(names=["get_ident"]) + source.read_text())
    output = unharmed(python, source, marker(source)["inside"], tmp_path, "fork")
    assert output == ("ready\n{}\nchild 3\n", "", 9)


_TRACER = """
import sys
sys.path.insert(0, sys.argv[1])
from pydelve.target.live import ptrace
assert ptrace.request(ptrace.SEIZE, int(sys.argv[2])) == 0
print("traces", flush=True)
sys.stdin.readline()
"""


class TestPep768:
    """The way in that borrows no thread."""

    @pytest.fixture
    def new(self, python: Interpreter) -> Interpreter:
        if python.version_info < (3, 14):
            pytest.skip("PEP 768 came with 3.14")
        return python

    def test_where_another_debugger_traces_it(
        self, new: Interpreter, program: Program, marker: Marker, tmp_path: Path
    ) -> None:
        source, go = program("attach/before_and_after.py"), tmp_path / "go"
        with Running(new, source, str(go), folder=tmp_path) as running:
            running.wait_ready()
            words = [sys.executable, "-c", _TRACER, str(LAUNCHER.parents[2]), str(running.pid)]
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tracer:
                assert tracer.stdout is not None
                assert tracer.stdout.readline() == b"traces\n"
                with LiveSession(AttachOptions(running.pid)) as session:
                    detached(session, source, marker(source)["inside"])
                tracer.communicate(b"\n")
            wait_until_alone(running.pid)
            go.touch()
            assert running.end() == ("ready\n{}\n", "", 9)

    def test_a_worker_serves_it_where_the_main_thread_waits(
        self, new: Interpreter, program: Program, tmp_path: Path
    ) -> None:
        go = tmp_path / "go"
        with Running(new, program("attach/waits.py"), "worker_busy", str(go), folder=tmp_path) as running:
            running.wait_ready()
            with LiveSession(AttachOptions(running.pid, "pep768")) as session:
                assert session.wait_stop().reason == "attach"
                session.call(Detach())
            go.touch()
            assert running.end() == ("ready\nsum 27 1\n", "", 7)

    def test_who_waits_does_not_serve_it(
        self, new: Interpreter, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pydelve.target.live.attach.PENDING_LIMIT_S", 0.2)
        monkeypatch.setattr("pydelve.target.live.remote_exec._TURN_S", 0.1)
        with Running(
            new, program("attach/waits.py"), "wait_in_input", str(tmp_path / "go"), folder=tmp_path
        ) as running:
            running.wait_ready()
            with pytest.raises(PydelveError) as error:
                LiveSession(AttachOptions(running.pid, "pep768"))
            assert (error.value.message, error.value.why) == (
                f"process {running.pid} can't be entered by PEP 768",
                "no thread has come back to Python within 0.2 s; one that waits does not serve PEP 768",
            )
            running.tell("ok")
            assert running.end() == ("ready\nsum 15 1\n", "", 7)

    def test_where_it_cannot_see_what_is_ours(
        self, new: Interpreter, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a container: for a moment there is a file, which only its owner reads."""
        made: list[str] = []

        def make(entry: remote_exec.RemoteExec, owner: os.stat_result) -> tuple[str, str, int]:
            place = make_file(entry, owner)
            assert os.path.exists(place[1])
            made.append(place[1])
            return place

        make_file = remote_exec.RemoteExec._file
        monkeypatch.setattr(remote_exec, "link", lambda path: path)
        monkeypatch.setattr(remote_exec.RemoteExec, "_file", make)
        source, go = program("attach/before_and_after.py"), tmp_path / "go"
        with Running(new, source, str(go), folder=tmp_path) as running:
            running.wait_ready()
            with LiveSession(AttachOptions(running.pid, "pep768")) as session:
                assert session.wait_stop().reason == "attach"
                assert [os.path.exists(path) for path in made] == [False]
                session.call(Detach())
            wait_until_alone(running.pid)
            go.touch()
            assert running.end() == ("ready\n{}\n", "", 9)


_BECAUSE = "attached to look only, because process <pid> "


def refused(running: Running, *options: str) -> str:
    """Why ``pydelve attach`` only looks; and it must look."""
    done = Session(None, running.folder).run(["attach", *options, str(running.pid)], ["print 6 * 7", "next"])
    assert done.exit_code == 1
    head, _, shown = done.output.partition("\nprocess <pid>: ")
    lines = shown.splitlines()
    assert lines[1].startswith("> attached, ")
    # no name is printed: which there are depends on the frame it was in at this moment
    assert lines[lines.index("42") :] == [
        "42",
        "next needs control of the program",
        "  why: " + head.partition("\n")[0][len(_BECAUSE) - len("process <pid> ") :],
        "  try: help without-control",
        "detached: process <pid> runs on",
    ]
    assert head.startswith(_BECAUSE)
    return head[len(_BECAUSE) :]


class TestRefusals:
    """Each says why, and the stacks are shown; the program goes on."""

    @pytest.fixture
    def source(self, program: Program) -> Path:
        return program("attach/before_and_after.py")

    def begin(self, python: Interpreter, source: Path, tmp_path: Path, **how: Any) -> Running:
        running = Running(python, source, str(tmp_path / "go"), folder=tmp_path, **how)
        running.wait_ready()
        return running

    def test_a_variable_forbids_it(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        environment = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
        with self.begin(python, source, tmp_path, environment=environment) as running:
            assert refused(running) == (
                "does not want to be debugged: the environment variable PYTHON_DISABLE_REMOTE_DEBUG says so"
            )

    def test_an_option_forbids_it(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        with self.begin(python, source, tmp_path, options=["-X", "disable-remote-debug"]) as running:
            assert refused(running) == ("does not want to be debugged: its option -X disable-remote-debug says so")

    @pytest.mark.parametrize("method", ["thread", "pending"])
    def test_an_audit_hook_forbids_it(
        self, python: Interpreter, program: Program, tmp_path: Path, method: AttachMethod
    ) -> None:
        source = program("attach/before_and_after.py")
        source.write_text(
            "import sys\n"
            "def audit(event, arguments):\n"
            "    if event == 'cpython.remote_debugger_script':\n"
            "        raise PermissionError(f'no debuggers: {arguments}')\n"
            "sys.addaudithook(audit)\n" + source.read_text()
        )
        with self.begin(python, source, tmp_path) as running:
            assert refused(running, "--method", method) == (
                "refuses pydelve's agent: PermissionError: no debuggers: ('<pydelve>',)"
            )
            (tmp_path / "go").touch()
            assert running.end() == ("ready\n{}\n", "", 9)

    def test_a_stopped_one(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        with self.begin(python, source, tmp_path) as running:
            running.popen.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, running.pid, os.WSTOPPED)
            assert refused(running) == (
                "is stopped: by a signal, SIGSTOP or the like: none of its "
                f"threads runs\n  try: kill -CONT {running.pid}"
            )

    def test_one_that_is_debugged_already(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        with self.begin(python, source, tmp_path) as running:
            words, mine = [sys.executable, str(LAUNCHER), "attach", str(running.pid)], clean_environment(tmp_path)
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=mine) as other:
                wait_until(lambda: f"pydelve {other.pid}\n" in thread_names(running.pid))
                assert refused(running) == (
                    "is being debugged already: by another pydelve, process <pid>\n  try: end process <pid>"
                )
                other.communicate(b"exit\n")
            wait_until_alone(running.pid)
            (tmp_path / "go").touch()
            assert running.end() == ("ready\n{}\n", "", 9)

    def test_a_library_that_replaces_and_keeps_nothing(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        source.write_text(_REPLACES.format(names=[]) + source.read_text())
        with self.begin(python, source, tmp_path) as running:
            assert refused(running) == (
                "refuses pydelve's agent: _thread.get_ident is not Python's own any more: __main__ has replaced it"
            )
            (tmp_path / "go").touch()
            assert running.end() == ("ready\n{}\n", "", 9)

    def test_no_tool_of_monitoring_is_free(self, python: Interpreter, source: Path, tmp_path: Path) -> None:
        if python.version_info < (3, 12):
            pytest.skip("sys.monitoring came with 3.12")
        takes = "import sys\nfor tool in range(6):\n    sys.monitoring.use_tool_id(tool, f'tool{tool}')\n"
        source.write_text(takes + source.read_text())
        with self.begin(python, source, tmp_path) as running:
            assert refused(running) == (
                "refuses pydelve's agent: all tool ids of sys.monitoring "
                "are taken: 'tool0', 'tool1', 'tool2', 'tool3', 'tool4', 'tool5'"
            )
            (tmp_path / "go").touch()
            assert running.end() == ("ready\n{}\n", "", 9)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("method", ["auto", "pending"])
def test_killed_at_any_moment(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path, method: AttachMethod
) -> None:
    """Whenever pydelve is killed the program goes on at once, and in the end nothing is left in it."""
    source = program("attach/before_and_after.py")
    line = str(marker(source)["inside"])
    go = tmp_path / "go"
    driver = Path(__file__).with_name("attaching_driver.py")
    with Running(python, source, str(go), folder=tmp_path) as running:
        running.wait_ready()
        before = state_of(running.pid)[0]
        for number in range(8):
            words = [sys.executable, str(driver), str(running.pid), str(source), line, method, "turn(20)"]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other:
                assert other.stdout is not None and other.stderr is not None
                assert other.stdout.readline() == b"attaching\n"
                time.sleep(0.04 * number)  # the moment: any is as good as any other
                other.kill()
                assert other.stderr.read() == b""
            switches = context_switches(running.pid)
            wait_until(lambda seen=switches: context_switches(running.pid) > seen + 3)  # type: ignore[misc]
        # sockets that nobody came for are closed after ten seconds
        wait_until(lambda: state_of(running.pid)[0] == before and len(thread_names(running.pid)) == 1)
        go.touch()
        output = running.end()
    assert output == ("ready\n{}\n", "", 9)


def test_one_leaves_while_another_enters(
    python: Interpreter, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent that waits for another one to leave is in code of the same name: each leaves all the same."""
    monkeypatch.setattr("pydelve.target.live.attach._check_alone", lambda pid: None)
    with Running(python, program("attach/before_and_after.py"), str(tmp_path / "go"), folder=tmp_path) as running:
        running.wait_ready()
        first = attach(AttachOptions(running.pid))
        wait_until(lambda: serving(running.pid) == 1)
        second = attach(AttachOptions(running.pid))
        wait_until(lambda: "_enter" in functions(running.pid))
        let_go(first)
        wait_until(lambda: "_enter" not in functions(running.pid) and serving(running.pid) == 1)
        let_go(second)
        wait_until_alone(running.pid)
        (tmp_path / "go").touch()
        assert running.end() == ("ready\n{}\n", "", 9)


def serving(pid: int) -> int:
    """How many agents are in it."""
    return functions(pid).count("_serve_link")


def let_go(reached: Reached) -> None:
    """As if pydelve had been killed."""
    reached.link.close()
    reached.hold.close()
    os.close(reached.handle.pidfd)


def test_at_any_moment_of_its_own_life(python: Interpreter, tmp_path: Path) -> None:
    """While the interpreter starts, and while it ends: attached or refused by an error of ours, never harmed."""
    for number in range(10):
        command = [python.path, "-c", f"import json, time; time.sleep(0.01 * {number})"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            time.sleep(0.015 * number)  # the moment: any is as good as any other
            try:
                reached = attach(AttachOptions(process.pid))
            except PydelveError:
                pass
            else:
                let_go(reached)
            errors = process.communicate(timeout=30)[1]
        assert (errors, process.returncode) == (b"", 0)


def context_switches(pid: int) -> int:
    """How often the main thread has gone to sleep: the program's does so a hundred times a second."""
    with open(f"/proc/{pid}/task/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))


def test_a_trace_function_of_its_own_stays(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path
) -> None:
    """Its own and our breakpoints get along, whatever the version."""
    source = program("attach/before_and_after.py")
    line = marker(source)["inside"] + 5
    traces = "import sys\ndef trace(frame, event, argument):\n    return None\nsys.settrace(trace)\n\n"
    source.write_text(traces + source.read_text())
    go = tmp_path / "go"
    with Running(python, source, str(go), folder=tmp_path) as running:
        running.wait_ready()
        with LiveSession(AttachOptions(running.pid)) as session:
            session.wait_stop()
            session.call(CreateBreakpoint(f"{source}:{line}"))
            assert session.resume().breakpoints == (1,)
            session.call(Detach())
        wait_until_alone(running.pid)
        go.touch()
        output = running.end()
    assert output == ("ready\n{}\n", "", 9)


IMPORTS_ITS_OWN_WAY = """\
import builtins, sys, threading

real, lock, asked = builtins.__import__, threading.Lock(), []

def import_(name, *rest, **names):
    if threading.get_ident() != threading.main_thread().ident:
        asked.append(name)
        lock.acquire()
    return real(name, *rest, **names)

class Finder:
    def find_spec(name, path=None, target=None):
        asked.append(name)

builtins.__import__ = import_
sys.meta_path.insert(0, Finder)
lock.acquire()
"""


def test_imports_of_ours_do_not_come_by_the_program(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path
) -> None:
    """It has put a function of its own in place of ``__import__``, where another thread would wait for ever."""
    source = program("attach/before_and_after.py")
    text = source.read_text().replace("sys.exit(9)", "sys.exit(9 if asked == [] else str(asked))")
    source.write_text(IMPORTS_ITS_OWN_WAY + text.replace('print("ready"', 'asked.clear()\nprint("ready"'))
    assert unharmed(python, source, marker(source)["inside"], tmp_path) == ("ready\n{}\n", "", 9)


class TestCommand:
    """``pydelve attach`` itself."""

    def test_a_session(self, python: Interpreter, program: Program, marker: Marker, tmp_path: Path) -> None:
        source = program("attach/waits.py")
        line = marker(source)["result"]
        go = tmp_path / "go"
        with Running(python, source, "wait_in_select", str(go), folder=tmp_path) as running:
            running.wait_ready()
            wait_until_in(running.pid, "select", "pselect")
            session = Session(python, tmp_path)
            first = session.run(["attach", str(running.pid)], ["stack", "locals"])
            running.tell("ok")
            output = running.end()
        words = f"<tmp>/attach/waits.py wait_in_select {go}".replace(str(tmp_path), "<tmp>")
        assert first.output == (
            f"attached to process <pid>: {words} (CPython <version>)\n"
            "> attached, attach/waits.py:36 in wait_in_select, thread 1 (MainThread)\n"
            "    34:\n"
            "    35:  def wait_in_select():\n"
            "=>  36:      select.select([sys.stdin], [], [])\n"
            "    37:      return 3\n"
            "    38:\n"
            "=> 0  attach/waits.py:36 in wait_in_select\n"
            "   1  attach/waits.py:110 in main\n"
            f"   2  attach/waits.py:{len(source.read_text().splitlines())} in <module>\n"
            "no local variables\n"
            "detached: process <pid> runs on\n"
        )
        assert (first.exit_code, output, line) == (0, ("ready\nsum 9 1\n", "", 7), 104)

    def test_it_is_killed_only_when_told_so(self, python: Interpreter, program: Program, tmp_path: Path) -> None:
        with Running(python, program("attach/waits.py"), "sleep", str(tmp_path / "go"), folder=tmp_path) as running:
            running.wait_ready()
            session = Session(python, tmp_path)
            named = session.run(["attach", "--name", f"waits.py sleep {tmp_path}"], ["exit"])
            assert named.lines[-1] == "detached: process <pid> runs on"
            assert running.popen.poll() is None
            killed = session.run(["attach", str(running.pid)], ["exit -k"])
            assert killed.lines[-1] == "process <pid> was killed"
            assert running.end()[2] == -signal.SIGKILL

    def test_how_it_ends_is_told(self, python: Interpreter, program: Program, tmp_path: Path) -> None:
        go = tmp_path / "go"
        with Running(python, program("attach/waits.py"), "sleep", str(go), folder=tmp_path) as running:
            running.wait_ready()
            with LiveSession(AttachOptions(running.pid, stop=False)) as session:
                go.touch()
                ended = session.wait_exit()
            assert running.end() == ("ready\nsum 6 1\n", "", 7)
        assert (ended.how, ended.status) in (("exited", 7), ("gone", 0))  # the kernel tells from Linux 6.15 on

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "pydelve attach needs one process\n  why: neither PID nor --name nor --wait-for was given\n"),
            (["x"], "x is no number of a process\n  why: a pid is a number\n  try: pydelve attach --name x\n"),
            (["1", "2"], "pydelve attach needs one process\n  why: it was given 2\n"),
            (["--name", "("], "( is no regular expression\n  why: missing ), unterminated subpattern at position 0\n"),
            (["--name", "no such program"], "no Python process matches no such program\n"),
            (
                ["--method", "magic", "1"],
                "there is no way in called magic\n  why: there are auto, thread, pending, pep768\n",
            ),
        ],
    )
    def test_wrong_words(self, tmp_path: Path, words: list[str], said: str) -> None:
        done = Session(None, tmp_path).run(["attach", *words])
        assert done.output.startswith("pydelve: " + said)
        assert done.exit_code in (1, 2)
