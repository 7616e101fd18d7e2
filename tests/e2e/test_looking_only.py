"""Looking at a process that is not entered, by ``pydelve attach`` where it may not be: none of its code runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.attach import LookOptions
from pydelve.api.requests import Detach, Evaluate, GetStack, GetState, GetThreads, Halt, Resume
from pydelve.errors import UnsupportedError
from pydelve.target.live import ptrace
from pydelve.target.live.traced import until
from tests.e2e.handshakes import functions, wait_until
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.e2e.session import Session
from tests.interpreters import Interpreter, find_interpreters

Program = Callable[[str], Path]
FORBIDDEN = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
_WHY = "process <pid> does not want to be debugged: the environment variable PYTHON_DISABLE_REMOTE_DEBUG says so"
_TRY = "  try: help without-control"

ANSWERS = {
    "account.owner": "'eve'", "account.kind": "'savings'", "account.rates['low'] + 1": "2",
    "account.rows[-1]['a'][1] * 2 == 4": "True", "account.rows[1:3]": "[2.5, 'three']",
    "account.pay": "<method Account.pay>", "account.fee": "<function Account.fee>",
    "len(account.rows), names, options": "(5, (1, 2), {'color': 'red'})",
    "point.x + point[1]": "7", "big // 10**699": "10", "slotted.full": "5",
    "table['one'], table[2], table[None], table[1, 2]": "(1, 'two', 3, [4])", "3 in numbers and 'one' in table": "True",
    "numbers | {4} == {1, 2, 3, 4}": "True", "account is not None": "True", "account == account": "True",
    "type(account) is Account": "True", "isinstance(slotted, (Account, Slotted))": "True", "not later": "False",
    "-names[0] if names else 'none'": "-1", "'three'[1:4]": "'hre'", "abs(-2.5)": "2.5", "sys.stdin is None": "False",
    "1 < len(numbers) <= 3": "True", "account.__class__": "<class __main__.Account>", "Account.kind": "'savings'",
    "cell": "<function show.<locals>.<lambda>>", "point": "__main__.Point((3, 4))",
}  # fmt: skip
REFUSED = {
    "account.total": "total is a property of __main__.Account, which is a function of the program's",
    "account.pay()": "a call runs a function; of functions there are len, type, isinstance, abs, bool and id here",
    "len(picky)": "__main__.Picky has a __len__ of its own",
    "picky.missing": "__main__.Picky has a __getattr__ of its own",
    "picky == [1]": "__main__.Picky has a __eq__ of its own",
    "closed.x": "__main__.Closed has a __getattribute__ of its own",
    "account + 1": "__main__.Account is no built-in type",
    "f'{account}'": "an f-string calls __format__",
    "[x for x in names]": "a comprehension runs",
    "'a'.upper": "upper of str is made by C code",
    "10**10**10": "it would be larger than what is computed here",
}
RAISED = {
    "nothing": "NameError: name 'nothing' is not defined",
    "unset": "UnboundLocalError: local variable 'unset' has no value here",
    "account.rows[9]": "IndexError: list index out of range",
    "table['two']": "KeyError: 'two'",
    "1 / (len(names) - 2)": "ZeroDivisionError: division by zero",
    "account.nothing": "AttributeError: 'Account' object has no attribute 'nothing'",
    "slotted.empty": "AttributeError: '__main__.Slotted' object has no attribute 'empty'",
    "(1": "SyntaxError: '(' was never closed",
}


_IN_SHOW = ["  why: evaluated in frame 0, attach/looked_at.py:71 in show", "  try: locals"]
_NOT_PYTHON = ["  why: it is not Python", "  try: help python"]
SHOWN = [
    "    69:      cell = lambda: account  # noqa: E731",
    '    70:      print("ready", flush=True)',
    "=>  71:      sys.stdin.readline()",
    "    72:      unset = cell, slotted, picky, closed, red, table, numbers, later, big, point",
    "    73:      return unset",
]


def test_the_prompt(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """Everything that looks works; what would run code is refused by name, and nothing of the program's ran."""
    commands = [f"print {text}" for text in (*ANSWERS, *REFUSED, *RAISED)]
    with Running(python, program("attach/looked_at.py"), folder=tmp_path, environment=FORBIDDEN) as running:
        running.wait_ready(waits_in="read")
        done = Session(None, tmp_path).run(["attach", str(running.pid)], commands)
        running.tell("go on")
        output = running.end()
    wanted = list(ANSWERS.values())
    for text, why in REFUSED.items():
        part = "10**10**10" if text.startswith("10") else text
        wanted += [f"{part} can't be told without running the program", f"  why: {why}", _TRY]
    for message in RAISED.values():
        wanted += [message, *(_NOT_PYTHON if message.startswith("SyntaxError") else _IN_SHOW)]
    lines = done.lines
    assert lines[0] == f"attached to look only, because {_WHY}"
    assert lines[lines.index("'eve'") :] == [*wanted, "detached: process <pid> runs on"]
    assert (done.exit_code, output) == (1, ("ready\ndone 1\n", "", 0))


