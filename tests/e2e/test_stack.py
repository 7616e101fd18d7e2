"""``pydelve stack``: what it says is what the program itself says, and the program doesn't notice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

from pydelve.api.snapshot import Snapshot
from pydelve.api.values import Limits, Value
from pydelve.cli.main import main
from pydelve.errors import NotAPythonError, PydelveError, TargetError, TargetGoneError, UnsupportedError
from pydelve.target.cpython.asyncio_tasks import AsyncioReader
from pydelve.target.cpython.interpreters import RawThread
from pydelve.target.live.finding import container_beside, container_in, find_processes
from pydelve.target.live.look import look
from tests.e2e.handshakes import wait_until_all_wait
from tests.interpreters import Interpreter

PROGRAMS = Path(__file__).resolve().parents[1] / "programs" / "looking"
_EVERYTHING = Limits(max_text=100_000, max_items=100_000, max_depth=30, max_total=1_000_000)


class Running(NamedTuple):
    """A program that said what it had to say, and waits."""

    pid: int
    said: str
    process: subprocess.Popen[str]


@contextmanager
def running(python: str | Interpreter, *words: str | Path) -> Iterator[Running]:
    """The program, which must end with status 0 once its input ends: whatever was done to it meanwhile."""
    process = subprocess.Popen(
        [str(python), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    with process:
        try:
            yield Running(process.pid, _stream(process.stdout).readline(), process)
            _stream(process.stdin).close()
            assert process.wait(20) == 0
        finally:
            process.kill()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def described(snapshot: Snapshot) -> list[list[object]]:
    """As ``stacks.py`` says it."""
    return [
        [
            thread.native_id,
            thread.name,
            [[frame.function, frame.module, frame.file, frame.line] for frame in thread.frames],
        ]
        for thread in snapshot.threads
    ]


@pytest.mark.parametrize(("plain", "depth"), [(0, 3), (50, 900)], ids=["kinds", "many and deep"])
def test_stacks_are_what_the_program_says(python: Interpreter, plain: int, depth: int) -> None:
    with running(python, PROGRAMS / "stacks.py", str(plain), str(depth)) as program:
        wait_until_all_wait(program.pid)
        snapshot = look(program.pid, None)
    assert sorted(described(snapshot)) == sorted(json.loads(program.said))
    assert (snapshot.pid, snapshot.stopped, snapshot.problems) == (program.pid, True, ())
    assert snapshot.python in {python.version, python.minor}
    assert snapshot.threads[0].native_id == program.pid
    assert {(thread.problem, thread.interpreter, thread.holds_gil) for thread in snapshot.threads} == {("", 0, False)}
    waits = [(thread.activity, thread.detail) for thread in snapshot.threads]
    assert waits == [("waiting", "read")] + [("waiting", "futex")] * (len(waits) - 1)


def content(value: Value) -> object:
    """As ``values.py`` says it: [type, kind, content, attributes]."""
    if value.kind == "unbound":
        return "unbound"
    if value.cycle:
        return [value.type, "cycle", None, []]
    attributes = [[item.name, content(item.value)] for item in value.items if item.name is not None]
    elements = [item for item in value.items if item.name is None]
    inside: object = value.text
    if value.kind == "dict":
        inside = [[content(item.key), content(item.value)] for item in elements if item.key]
    elif value.kind in {"list", "tuple", "set", "frozenset"}:
        inside = [content(item.value) for item in elements]
    elif value.kind in {"exception", "object"}:
        inside = None
    assert not value.attributes_cut
    return [value.type, value.kind, inside, attributes]


def test_values_are_what_the_program_says(python: Interpreter) -> None:
    with running(python, PROGRAMS / "values.py") as program:
        (thread,) = look(program.pid, _EVERYTHING).threads
    found, _ = thread.variables[0]
    assert (found.name, found.scope) == ("found", "argument")
    expected: dict[str, Any] = json.loads(program.said)
    values = {item.key.text: content(item.value) for item in found.value.items if item.key}
    assert list(values) == list(expected)
    for name, value in values.items():
        assert value == expected[name], name


_SCOPES = """\
import sys
def outer(given, shared, *rest, key=None, **others):
    kept, later = "kept", None
    def inner(own):
        nonlocal later
        later = [shared, kept]
        unset = unset2 = 1
        del unset
        print("ready", flush=True) or sys.stdin.readline()
    inner(5)
