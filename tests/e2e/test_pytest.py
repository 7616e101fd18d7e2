"""``pydelve test``: each kind of failure under pytest is a stop that shows the test; pytest itself notices nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import Detach, GetState
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.e2e.on_terminal import OnTerminal
from tests.e2e.plain import run_plain
from tests.e2e.session import Finished, Session
from tests.interpreters import Interpreter
from tests.sources import read_markers

Program = Callable[[str], Path]
pytestmark = pytest.mark.timeout(300)  # the first run installs pytest
_QUIET = ["-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", os.devnull]
_ON = "post-mortem: continue goes on with the tests"


class Tests:
    """A folder with a file of tests, and an interpreter that has pytest."""

    __test__ = False

    def __init__(self, python: Interpreter, path: Path) -> None:
        self.python = python
        self.path = path
        self.lines = read_markers(path)
        self.environment = {**library(python, "pytest"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def debug(self, *commands: str, options: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> Finished:
        """``pydelve test``; pytest's own output goes to ``out.txt``."""
        out = self.path.parent / "out.txt"
        session = Session(self.python, self.path.parent, self.environment)
        pydelves = ["test", "--python", self.python.path, "--redirect", f"stdout:{out}", *options]
        return session.run([*pydelves, *_QUIET, *words, self.path.name], commands)

    def plain(self, *words: str) -> tuple[str, int]:
        """What pytest writes without us, and its status."""
        done = run_plain(self.python, ["-m", "pytest", *_QUIET, *words, self.path.name], self.path.parent,
                         self.environment)  # fmt: skip
        return _no_times(done.output), done.status

    def output(self) -> str:
        return _no_times((self.path.parent / "out.txt").read_text())


@pytest.fixture
def bank(python: Interpreter, program: Program) -> Tests:
    return Tests(python, program("testing/test_bank.py"))


def _no_times(text: str) -> str:
    return re.sub(r"in \d+\.\d+s", "in N s", text)


def _without_source(done: Finished) -> list[str]:
    """What pydelve said, after its first line."""
    return [line for line in done.lines if not re.match(r"(=>|  )[* ] *\d+:", line)][1:]


def _stops(done: Finished) -> list[list[str]]:
    """What pydelve said at each stop, without source, and last how the program ended."""
    blocks: list[list[str]] = []
    for line in _without_source(done):
        if line.startswith(("> ", "process ")):
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def test_every_kind_of_failure_is_a_stop(bank: Tests) -> None:
    plain = bank.plain()
    done = bank.debug("captured", "c", "p account", "c", "c", "c", "p self.total", "c")
    wrong, set_up, teardown, no_error, old, end = _stops(done)
    at = {name: f"test_bank.py:{line} in" for name, line in bank.lines.items()}
    thread = "thread 1 (MainThread)"
    assert wrong == [
        f"> test_bank.py::test_withdraw[50-51] failed: AssertionError: assert 50 == 51, {at['wrong']} test_withdraw, "
        + thread,
        "   +  where 50 = left_after(50)",
        "  parameter amount = 50",
        "  parameter left = 51",
        "  fixture account = {'balance': 50}",
        "  output: stdout setup, stdout call, stderr call; captured shows it",
        _ON,
        "Captured stdout setup:",
        "  making an account",
        "Captured stdout call:",
        "  withdrawing 50",
        "Captured stderr call:",
        "  careful",
    ]
    assert set_up == [
        f"> test_bank.py::test_closed failed in set-up: RuntimeError: no bank, {at['set-up']} closed, {thread}",
        "  output: stdout setup; captured shows it",
        _ON,
        "{'balance': 100}",
    ]
    assert teardown == [
        f"> test_bank.py::test_restored failed in teardown: AssertionError: not restored, {at['teardown']} restored, "
        + thread,
        "  assert 1 == 100",
        "  fixture restored = {'balance': 1}",
        "  fixture account = {'balance': 1}",
        "  output: stdout setup; captured shows it",
        _ON,
    ]
    raised = re.sub("<class '(.*)'>", r"\1", no_error[0])  # as older versions of pytest word it
    assert [raised, *no_error[1:]] == [
        f"> test_bank.py::test_no_error failed: Failed: DID NOT RAISE ValueError, {at['no-error']} test_no_error, "
        + thread,
        _ON,
    ]
    assert old == [
        f"> test_bank.py::OldTest::test_total failed: AssertionError: 3 != 4, {at['unittest']} OldTest.test_total, "
        + thread,
        _ON,
        "3",
    ]
    assert end == ["process <pid> exited with status 1"]
    assert (bank.output(), done.exit_code) == plain