def test_commands(python: Interpreter, program: Program, tmp_path: Path) -> None:
    commands = ["stack", "up", "locals", "whatis total", "list 1, 2", "down", "next", "break 3", "x = 3", "set x = 3"]
    with Running(python, program("attach/looked_at.py"), folder=tmp_path, environment=FORBIDDEN) as running:
        running.wait_ready(waits_in="read")
        done = Session(None, tmp_path).run(["attach", str(running.pid)], commands)
    refused = [
        line
        for doing in ("next", "break", "a statement", "set")
        for line in (f"{doing} needs control of the program", f"  why: {_WHY}", _TRY)
    ]
    lines = [re.sub(r"CPython [0-9.]+", "CPython <version>", line) for line in done.lines]
    assert lines == [
        f"attached to look only, because {_WHY}",
        "process <pid>: <tmp>/attach/looked_at.py (CPython <version>)",
        "> attached, attach/looked_at.py:71 in show, thread 1 (MainThread)",
        *SHOWN,
        "=> 0  attach/looked_at.py:71 in show",
        "   1  attach/looked_at.py:78 in main",
        "   2  attach/looked_at.py:82 in <module>",
        "> frame 1, attach/looked_at.py:78 in main",
        "    76:  def main():",
        "    77:      total = 1",
        '=>  78:      show(Account("eve"), 1, 2, color="red")',
        '    79:      print("done", total)',
        "    80:",
        "total = 1",
        "int",
        '     1:  """A program to look at from outside: it waits in ``show`` until a line comes."""',
        "     2:",
        "> frame 0, attach/looked_at.py:71 in show",
        *SHOWN,
        *refused,
        "detached: process <pid> runs on",
    ]


def test_it_runs_and_is_halted(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """It stands still while it is looked at, runs when it is let, and is told when it ends."""
    with Running(python, program("attach/looked_at.py"), folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            assert session.wait_stop().reason == "attach"
            running.tell("go on")
            assert session.call(GetStack()).frames[0].function == "show"
            with pytest.raises(UnsupportedError):
                session.call(Resume("next"))
            assert session.call(Resume("continue")).status == "running"
            ended = session.wait_exit()
        assert running.end() == ("ready\ndone 1\n", "", 0)
    assert ended.how in {"exited", "gone"}


def test_halted_again(python: Interpreter, program: Program, tmp_path: Path) -> None:
    with Running(python, program("attach/waits.py"), "busy", str(tmp_path / "go"), folder=tmp_path) as running:
        running.wait_ready()
        wait_until(lambda: "busy" in functions(running.pid))
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            spins = []
            for _ in range(2):
                frames = [frame.function for frame in session.call(GetStack()).frames]  # it may be in what busy calls
                value = session.call(Evaluate("spins", frame=frames.index("busy"))).value
                assert value is not None
                spins.append(int(value.text))
                session.call(Resume("continue"))
                session.call(Halt())
                assert session.wait_stop().reason == "halt"
            assert session.call(GetState()).status == "stopped"
            assert [thread.name for thread in session.call(GetThreads())] == ["MainThread"]
            assert spins[0] <= spins[1]
            session.call(Resume("continue"))
            (tmp_path / "go").touch()
            session.wait_exit()
        assert running.end() == ("ready\nsum 3 1\n", "", 7)


def test_it_ends_while_it_is_looked_at(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """Somebody kills it, threads and all: that is told, and its parent hears of it."""
    with Running(python, program("attach/hung.py"), "deadlock", folder=tmp_path) as running:
        running.wait_ready()
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            running.popen.kill()
            assert session.wait_exit().how in {"killed", "gone"}
            running.popen.wait(20)  # not with which status: as its tracer we have heard of that before its parent, us


def test_it_is_killed_when_that_is_asked(python: Interpreter, program: Program, tmp_path: Path) -> None:
    with Running(python, program("attach/hung.py"), "deadlock", folder=tmp_path) as running:
        running.wait_ready()
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            session.call(Detach(kill=True))
            running.popen.wait(20)


def test_a_thread_that_stops_too_late(program: Program, tmp_path: Path) -> None:
    """It is said, and let go as soon as it stops; a halt that comes meanwhile waits for it as well."""
    python = next(iter(find_interpreters().values()))
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with Running(python, program("attach/late.py"), str(fifo), folder=tmp_path) as running:
        running.wait_ready()
        assert until(20.0, lambda: ptrace.state_of(running.pid, running.pid) == "D")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            detail = f"not quite: thread {running.pid} did not stop within 1 s"
            assert session.wait_stop().detail == detail
            session.call(Resume("continue"))
            session.call(Halt())
            assert session.wait_stop().detail == detail
            session.call(Resume("continue"))
            os.close(os.open(fifo, os.O_WRONLY))
            # not by wait_ready: our own wait for a child would take what is told to its tracer, which is us as well
            assert until(20.0, lambda: running.said()[0] == "ready\nwent on\n")
            session.call(Halt())
            assert session.wait_stop().detail == ""
