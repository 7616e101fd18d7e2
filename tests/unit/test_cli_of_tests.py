"""The words of ``pydelve test`` and ``pydelve exec``: which are pydelve's, which the program's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydelve.api.target import ExitStatus
from pydelve.cli import exec as exec_
from pydelve.cli.test import exit_status, read_words
from pydelve.errors import UsageError
from pydelve.terminal.messages import error_lines


@pytest.mark.parametrize(
    ("words", "pytests"),
    [
        ("", ()),
        ("-k withdraw -x", ("-k", "withdraw", "-x")),
        ("tests/test_bank.py::test_a --env A=1", ("tests/test_bank.py::test_a", "--env", "A=1")),
        ("--cwd / -- --env x", ("--env", "x")),
        ("-n 0", ("-n", "0")),
        ("-n0 --dist no", ("-n0", "--dist", "no")),
        ("-- -q", ("-q",)),
        ("-no-such -p no:xdist", ("-no-such", "-p", "no:xdist")),
    ],
)
def test_what_is_pytests(words: str, pytests: tuple[str, ...]) -> None:
    launch = read_words(words.split())
    assert (launch.module, launch.program, launch.arguments, launch.tests) == (True, "pytest", pytests, True)


def test_what_is_pydelves(tmp_path: Path) -> None:
    (tmp_path / "cmds").write_text("b 3\n")
    launch = read_words(["--init", str(tmp_path / "cmds"), "--env", "A=1", "-q"])
    assert (launch.init, launch.environment, launch.continue_) == (("b 3\n",), {"A": "1"}, True)
    assert not read_words(["--entry"]).continue_


@pytest.mark.parametrize("words", ["-n 4", "-nauto", "-q --numprocesses=2", "--numprocesses logical"])
def test_workers(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_words(words.split())
    assert error_lines(caught.value)[1:] == [
        "  why: pytest-xdist runs them in processes of its own, where pydelve is not",
        "  try: pydelve test -n 0 ...",
    ]


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (None, 2),
        (ExitStatus("exited", 0), 0),
        (ExitStatus("exited", 5), 5),
        (ExitStatus("killed", 11, clean=False), 139),
        (ExitStatus("lost"), 2),
    ],
)
def test_exit_status(ended: ExitStatus | None, status: int) -> None:
    assert exit_status(ended) == status


def test_exec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "serve"
    command.write_text("#!/usr/bin/env -S python3 -s\n")
    python = tmp_path / "python3"
    python.write_text("")
    for path in (command, python):
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    launch = exec_.read_words(["--continue", "serve", "--continue", "x"])
    assert (launch.program, launch.arguments, launch.continue_) == (str(command), ("--continue", "x"), True)
    assert (launch.python, launch.interpreter_options, launch.module) == (str(python), ("-s",), False)
    monkeypatch.chdir(tmp_path)
    moved = exec_.read_words(["--cwd", "/", "./serve"])
    assert (moved.program, moved.cwd) == (os.path.abspath("serve"), "/")
    with pytest.raises(UsageError) as caught:
        exec_.read_words([])
    assert error_lines(caught.value) == [
        "there is no command to debug", "  why: none was given", "  try: pydelve exec flask run",
    ]  # fmt: skip
