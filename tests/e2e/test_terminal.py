"""The real prompt on a pseudo-terminal: what a person sees and types."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.on_terminal import PROMPT, OnTerminal
from tests.e2e.session import LAUNCHER, ROOT
from tests.interpreters import Interpreter

Place = Callable[[str], Path]

ASKS = """\
name = input("name? ")
print("hello", name)
print("bye")
"""
WAITS = """\
import os, signal, sys
def wait_for_ever():
    print("waiting", flush=True)
    while True:
        signal.pause()
wait_for_ever()
"""
EARLY = """\
import os, signal, sys
sys.path[0] = sys.argv.pop(1)
from pydelve.cli import debug, main
from pydelve.target.live.children import children_of
from pydelve.target.live.kernel import command_line
open_session = debug.open_session
def opened(options):
    found = open_session(options)
    begun = []
    while not begun:
        begun = [pid for pid in children_of(os.getpid()) if command_line(pid).endswith(b"\\0script.py\\0")]
        begun = [pid for pid in begun if b"debug" not in command_line(pid)]  # the keeper is a fork
    print("began", begun[0], flush=True)
    os.kill(os.getpid(), signal.SIGHUP)
    return found
debug.open_session = opened
sys.exit(main.main(sys.argv[1:]))
"""
TELLS = """\
import os, sys
print(*(os.isatty(fd) for fd in range(3)), os.get_terminal_size(), os.getpgrp() == os.tcgetpgrp(0))
input("again? ")
print(os.get_terminal_size())
"""
FORKS = """\
import os
print("a", end="", flush=True)
if os.fork() == 0:
    number = 7
    os._exit(number)
os.wait()
x = 1
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a program to ``script.py`` in the test's folder."""

    def write(text: str) -> Path:
        path = tmp_path / "script.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_first_prompt_and_a_program_that_reads(python: Interpreter, script: Place, tmp_path: Path) -> None:
    script(ASKS)
    with OnTerminal(["debug", "--python", python.path, "script.py"], tmp_path) as person:
        assert _same(person.wait_prompt()) == [
            f"process <pid> started: script.py (CPython {python.version})",
            "> entry, script.py:1 in <module>, thread 1 (MainThread)",
            '=>   1:  name = input("name? ")',
            '     2:  print("hello", name)',
            '     3:  print("bye")',
        ]
        person.command("break 3")
        person.keys("continue\r")
        person.wait(lambda: person.lines[-1] == "name?", "the program's question")
        person.keys("Jörg\r")
        person.wait_line("> breakpoint 1, script.py:3 in <module>, thread 1 (MainThread)")
        person.wait_end_of_screen(
            "name? Jörg",
            "hello Jörg",
            "> breakpoint 1, script.py:3 in <module>, thread 1 (MainThread)",
            '     1:  name = input("name? ")',
            '     2:  print("hello", name)',
            '=>*  3:  print("bye")',
            PROMPT,
        )
        assert _same(person.command("continue")) == [
            "bye",
            "process <pid> exited with status 0",
            "  try: restart, or exit",
        ]
        person.keys("exit\r")
        assert person.wait_end() == 0
        assert person.modes() == person.first_modes


def test_ctrl_c_halts_in_a_blocking_call(python: Interpreter, script: Place, tmp_path: Path) -> None:
    script(WAITS)
    with OnTerminal(["debug", "--continue", "--python", python.path, "script.py"], tmp_path) as person:
        person.wait_line("waiting")
        person.wait_raw()
        for _ in range(2):
            person.wait_program_in("pause")
            person.keys("\x03")
            person.wait_end_of_screen(
                "> halted, script.py:5 in wait_for_ever, thread 1 (MainThread)",
                '     3:      print("waiting", flush=True)',
                "     4:      while True:",
                "=>   5:          signal.pause()",
                "     6:  wait_for_ever()",
                PROMPT,
            )
            person.wait_prompt()
            person.keys("continue\r")
            person.wait_raw()
        person.wait_program_in("pause")
        person.keys("\x03")
        person.wait_prompt()
        assert person.command("bt") == ["=> 0  script.py:5 in wait_for_ever", "   1  script.py:6 in <module>"]


def test_ctrl_c_ends_an_evaluation_and_drops_a_line(script: Place, tmp_path: Path) -> None:
    script("x = 1\n")
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        start = len(person.lines)
        person.keys("print [open('begun', 'w').close(), [0 for _ in iter(int, 1)]]\r")
        person.wait((tmp_path / "begun").exists, "begun evaluation")
        person.keys("\x03")
        person.wait_lines(start, "^C", "the evaluation was interrupted", "  why: by you", PROMPT)
        person.keys("half a line")
        person.wait_line(f"{PROMPT} half a line")
        person.keys("\x03")
        person.wait_prompt()
        assert person.command("print 2") == ["2"]