outer(1, 2, 3, key="k", more=4)
"""


def test_variables_have_their_scopes(python: Interpreter) -> None:
    with running(python, "-c", _SCOPES) as program:
        (thread,) = look(program.pid, Limits()).threads
    inner, outer, _ = (
        [(variable.name, variable.scope, content(variable.value)) for variable in variables if variable.name != "inner"]
        for variables in thread.variables
    )
    one, kept = ["int", "int", "1", []], ["str", "str", "kept", []]
    two, later = ["int", "int", "2", []], ["list", "list", [["int", "int", "2", []], kept], []]
    assert inner[0] == ("own", "argument", ["int", "int", "5", []])
    assert sorted(inner[1:]) == sorted([
        ("unset", "local", "unbound"), ("unset2", "local", one), ("kept", "free", kept), ("later", "free", later),
        ("shared", "free", two),
    ])  # fmt: skip
    assert outer[:5] == [
        ("given", "argument", one), ("shared", "argument", two), ("key", "argument", ["str", "str", "k", []]),
        ("rest", "argument", ["tuple", "tuple", [["int", "int", "3", []]], []]),
        ("others", "argument", ["dict", "dict", [[["str", "str", "more", []], ["int", "int", "4", []]]], []]),
    ]  # fmt: skip
    assert sorted(outer[5:]) == [("kept", "cell", kept), ("later", "cell", later)]


_HUGE = """\
import sys
huge, text = 3 ** 5000, "x" * 1000
def show(huge=huge, negative=-huge, text=text, items=list(range(1000))):
    print(hex(huge), flush=True) or sys.stdin.readline()
show()
"""


def test_what_is_cut_says_so(python: Interpreter) -> None:
    with running(python, "-c", _HUGE) as program:
        (thread,) = look(program.pid, Limits(max_text=20, max_items=3)).threads
    huge, negative, text, items = (variable.value for variable in thread.variables[0])
    assert (huge.text, huge.length, huge.shown) == (program.said[:22], (3**5000).bit_length(), 80)
    assert (negative.text, negative.length, negative.shown) == ("-" + huge.text, huge.length, huge.shown)
    assert (text.text, text.length, text.shown) == ("x" * 20, 1000, 20)
    assert ([item.value.text for item in items.items], items.length, items.shown) == (["0", "1", "2"], 1000, 3)


# -- states of threads -------------------------------------------------------------------------------------------------

_SPINNING = """\
import threading
def spin():
    while not done:
        pass
done = False
threads = [threading.Thread(target=spin) for _ in range(2)]
for thread in threads: thread.start()
print("ready", flush=True) or input()
done = True
"""


def test_one_thread_holds_the_gil_and_the_other_waits_for_it(python: Interpreter) -> None:
    with running(python, "-c", _SPINNING) as program:
        # At the moment of a switch nobody holds it.
        found: list[tuple[str, bool]] = []
        for _ in range(100):
            found = sorted((thread.activity, thread.holds_gil) for thread in look(program.pid, None).threads)
            if found == [("running", True), ("waiting", False), ("waiting for the GIL", False)]:
                break
        else:
            pytest.fail(f"the last of 100 looks: {found}")
        _stream(program.process.stdin).write("\n")


_COUNTING = """\
import signal, sys, threading, time
counts = []
signal.signal(signal.SIGUSR1, lambda *_: counts.append(1))
def sleep():
    for _ in range(30):
        begun = time.monotonic()
        time.sleep(0.01)
        assert time.monotonic() - begun >= 0.01
