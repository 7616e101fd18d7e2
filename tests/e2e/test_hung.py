"""Processes that hang: who holds the GIL, who waits for whose lock, from outside and from inside."""

from __future__ import annotations

import json
import platform
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions, LookOptions
from pydelve.api.requests import Detach, GetThreads
from pydelve.api.snapshot import Snapshot
from pydelve.api.target import LockWait, Thread
from pydelve.errors import TargetError
from pydelve.target.live import kernel, ptrace
from pydelve.target.live.children import children_of
from pydelve.target.live.look import look
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.e2e.session import ROOT, Session
from tests.interpreters import Interpreter

Program = Callable[[str], Path]


def settled(pid: int, ready: Callable[[Snapshot], bool]) -> Snapshot:
    """A look at it once it is where it stays: it says so a moment before."""
    deadline = time.monotonic() + 20
    while True:
        found: Snapshot | TargetError
        try:
            found = look(pid, None)
            if ready(found):
                return found
        except TargetError as error:  # one that has just been forked is no Python yet
            found = error
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def all_wait(snapshot: Snapshot) -> bool:
    """Do four threads wait for a lock or a thread, and the fifth for its input?"""
    return sum(thread.lock is not None and thread.lock.owner != 0 for thread in snapshot.threads) == 4 and any(
        thread.name == "owns" and thread.detail == "read" for thread in snapshot.threads
    )


@pytest.fixture
def deadlocked(python: Interpreter, program: Program, tmp_path: Path) -> Running:
    return Running(python, program("attach/hung.py"), "deadlock", folder=tmp_path)


def waits_of(threads: tuple[Thread, ...]) -> dict[str, tuple[str, str] | None]:
    """By name: what each waits for, and who holds it."""
    names = {thread.id: thread.name.partition(" ")[0] for thread in threads}
    return {
        names[thread.id]: None if thread.lock is None else (thread.lock.kind, names.get(thread.lock.owner, "?"))
        for thread in threads
    }


WAITS = {
    "MainThread": ("thread", "one"), "one": ("Lock", "two"), "two": ("Lock", "one"), "owns": None,
    "wants": ("RLock", "owns"),
}  # fmt: skip


def test_a_deadlock(deadlocked: Running) -> None:
    """Named by ``stack``, by ``threads`` of the prompt that only looks, and by that of one that has attached."""
    with deadlocked as running:
        running.wait_ready()
        snapshot = settled(running.pid, all_wait)
        numbers = {thread.native_id: f"<{thread.name}>" for thread in snapshot.threads}
        text = Session(None, running.folder).run(["stack", str(running.pid)]).output
        for native_id, name in sorted(numbers.items(), reverse=True):
            text = re.sub(rf"\b{native_id}\b", name, text)
        text = text.replace("<pid>", "<MainThread>")
        lines = [line for line in text.splitlines() if line.startswith(("deadlock", "thread"))]
        assert lines == [
            "deadlock: thread <one> (one) waits for thread <two>, thread <two> (two) waits for thread <one>",
            "thread <MainThread> (MainThread), waits for the end of thread <one> (one)",
            "thread <one> (one), waits for a Lock that thread <two> (two) holds",
            "thread <two> (two), waits for a Lock that thread <one> (one) holds",
            "thread <owns> (owns), waiting in read",
            "thread <wants> (wants), waits for an RLock that thread <owns> (owns) holds",
        ]
        with LiveSession(AttachOptions(running.pid)) as session:
            session.wait_stop()
            assert waits_of(session.call(GetThreads())) == WAITS
            session.call(Detach())
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            assert waits_of(session.call(GetThreads())) == WAITS


def test_the_command(deadlocked: Running) -> None:
    with deadlocked as running:
        running.wait_ready()
        settled(running.pid, all_wait)
        done = Session(None, running.folder).run(["attach", str(running.pid)], ["threads"])
    rows = [re.split(r"  +", line.lstrip("=> ")) for line in done.lines if re.match(r"(=>|  ) \d  ", line)]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("1", "MainThread", "stopped (waits for the end of thread 2 (one))"),
        ("2", "one", "frozen (waits for a Lock that thread 3 (two) holds)"),
        ("3", "two", "frozen (waits for a Lock that thread 2 (one) holds)"),
        ("4", "owns", "frozen (read)"),
        ("5", "wants", "frozen (waits for an RLock that thread 4 (owns) holds)"),
    ]
    assert done.lines[-2:] == [
        "deadlock: thread 2 (one) waits for thread 3, thread 3 (two) waits for thread 2",
        "detached: process <pid> runs on",
    ]


def test_a_thread_that_waits_for_itself(python: Interpreter, program: Program, tmp_path: Path) -> None:
    with Running(python, program("attach/hung.py"), "itself", folder=tmp_path) as running:
        running.wait_ready()
        settled(running.pid, lambda snapshot: snapshot.threads[0].lock is not None)
        done = Session(None, tmp_path).run(["stack", str(running.pid)])
    assert done.lines[2:5] == [
        f"deadlock: thread {running.pid} (MainThread) waits for itself",
        "",
        f"thread {running.pid} (MainThread), waits for a Lock that it holds itself",
    ]