def test_completion_and_history(script: Place, tmp_path: Path) -> None:
    script("def first():\n    pass\n\n\ndef second():\n    pass\n\n\nfirst()\n")
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        person.keys("cont\t")
        person.wait_line(f"{PROMPT} continue", again="\t")
        person.keys("\x15tbreak sec\t")
        person.wait_line(f"{PROMPT} tbreak second", again="\t")
        person.keys("\r")
        person.wait_prompt()
        assert person.command("print 40 + 2") == ["42"]
        person.keys("\x1b[A")
        person.wait(lambda: person.lines[-1] == f"{PROMPT} print 40 + 2", "the last command")
        person.keys("\x1b[A")
        person.wait(lambda: person.lines[-1] == f"{PROMPT} tbreak second", "the one before")
        person.keys("\x15")
        assert person.command("next")[0] == "> step, script.py:5 in <module>, thread 1 (MainThread)"
        assert person.command("")[0] == "> step, script.py:9 in <module>, thread 1 (MainThread)"
        person.keys("\x04")
        assert person.wait_end() == 0
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        person.keys("\x1b[A")
        person.wait(lambda: person.lines[-1] == f"{PROMPT} next", "the last session's last command")


def test_the_program_has_a_terminal_of_this_size(script: Place, tmp_path: Path) -> None:
    script(TELLS)
    with OnTerminal(["debug", "--continue", "script.py"], tmp_path, rows=31, columns=77) as person:
        person.wait_line("True True True os.terminal_size(columns=77, lines=31) True")
        person.wait(lambda: person.lines[-1] == "again?", "the question")
        person.resize(20, 60)
        person.keys("\r")
        person.wait_line("os.terminal_size(columns=60, lines=20)")
        person.wait_prompt()


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=["NO_COLOR", "dumb", "coloured"])
def test_colour(environment: dict[str, str], script: Place, tmp_path: Path) -> None:
    script("import os\n")
    with OnTerminal(["debug", "script.py"], tmp_path, environment) as person:
        person.wait_prompt()
        assert bool(re.search(rb"\x1b\[[\d;]*[1-9][\d;]*m", person.raw)) == (not environment)


@pytest.mark.parametrize("how", ["exit", "eof", "killed program", "SIGTERM", "SIGTERM at the prompt"])
def test_terminal_is_as_before(how: str, script: Place, tmp_path: Path) -> None:
    script(WAITS)
    with OnTerminal(["debug", "--continue", "script.py"], tmp_path) as person:
        person.wait_line("waiting")
        person.wait_raw()
        pid = int(re.findall(r"process (\d+) started", "\n".join(person.lines))[0])
        expected = 0
        match how:
            case "killed program":
                os.kill(pid, signal.SIGKILL)
                person.wait_line(f"process {pid} was killed by SIGKILL (signal 9)")
                person.wait_prompt()
                person.keys("exit\r")
            case "SIGTERM":
                person.process.send_signal(signal.SIGTERM)
                expected = -signal.SIGTERM
            case _:
                person.keys("\x03")
                person.wait_prompt()
                if how.startswith("SIGTERM"):
                    person.process.send_signal(signal.SIGTERM)
                    expected = -signal.SIGTERM
                else:
                    person.keys("\x04" if how == "eof" else "exit\r")
        assert person.wait_end() == expected
        person.wait(lambda: person.modes() == person.first_modes, "the first modes")


@pytest.mark.parametrize("options", [[], ["--continue"], ["--tui"]], ids=["at the prompt", "running", "full screen"])
def test_a_terminal_that_goes_takes_the_program_along(options: list[str], script: Place, tmp_path: Path) -> None:
    script(WAITS.replace("wait_for_ever()\n", "open('went on', 'w')\n") if not options else WAITS)
    with OnTerminal(["debug", *options, "script.py"], tmp_path) as person:
        person.wait(lambda: re.search(rb"process (\d+)", person.raw) is not None, "the process")
        if options == ["--continue"]:
            person.wait_line("waiting")
            person.wait_raw()
        elif options:
            person.wait(lambda: "entry" in person.lines[0], "the first stop")
        else:
            person.wait_prompt()
        found = re.search(rb"process (\d+)", person.raw)
        assert found is not None
        program = os.pidfd_open(int(found[1]))
        person.process.send_signal(signal.SIGHUP)
        assert person.wait_end() == -signal.SIGHUP
        assert select.select([program], [], [], 20)[0]
        os.close(program)
    assert not (tmp_path / "went on").exists()


def test_a_terminal_that_goes_before_the_first_prompt(script: Place, tmp_path: Path) -> None:
    script(ASKS)
    (tmp_path / "early.py").write_text(EARLY)
    program = (sys.executable, str(tmp_path / "early.py"), str(ROOT))
    with OnTerminal(["debug", "script.py"], tmp_path, program=program) as person:
        person.wait(lambda: re.search(rb"began (\d+)\r", person.raw) is not None, "the program's begin")
        found = re.search(rb"began (\d+)\r", person.raw)
        assert found is not None
        with suppress(ProcessLookupError):  # it has ended already
            program_fd = os.pidfd_open(int(found[1]))
            assert select.select([program_fd], [], [], 20)[0]
            os.close(program_fd)
        assert person.wait_end() == -signal.SIGHUP