threads = [threading.Thread(target=sleep) for _ in range(4)]
for thread in threads: thread.start()
print("ready", flush=True)
assert sys.stdin.readline() == "done\\n"
for thread in threads: thread.join()
print(len(counts), flush=True)
"""


def test_a_hundred_looks_disturb_nothing(python: Interpreter) -> None:
    """No sleep is cut short, a blocked read goes on, and signals still arrive."""
    with running(python, "-c", _COUNTING) as program:
        for count in range(1, 101):
            assert look(program.pid, None).stopped
            if count % 10 == 0:
                os.kill(program.pid, signal.SIGUSR1)
                look(program.pid, None)
        _stream(program.process.stdin).write("done\n")
        _stream(program.process.stdin).flush()
        # Signals of one number merge while the handler of the last has not run.
        assert 1 <= int(_stream(program.process.stdout).readline()) <= 10


def test_a_stopped_process_stays_stopped() -> None:
    with running(sys.executable, "-c", _HUGE) as program:
        program.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, program.pid, os.WSTOPPED)
        snapshot = look(program.pid, None)
        assert snapshot.problems == ("the process was stopped before, by a signal or by another debugger",)
        assert [frame.function for frame in snapshot.threads[0].frames] == ["show", "<module>"]
        # The kernel wakes it for a moment, to stop it as it was.
        deadline = time.monotonic() + 10
        while Path(f"/proc/{program.pid}/stat").read_text().split()[2] != "T":
            assert time.monotonic() < deadline
        program.process.send_signal(signal.SIGCONT)


def test_without_a_stop(python: Interpreter) -> None:
    with running(python, "-c", _HUGE) as program:
        snapshot = look(program.pid, None, stop=False)
    assert (snapshot.stopped, [frame.line for frame in snapshot.threads[0].frames]) == (False, [4, 5])


_TASKS = """\
import asyncio, sys
async def main():
    tasks = [asyncio.create_task(asyncio.sleep(1000)) for _ in range(4)]
    await asyncio.sleep(0)
    print("ready", flush=True)
    sys.stdin.readline()
asyncio.run(main())
"""


@pytest.mark.parametrize(("torn", "stop", "read"), [(2, False, 3), (3, True, 1), (9, False, 5)])
def test_tasks_that_change_meanwhile_are_read_again(
    monkeypatch: pytest.MonkeyPatch, torn: int, stop: bool, read: int
) -> None:
    """The third time, the least is missing."""
    read_all, counts = AsyncioReader.all, []

    def changing(self: AsyncioReader, threads: Iterable[RawThread]) -> tuple[list[int], list[str]]:
        found, problems = read_all(self, threads)
        counts.append(len(found))
        lost = 1 if len(counts) == 3 else 2
        return (found[lost:], ["links don't fit"] * lost) if len(counts) <= torn else (found, problems)

    with running(sys.executable, "-c", _TASKS) as program:
        monkeypatch.setattr(AsyncioReader, "all", changing)
        snapshot = look(program.pid, None, stop=stop, tasks=True)
    assert snapshot.tasks is not None
    changed = "the tasks changed while they were read, each of 5 times; what was torn least is shown"
    missing = {1: ("links don't fit",) * 2, 3: (), 5: (changed, "links don't fit")}
    assert (len(counts), snapshot.problems) == (read, missing[read])
    assert len(snapshot.tasks) == 5 - snapshot.problems.count("links don't fit")


# -- what the user sees ------------------------------------------------------------------------------------------------

_SHOWN = """\
import os, sys, threading
def wait(gate, ready):
    os.write(ready, b".") and gate.acquire()
class Account:
    def __init__(self, owner): self.owner = owner
    def withdraw(self, amount):
        for _ in range(3): threading._start_new_thread(wait, (gate, writer))
        for _ in range(3): os.read(reader, 1)
        del _
        print("ready", flush=True) or sys.stdin.readline()
gate, (reader, writer) = threading.Lock(), os.pipe()
gate.acquire()
Account("Zoë\\x1b[2J").withdraw({"EUR": 20})
"""


@pytest.fixture
def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*options: str) -> str:
        path = tmp_path / "bank.py"
        path.write_text(_SHOWN, encoding="utf-8")
        with running(sys.executable, path) as program:
            wait_until_all_wait(program.pid)
            assert main(["stack", *options, str(program.pid)]) == 0
        text = capsys.readouterr().out.replace(str(tmp_path), "TMP").replace(sys.executable, "python")
        return re.sub(rf"\b{program.pid}\b", "PID", text)

    return run


def test_the_text(shown: Callable[..., str]) -> None:
    text = re.sub(r"\d+\.\d ms", "N ms", re.sub(r"\b\d{3,}\b", "TID", re.sub("0x[0-9a-f]+", "ADDRESS", shown())))
    version = ".".join(map(str, sys.version_info[:3]))
    assert (
        text
        == f"""\