def test_c_code_holds_the_gil(
    python: Interpreter, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said who does and who waits for it; attaching gives up in time, and looking works."""
    monkeypatch.setattr("pydelve.target.live.attach.GIL_LIMIT_S", 0.3)
    monkeypatch.setattr("pydelve.target.live.attach.PENDING_LIMIT_S", 0.3)
    with Running(python, program("attach/hung.py"), "holds_gil", folder=tmp_path) as running:
        running.wait_ready()
        settled(
            running.pid,
            lambda snapshot: (
                [(each.holds_gil, each.activity) for each in snapshot.threads]
                == [(True, "waiting"), (False, "waiting for the GIL")]
            ),
        )
        with pytest.raises(TargetError) as error:
            LiveSession(AttachOptions(running.pid))
        assert error.value.why.endswith(("some thread holds it in C code", "it waits in pause", "it waits in "))
        with LiveSession(LookOptions(running.pid, error.value.why)) as session:
            stop = session.wait_stop()
            assert stop.frames[0].function == "in_c"
            threads = session.call(GetThreads())
            known = [(each.name.partition(" ")[0], each.holds_gil, each.waits_for_gil) for each in threads]
            # the thread that was to bring the agent waits for the GIL, too
            assert known[:2] == [("MainThread", True, False), ("deadlock_free", False, True)]


def test_one_that_a_signal_has_stopped(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """It is looked at, stays stopped, and goes on when it is told to."""
    with Running(python, program("attach/looked_at.py"), folder=tmp_path) as running:
        running.wait_ready()
        running.popen.send_signal(signal.SIGSTOP)
        settled(running.pid, lambda snapshot: ptrace.state_of(running.pid, running.pid) == "T")
        done = Session(None, tmp_path).run(["attach", str(running.pid)], ["print account.owner"])
        assert done.lines[0].startswith("attached to look only, because process <pid> is stopped: ")
        assert done.lines[-2:] == ["'eve'", "detached: process <pid> runs on"]
        assert ptrace.state_of(running.pid, running.pid) == "T"
        running.popen.send_signal(signal.SIGCONT)
        running.tell("go on")
        assert running.end() == ("ready\ndone 1\n", "", 0)


def test_the_text_of_waits() -> None:
    from pydelve.terminal.waiting import circles, deadlock_lines, wait_text

    names = {1: "A", 2: "B", 3: ""}
    assert wait_text(LockWait("Lock", 0x10, 0), 1, names) == "waits for a Lock at 0x10"
    assert wait_text(LockWait("RLock", 0x10, 3), 1, names) == "waits for an RLock that thread 3 holds"
    assert wait_text(LockWait("thread", 0x10, 0), 1, names) == "waits for the end of a thread"
    assert circles({1: 2, 2: 3, 3: 1, 4: 1, 5: 5, 6: 7}) == [(1, 2, 3), (5,)]
    assert circles({4: 3, 3: 2, 2: 3}) == [(2, 3)]
    assert deadlock_lines({1: LockWait("Lock", 1, 2), 2: None}, names) == []


_PARENT = """
import subprocess, sys, threading
child = "import sys; sys.stdin.readline()"
started = [
    subprocess.Popen(words, stdin=subprocess.PIPE) for words in ([sys.executable, "-c", child], ["cat"])
]
done = threading.Event()
threads = [threading.Thread(target=done.wait) for _ in range(3)]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.readline()
done.set()
for process in started:
    process.communicate(b"\\n")
"""


def test_a_tree_of_processes(tmp_path: Path) -> None:
    """``stack --children``: those that are no Python are said; ``--all``: no stacks are merged."""
    source = tmp_path / "parent.py"
    source.write_text(_PARENT)
    here = Interpreter(sys.executable, "", "")
    with Running(here, source, folder=tmp_path) as running:
        running.wait_ready()
        child, cat = sorted(children_of(running.pid), key=lambda pid: b"readline" not in kernel.command_line(pid))
        settled(child, lambda snapshot: bool(snapshot.threads[0].frames) and snapshot.threads[0].detail == "read")
        settled(running.pid, lambda snapshot: [each.detail for each in snapshot.threads] == ["read"] + ["futex"] * 3)
        session = Session(None, tmp_path)
        text = session.run(["stack", "--children", str(running.pid)]).output
        executable = sys.executable.replace(str(ROOT), "<pydelve>")  # an environment in the checkout itself
        version = f"CPython {platform.python_version()}: {executable}"
        assert re.findall(r"^(?:process|3 threads with the same stack).*", text, re.MULTILINE) == [
            f"process <pid>, {version} <tmp>/parent.py",
            *re.findall(r"^3 threads with the same stack, waiting in futex: .*\)$", text, re.MULTILINE),
            f"process <pid>, {version} -c import sys; sys.stdin.readline()",
            "process <pid> runs no CPython: it is cat, and no file of it holds an interpreter",
        ]
        assert "3 threads with the same stack" in text
        every = session.run(["stack", "--all", str(running.pid)]).output
        assert len(re.findall(r"^thread \d+ ", every, re.MULTILINE)) == 4
        data = json.loads(session.run(["stack", "--children", "--json", str(running.pid)]).raw)
        assert [each["pid"] for each in data["children"]] == [child]
        assert data["others"] == [f"process {cat} runs no CPython: it is cat, and no file of it holds an interpreter"]
        running.tell("end")
        assert running.end()[2] == 0