def test_detach_leaves_the_program_on_the_terminal(script: Place, tmp_path: Path) -> None:
    script(ASKS)
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        person.keys("detach\r")
        person.wait(lambda: person.lines[-1] == "name?", "the program's question")
        assert _same(person.lines[-3:]) == [
            "detached: process <pid> runs on",
            "  it keeps this terminal until it ends; Ctrl-C interrupts it from now on",
            "name?",
        ]
        person.keys("Eve\r")
        assert person.wait_end() == 0
        person.wait_end_of_screen("name? Eve", "hello Eve", "bye")
        assert person.modes() == person.first_modes


def test_output_without_a_line_end_is_ended_once(script: Place, tmp_path: Path) -> None:
    script("print('a', end='', flush=True)\nx = 1\ny = 2\nz = 3\n")
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        assert person.command("next")[:2] == ["a", "> step, script.py:2 in <module>, thread 1 (MainThread)"]
        assert person.command("next")[0] == "> step, script.py:3 in <module>, thread 1 (MainThread)"
        assert person.command("next")[0] == "> step, script.py:4 in <module>, thread 1 (MainThread)"


def test_a_child_begins_a_line_of_its_own(script: Place, tmp_path: Path) -> None:
    script(FORKS)
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        person.command("break 5")
        person.command("break 7")
        assert _same(person.command("continue"))[:4] == [
            "a",
            "target 2: process <pid>, forked by target 1",
            "target 2 (process <pid>):",
            "> breakpoint 1, script.py:5 in <module>, thread 1 (MainThread)",
        ]
        assert person.command("print number") == ["7"]
        said = _same(person.command("continue"))
        assert said[0].startswith("target 2: process <pid> ")
        assert said[1:3] == [
            "target 1 (process <pid>):",
            "> breakpoint 2, script.py:7 in <module>, thread 1 (MainThread)",
        ]


def test_what_an_evaluation_writes_comes_before_its_value(script: Place, tmp_path: Path) -> None:
    script("x = 1\n")
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.wait_prompt()
        assert person.command("print print('seen') or 5") == ["seen", "5"]
        assert person.command("!print('bare', end='', flush=True)") == ["bare"]


def test_threads_that_wait_for_each_other(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "threads.py", tmp_path)
    with OnTerminal(["debug", "--continue", "threads.py"], tmp_path, columns=150) as person:
        person.wait(lambda: "\n".join(person.lines).count("wants ") == 2, "both workers")
        person.wait_program_in("futex", threads=3)
        person.keys("\x03")
        person.wait_prompt()
        waiting = [line.split()[1:] for line in person.command("threads") if not line.startswith(("=>", "deadlock:"))]
        assert sorted(words[0] for words in waiting) == ["to-the-left", "to-the-right"]
        assert {" ".join(words[-3:]) for words in waiting} == {"threads.py:36 in move"}


def _same(lines: list[str]) -> list[str]:
    return [re.sub(r"process \d+", "process <pid>", line) for line in lines]


SHELL = """\
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
stopped = os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
os.tcsetpgrp(0, os.getpgrp())
input(f"{stopped}> ")
os.tcsetpgrp(0, pid)
os.killpg(pid, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
"""As much of a shell as Ctrl-Z and ``fg`` need."""


def test_ctrl_z_suspends_and_fg_goes_on(script: Place, tmp_path: Path) -> None:
    script("x = 1\n")
    shell = (sys.executable, "-c", SHELL, sys.executable, str(LAUNCHER))
    with OnTerminal(["debug", "script.py"], tmp_path, program=shell) as person:
        person.wait_prompt()
        person.keys("print 4")
        person.wait_end_of_screen(f"{PROMPT} print 4")
        person.keys("\x1a")
        person.wait_end_of_screen("True>")
        assert person.modes() == person.first_modes
        person.keys("\r")
        person.wait_end_of_screen("True>", f"{PROMPT} print 4")
        person.keys("2\r")
        person.wait_end_of_screen("True>", f"{PROMPT} print 42", "42", PROMPT)
        person.keys("exit\r")
        assert person.wait_end() == 0
        assert person.modes() == person.first_modes


def test_what_is_typed_while_the_program_starts_is_run_at_the_prompt(script: Place, tmp_path: Path) -> None:
    script("x = 1\n")
    with OnTerminal(["debug", "script.py"], tmp_path) as person:
        person.keys("print 11\rprint 2")
        person.wait_end_of_screen(f"{PROMPT} print 11", "11", f"{PROMPT} print 2")
        person.keys("2\r")
        person.wait_end_of_screen("=>   1:  x = 1", f"{PROMPT} print 11", "11", f"{PROMPT} print 22", "22", PROMPT)
        seen = len(person.lines)
        person.keys("restart\r")
        person.wait(lambda: any(line.startswith("process ") for line in person.lines[seen:]), "the new process")
        person.keys("print 33\r")
        person.wait_end_of_screen("=>   1:  x = 1", f"{PROMPT} print 33", "33", PROMPT)