process PID, CPython {version}: python TMP/bank.py
4 threads, all stopped for N ms

thread PID (MainThread), waiting in read
  0  TMP/bank.py:10 in Account.withdraw
  1  TMP/bank.py:13 in <module>

3 threads with the same stack, wait for a Lock at ADDRESS: TID, TID, TID
  0  TMP/bank.py:3 in wait
"""
    )


def test_the_whole_command(tmp_path: Path) -> None:
    """It ends at once: what it wrote is there all the same, whoever reads it."""
    path = tmp_path / "bank.py"
    path.write_text(_SHOWN, encoding="utf-8")
    with running(sys.executable, path) as program, open(tmp_path / "taken", "w+", encoding="utf-8") as file:
        words = [sys.executable, "-m", "pydelve", "stack", "--all", str(program.pid)]
        subprocess.run(words, stdout=file, check=True)
        file.seek(0)
        assert file.read().count(f"{path}:3 in wait\n") == 3
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")


def test_the_text_of_locals(shown: Callable[..., str]) -> None:
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", shown("--locals")).partition("\n\n")[2]
    assert (
        text.partition("  1  ")[0].partition("\n")[2]
        == """\
  0  TMP/bank.py:10 in Account.withdraw
         self = <__main__.Account ADDRESS> {owner: 'Zoë\\x1b[2J'}
         amount = {'EUR': 20}
