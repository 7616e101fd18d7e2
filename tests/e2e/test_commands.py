"""What a transcript can't show whole of commands: what they do outside the session, and keep for the next run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pydelve.errors import UsageError
from pydelve.terminal.handlers_code import editor_words
from tests.e2e.on_terminal import OnTerminal
from tests.e2e.session import LAUNCHER, Session, clean_environment
from tests.interpreters import Interpreter

LOOP = """\
import textwrap

def wrapped(words):
    return textwrap.fill(words, 10)

total = 0
for number in (1, 2):
    total += number
print(wrapped("some words to wrap"))
"""
ENTRY = """\
... started: loop.py (...
> entry, loop.py:1 in <module>, thread 1 (MainThread)
=>   1:  import textwrap
     2:
     3:  def wrapped(words):
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a program ``loop.py``."""
    (tmp_path / "loop.py").write_text(LOOP)
    return tmp_path


def test_the_editor_is_told_the_line(folder: Path) -> None:
    editor = folder / "editor"
    editor.write_text('#!/bin/sh\necho "$@" >> told\n')
    editor.chmod(0o755)
    with OnTerminal(["debug", "loop.py"], folder, {"VISUAL": str(editor), "PYDELVE_EDITOR": ""}) as person:
        for command in ("edit", "edit wrapped", "edit loop.py:8"):
            assert person.command(command) == []
        assert person.command("edit nosuch.py:1")[0] == 'no file matches "nosuch.py"'
        editor.write_text("#!/bin/sh\nexit 3\n")
        assert person.command("edit") == [f"{editor} ended with status 3"]
        editor.unlink()
        assert person.command("edit") == [
            f"can't start {editor}", "  why: No such file or directory", "  try: set EDITOR to one that exists"
        ]  # fmt: skip
    assert (folder / "told").read_text().splitlines() == [f"+{line} {folder}/loop.py" for line in (1, 4, 8)]


@pytest.mark.parametrize(("editor", "why"), [(" ", "it is blank"), ("vim 'x", "no closing quotation")])
def test_an_editor_that_is_no_command(editor: str, why: str) -> None:
    with pytest.raises(UsageError) as raised:
        editor_words(editor, "loop.py", 1)
    assert (raised.value.message, raised.value.why) == (f"{editor!r} is no editor's command", why)


def test_a_folder_that_is_gone(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$0" "$@"'
    for words in (["debug", str(folder / "loop.py")], ["attach", "1"], ["test"]):
        done = subprocess.run(
            ["sh", "-c", script, sys.executable, str(LAUNCHER), *words], cwd=gone, env=clean_environment(folder),
            capture_output=True, text=True, timeout=45, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr.splitlines()) == (2, "", [
            "pydelve: the current folder is not there any more", "  why: No such file or directory",
            "  try: cd to one that exists",
        ])  # fmt: skip
        gone.mkdir()


def test_what_has_no_end_is_no_file_of_commands(folder: Path) -> None:
    done = Session(None, folder).debug("loop.py", "source /dev/zero", "breakpoints -restore /dev/zero")
    assert done.lines[-6:] == [
        "can't read /dev/zero", "  why: it is neither a file nor a pipe", "  try: source FILE",
        "can't read /dev/zero", "  why: it is neither a file nor a pipe", "  try: breakpoints -save",
    ]  # fmt: skip


def test_a_script_is_compiled_as_python_does(folder: Path) -> None:
    """Without the ``__future__`` of the module that runs it."""
    (folder / "look.py").write_text("def f(x: int): pass\nprint(f.__annotations__, flush=True)\n")
    assert Session(None, folder).debug("loop.py", "source look.py").lines[-1] == "{'x': <class 'int'>}"


def test_digits_that_are_no_numbers(folder: Path) -> None:
    done = Session(None, folder).debug("loop.py", "break 8", "clear \N{SUPERSCRIPT TWO}", "signal \N{SUPERSCRIPT TWO}")
    assert done.lines[-5:] == [
        "there is no breakpoint \N{SUPERSCRIPT TWO}", "  why: there are 1", "  try: breakpoints",
        "there is no signal \N{SUPERSCRIPT TWO}", "  try: signal INT",
    ]  # fmt: skip


def test_what_follows_a_breakpoint_that_can_not_be_set_again_meets_no_other(folder: Path) -> None:
    saving = ["break 8", "break 9", "on last print total", "disable last", "breakpoints -save kept"]
    assert Session(None, folder).debug("loop.py", *saving).lines[-1] == "saved 2 breakpoints to kept"
    (folder / "loop.py").write_text("\n".join(LOOP.splitlines()[:8]))
    for command in ("breakpoints -restore kept", "source kept"):
        done = Session(None, folder).debug("loop.py", command, "breakpoints")
        assert [line.removeprefix("kept:3: ") for line in done.lines].count("there is no line 9 in loop.py") == 1
        assert [line.removeprefix("kept:5: ") for line in done.lines[-4:]] == [
            "there is no breakpoint breakpoint-2", "  why: there are 1", "  try: breakpoints",
            "breakpoint 1 at loop.py:8 in <module>",
        ]  # fmt: skip


def test_a_transcript_in_place_of_the_screen(folder: Path) -> None:
    commands = ["transcript -x said.txt", "print 6 * 7", "break nosuch", "transcript -off", "print 2"]
    done = Session(None, folder).debug("loop.py", *commands)
    assert done.lines[5:] == ["transcript goes to said.txt", "transcript ended: said.txt", "2"]
    said = (folder / "said.txt").read_text().splitlines()
    assert [line for line in said if not line.startswith("  why")] == [
        "(pydelve) print 6 * 7", "42",
        "(pydelve) break nosuch", 'no function or class matches "nosuch"', "  try: break loop.py:4",
        "(pydelve) transcript -off",
    ]  # fmt: skip


def test_a_full_disk_ends_a_transcript_and_not_the_session(folder: Path) -> None:
    commands = ["transcript /dev/full", "print 1", "transcript -x /dev/full", "print 2", "breakpoints -save /dev/full"]
    done = Session(None, folder).debug("loop.py", *commands)
    full = ["transcript goes to /dev/full", "transcript ended: /dev/full", "  why: No space left on device"]
    assert done.lines[5:] == [
        *full, "1", *full, "2",
        "/dev/full is no file of breakpoints", "  why: it would be lost", "  try: breakpoints -save another-name",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("streams", "status", "said"),
    [
        ("<&-", 0, ENTRY), ("2>&-", 0, ENTRY), (">&-", 0, ""), ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 1, "pydelve: No space left on device\n  why: what it writes goes there no more\n"),
    ],
)  # fmt: skip
def test_closed_and_full_standard_streams(folder: Path, streams: str, status: int, said: str) -> None:
    script = f'"$0" "$@" {streams} </dev/null' if "<" not in streams else f'"$0" "$@" {streams}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, str(LAUNCHER), "debug", "loop.py"],
        check=False, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=45,
        env=clean_environment(folder),
    )  # fmt: skip
    assert (re.sub(r"process \d+|CPython \S+\)", "...", done.stdout), done.returncode) == (said, status)


def test_how_it_ended_is_said_also_where_a_command_met_its_end(python: Interpreter, folder: Path) -> None:
    commands = ["import os, signal", "print os.kill(os.getpid(), signal.SIGKILL)", "locals", "restart", "signal KILL"]
    done = Session(python, folder).debug("loop.py", *commands)
    killed = "process <pid> was killed by SIGKILL (signal 9)"
    assert [line for line in done.lines if line == killed] == [killed, killed]
    end = done.lines.index(killed)
    assert done.lines[end + 1 : end + 4] == ["locals needs a stopped program", f"  why: {killed}", "  try: restart"]


def test_what_a_restart_keeps(python: Interpreter, folder: Path) -> None:
    commands = ["break 8", "display total", "continue", "continue", "restart", "continue", "breakpoints"]
    done = Session(python, folder).debug("loop.py", *commands)
    stop = "> breakpoint 1, loop.py:8 in <module>, thread 1 (MainThread)"
    assert [line for line in done.lines[4:] if line[0] not in " ="] == [
        "breakpoint 1 at loop.py:8 in <module>", "1: total = (NameError: name 'total' is not defined)",
        stop, "1: total = 0", stop, "1: total = 1  (was 0)",
        "process <pid> started: loop.py (CPython <version>)", "> entry, loop.py:1 in <module>, thread 1 (MainThread)",
        "1: total = (NameError: name 'total' is not defined)", stop, "1: total = 0  (was 1)",
        "breakpoint 1 at loop.py:8 in <module>, hit 1 time",
    ]  # fmt: skip


def test_just_my_code(python: Interpreter, folder: Path) -> None:
    seen = {}
    for setting in ("yes", "no"):
        done = Session(python, folder).debug("loop.py", f"config just-my-code {setting}", "break 4", "continue", "step")
        seen[setting] = [line for line in done.lines if line.startswith("> ")]
    assert seen["yes"][2:] == ["> step, loop.py:9 in <module>, thread 1 (MainThread)"]
    assert re.fullmatch(r"> step, textwrap\.py:\d+ in fill, thread 1 \(MainThread\)", seen["no"][2])


def test_no_input_and_no_output(python: Interpreter, folder: Path) -> None:
    """Both are the null device, one for reading and one for writing."""
    done = Session(python, folder).debug("loop.py", "continue", options=["--redirect", "stdout:/dev/null"])
    assert done.lines[-1] == "process <pid> exited with status 0"