def test_a_stop_begins_a_line_where_output_is_shared(bank: Tests) -> None:
    """The dots and letters of pytest are on a line that has no end yet."""
    session = Session(bank.python, bank.path.parent, bank.environment)
    words = ["test", "--python", bank.python.path, *_QUIET, "-k", "withdraw", bank.path.name]
    done = session.run(words, ["c"])
    at = next(number for number, line in enumerate(done.lines) if "failed: AssertionError" in line)
    assert done.lines[at].startswith("> test_bank.py::test_withdraw[50-51] failed: ")
    assert set(done.lines[at - 1]) <= set(".F")


def test_a_module_that_can_not_be_imported(python: Interpreter, program: Program) -> None:
    tests = Tests(python, program("testing/test_broken.py"))
    plain = tests.plain()
    done = tests.debug("p __name__", "c")
    assert _without_source(done) == [
        (
            "> test_broken.py can't be collected: ModuleNotFoundError: No module named 'nothing_of_that_name', "
            f"test_broken.py:{tests.lines['import']} in <module>, thread 1 (MainThread)"
        ),
        _ON,
        "'test_broken'",
        "process <pid> exited with status 2",
    ]
    assert (tests.output(), done.exit_code) == plain


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_a_breakpoint_in_a_test_and_its_output_so_far(bank: Tests, capture: str) -> None:
    line = bank.lines["withdraw"]
    (bank.path.parent / "cmds").write_text(f"b test_bank.py:{line}\n")
    options = ("--init", "cmds", "--redirect", f"stderr:{bank.path.parent / 'err.txt'}")
    words = (f"--capture={capture}", "-k", "test_withdraw")
    done = bank.debug("captured", "p print('mine')", "captured", "clear 1", "c", "c", options=options, words=words)
    if capture == "no":
        nothing = "nothing was captured: outside a test, or with pytest -s, its output goes where it is seen"
        looked = [nothing, "None", nothing]
    else:
        so_far = ["Captured stdout so far:", "  withdrawing 30", "Captured stderr so far:", "  careful"]
        looked = [*so_far, "None", *so_far[:2], "  mine", *so_far[2:]]
    _, at_breakpoint, failed, end = _stops(done)
    assert at_breakpoint == [
        f"> breakpoint 1, test_bank.py:{line} in test_withdraw, thread 1 (MainThread)",
        *looked,
        f"cleared breakpoint 1 at test_bank.py:{line} in test_withdraw",
    ]
    assert failed[0].startswith("> test_bank.py::test_withdraw[50-51] failed: AssertionError: assert 50 == 51, ")
    assert end == ["process <pid> exited with status 1"]
    assert done.exit_code == 1


def test_leaving_before_the_end_is_an_interruption(bank: Tests) -> None:
    done = bank.debug("exit", words=("-x",))
    assert done.exit_code == 2


def test_a_step_after_a_failure_goes_on_to_the_next(bank: Tests) -> None:
    done = bank.debug("n", "n", words=("-k", "test_closed or test_total"))
    assert [line.partition(":")[0] for line in _without_source(done) if line.startswith((">", "process"))] == [
        "> test_bank.py", "> test_bank.py", "process <pid> exited with status 1",
    ]  # fmt: skip


def test_restart_runs_the_tests_again(bank: Tests) -> None:
    done = bank.debug(f"b {bank.lines['withdraw']}", "restart", "c", "p left", "c", words=("-k", "50-51"))
    assert "51" in done.lines
    assert done.lines.count(_ON) == 2
    assert done.exit_code == 1