"""
    )


def test_the_json(shown: Callable[..., str]) -> None:
    found = json.loads(shown("--json", "--locals").replace("PID", "1"))
    thread = found["threads"][0]
    assert (found["pid"], found["stopped"], found["problems"], thread["activity"]) == (1, True, [], "waiting")
    assert thread["frames"][0] == {
        "index": 0, "function": "Account.withdraw", "module": "__main__", "file": "TMP/bank.py", "line": 10,
        "first_line": 6, "library": False,
    }  # fmt: skip
    amount = thread["variables"][0][1]
    address = amount["value"].pop("address")
    assert address > 0
    assert amount == {
        "name": "amount", "scope": "argument",
        "value": {
            "type": "dict", "kind": "dict", "length": 1, "shown": 1,
            "items": [
                {
                    "value": {"type": "int", "kind": "int", "text": "20"},
                    "key": {"type": "str", "kind": "str", "text": "EUR", "length": 3, "shown": 3},
                }
            ],
        },
    }  # fmt: skip


def test_ps_lists_the_process(python: Interpreter, capsys: pytest.CaptureFixture[str]) -> None:
    with running(python, "-c", _HUGE) as program:
        assert main(["ps"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PID", "USER", "VERSION", "CONTAINER", "DEBUGGER", "COMMAND"]
    (line,) = [line for line in lines if line.split()[0] == str(program.pid)]
    assert line.split()[2] in {python.version, python.minor}
    assert line.split()[3:7] == ["-", "-", python.path, "-c"]


def test_ps_tells_who_debugs_what() -> None:
    with running(sys.executable, "-c", _HUGE) as program:
        words = [
            "-c",
            "from pydelve.target.live.ptrace import Tracer\nimport sys\nwith Tracer(int(sys.argv[1])).stopped():",
        ]
        words[-1] += "\n    print('stopped', flush=True) or sys.stdin.read()"
        with running(sys.executable, *words, str(program.pid)) as tracer:
            (found,) = [each for each in find_processes() if each.pid == program.pid]
            assert found.debugger.split()[1:] == [str(tracer.pid)]
            assert found.container == ""


@pytest.mark.parametrize(
    ("groups", "container"),
    [
        ("0::/\n", ""),
        ("0::/user.slice/user-1000.slice/session-2.scope\n", ""),
        (f"0::/system.slice/docker-{'0123456789abcdef' * 4}.scope\n", "0123456789ab"),
        (f"12:pids:/docker/{'fedcba98' * 8}\n0::/\n", "fedcba98fedc"),
        (f"0::/kubepods.slice/pod1.slice/cri-containerd-{'ab' * 32}.scope\n", "abababababab"),
        (f"0::/machine.slice/libpod-{'cd' * 32}.scope/container\n", "cdcdcdcdcdcd"),
        ("9:pids:/lxc/web.one/init\n", "web.one"), ("0::/lxc.payload.web/system.slice\n", "web"),
        ("0::/machine.slice/machine-debian.scope/payload\n", "debian"),
    ],
)  # fmt: skip
def test_containers_by_their_control_groups(groups: str, container: str) -> None:
    assert container_in(groups) == container


@pytest.mark.parametrize(
    ("name", "space", "container"),
    [
        ("", "pid:[1]", ""), ("", "pid:[2]", "pid:2"), ("", "", ""), ("web", "pid:[2]", "web"), ("web", "", "web"),
        ("ours", "pid:[1]", ""), ("ours", "", ""), ("ours", "pid:[2]", "ours"),
    ],
)  # fmt: skip
def test_containers_beside_ours(name: str, space: str, container: str) -> None:
    assert container_beside(name, space, ("ours", "pid:[1]")) == container


# -- refusals ----------------------------------------------------------------------------------------------------------


def refusal(pid: int) -> PydelveError:
    with pytest.raises(PydelveError) as caught:
        look(pid, None)
    return caught.value


def test_what_is_no_python_is_refused() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        error = refusal(process.pid)
        process.kill()
    assert type(error) is NotAPythonError
    assert error.message == f"process {process.pid} runs no CPython"
    assert error.hint == "pydelve ps"


def test_ourselves_the_dead_and_the_unborn_are_refused() -> None:
    error = refusal(os.getpid())
    assert (type(error), error.message) == (TargetError, f"process {os.getpid()} is pydelve itself")
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        error = refusal(process.pid)
        assert (type(error), error.message) == (TargetGoneError, f"process {process.pid} has ended")
        assert error.why == f"it is a zombie until its parent, process {os.getpid()}, takes note"
    for gone in (process.pid, 0, -1, 1 << 40):
        error = refusal(gone)
        assert (type(error), error.message, error.hint) == (TargetGoneError, f"no process {gone}", "pydelve ps")


def test_another_users_process_is_refused() -> None:
    """As root we become somebody else in a child; as somebody else process 1 is root's."""
    if os.geteuid():
        error = refusal(1)
        assert error.hint == "sudo pydelve stack 1"
        return
    with running(sys.executable, "-c", _HUGE) as program:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            try:
                look(program.pid, None)
            except TargetError as found:
                os.write(writer, f"{found.message}|{found.why}|{found.hint}".encode())
            finally:
                os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as stream:
            message, why, hint = stream.read().split("|")
        os.waitpid(child, 0)
    assert message == f"process {program.pid} may not be looked into"
    assert re.fullmatch(r"it runs as root, pydelve as \w[\w ]*", why)
    assert hint == f"sudo pydelve stack {program.pid}"


def test_versions_not_known_are_refused() -> None:
    old = Path.home() / ".pyenv" / "versions"
    paths = sorted(old.glob("3.8.*/bin/python"))
    if not paths:
        pytest.skip("no CPython 3.8 found on this machine")
    with running(str(paths[-1]), "-c", _HUGE) as program:
        error = refusal(program.pid)
    assert (type(error), error.message) == (
        UnsupportedError,
        f"process {program.pid}: CPython 3.8 is not supported",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("stack", "pydelve stack needs the number of one process"),
        ("stack 1 2", "pydelve stack needs the number of one process"),
        ("stack one", "one is no number of a process"),
        ("stack --nolcals 1", "pydelve stack has no option --nolcals"),
        ("ps all", "pydelve ps takes no words"),
    ],
)
def test_wrong_words(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"pydelve: {message}"