def test_pytest_and_the_tests_see_nothing_of_us(python: Interpreter, program: Program) -> None:
    tests = Tests(python, program("testing/test_inside.py"))
    seen_file = tests.path.parent / "seen.json"
    plain = tests.plain()
    seen = json.loads(seen_file.read_text())
    seen_file.unlink()
    done = tests.debug()
    assert _without_source(done) == ["process <pid> exited with status 0"]
    assert (tests.output(), done.exit_code) == plain
    assert json.loads(seen_file.read_text()) == seen


def test_tests_run_on_without_stops_after_detach(bank: Tests) -> None:
    plain = bank.plain()
    out = bank.path.parent / "out.txt"
    words = (*_QUIET, bank.path.name)
    with out.open("wb") as stdout, LiveSession(
        LaunchOptions(
            "module", "pytest", words, bank.python.path, str(bank.path.parent), dict(bank.environment),
            stdout_fd=stdout.fileno(), stop_at_entry=False, tests=True,
        )
    ) as session:  # fmt: skip
        stop = session.wait_stop()
        assert (stop.reason, stop.frame, stop.test and stop.test.phase) == ("exception", 0, "call")
        target = session.call(GetState()).target
        assert target is not None
        session.call(Detach())
        assert os.waitstatus_to_exitcode(os.waitpid(target.pid, 0)[1]) == plain[1]
    assert bank.output() == plain[0]


def test_workers_by_configuration_are_told_of(bank: Tests) -> None:
    """As with pytest-xdist, which has this option: nothing of it is on the command line."""
    (bank.path.parent / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--numprocesses', type=int)\n"
    )
    bank.environment["PYTEST_ADDOPTS"] = "--numprocesses=2"
    assert _without_source(bank.debug(words=("-k", "30-70"))) == [
        "tests that fail will not stop",
        "  why: pytest-xdist runs them in processes of its own, where pydelve is not",
        "  try: pydelve test -n 0 ...",
        "process <pid> exited with status 0",
    ]


def test_a_doctest_that_raises_stops_in_what_it_tests(python: Interpreter, program: Program) -> None:
    tests = Tests(python, program("testing/halves.py"))
    done = tests.debug("p x", "c", "c", words=("--doctest-modules",))
    assert [block[0].partition(", ")[0] for block in _stops(done)] == [
        "> halves.py::halves.bad failed: ZeroDivisionError: division by zero",
        "> halves.py::halves.half failed: doctest.DocTestFailure: <DocTest>",
        "process <pid> exited with status 1",
    ]
    assert _stops(done)[0] == [
        (
            "> halves.py::halves.bad failed: ZeroDivisionError: division by zero, "
            f"halves.py:{tests.lines['raises']} in bad, thread 1 (MainThread)"
        ),
        _ON,
        "4",
    ]


def test_in_a_terminal_the_prompt_has_the_keyboard(python: Interpreter, bank: Tests) -> None:
    words = ["test", "--python", python.path, *_QUIET, "-k", "50-51", bank.path.name]
    with OnTerminal(words, bank.path.parent, bank.environment) as terminal:
        terminal.wait_prompt()
        assert terminal.command("captured")[:2] == ["Captured stdout setup:", "  making an account"]
        assert terminal.command("p left - 1") == ["50"]
        terminal.keys("c\r")
        terminal.wait(lambda: any("exited with status 1" in line for line in terminal.lines), "the end")
        terminal.wait_prompt()
        terminal.keys("exit\r")
        assert terminal.wait_end() == 1


def test_without_pytest(python: Interpreter, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([python.path, "-m", "venv", "--without-pip", venv], check=True)
    done = Session(python, tmp_path).run(["test", "--python", "venv", "-q"])
    assert done.lines == [
        "pydelve: pytest is not installed where the tests would run",
        "  why: <tmp>/venv/bin/python has no module of that name",
        "  try: <tmp>/venv/bin/python -m pip install pytest",
    ]
    assert done.exit_code == 1


def test_workers_are_refused(tmp_path: Path) -> None:
    for words in (["-n", "4"], ["-nauto"], ["--numprocesses=2"]):
        done = Session(None, tmp_path).run(["test", *words])
        assert done.lines[1:] == [
            "  why: pytest-xdist runs them in processes of its own, where pydelve is not",
            "  try: pydelve test -n 0 ...",
        ]
        assert done.exit_code == 2
