"""The tests' own helpers: markers, normalisation, the interpreters found, and that nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import leftovers
from tests.e2e.session import normalise
from tests.interpreters import MINORS, Interpreter, find_interpreters, probe

# Starts a process in a session of its own, which starts another, says so, and waits for ever.
_FAMILY = """\
import os, subprocess, sys, threading
waiting = "import threading; print(1, flush=True); threading.Event().wait()"
child = subprocess.Popen([sys.executable, "-c", waiting], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
threading.Event().wait()
"""


def test_markers_are_read_from_comments_only(tmp_path: Path, marker: Callable[[Path | str], dict[str, int]]) -> None:
    path = tmp_path / "program.py"
    path.write_text('a = "# @no"  # @first @again\n\n@property  # why: @second-one\ndef f(): ...\n', encoding="utf-8")
    assert marker(path) == {"first": 1, "again": 1, "second-one": 3}


def test_a_marker_used_twice_is_refused(tmp_path: Path, marker: Callable[[Path | str], dict[str, int]]) -> None:
    path = tmp_path / "program.py"
    path.write_text("a = 1  # @here\nb = 2  # @here\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"@here stands on line 1 and on line 2$"):
        marker(path)


def test_normalise_replaces_what_differs_between_runs_and_nothing_else() -> None:
    text = (
        "process 4711 exited with status 3\r\n"
        "<A object at 0x7f00deadbeef> in /t/x/y.py:12, /t/x\n"
        "took 1.25 s, pid: 12\n"
    )
    assert normalise(text, {"/t": "<root>", "/t/x": "<tmp>"}) == (
        "process <pid> exited with status 3\n"
        "<A object at 0x<addr>> in <tmp>/y.py:12, <tmp>\n"
        "took <time> s, pid: <pid>\n"
    )


def test_an_orphan_in_a_session_of_its_own_is_killed_too() -> None:
    before = leftovers.children()
    parent = subprocess.Popen([sys.executable, "-c", _FAMILY], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    parent.stdout.close()
    assert leftovers.kill_new_children(before) == [parent.pid, grandchild]
    assert leftovers.children() == before
    with pytest.raises(ProcessLookupError):
        os.kill(grandchild, 0)
    parent.returncode = 0  # reaped above; Popen would warn about it else


def test_the_interpreter_that_runs_the_tests_is_recognised() -> None:
    version = "{}.{}.{}".format(*sys.version_info[:3])
    minor = "{}.{}".format(*sys.version_info[:2])
    assert probe(sys.executable) == (Interpreter(sys.executable, minor, version) if minor in MINORS else None)


def test_what_is_no_interpreter_is_passed_over(tmp_path: Path) -> None:
    script = tmp_path / "python3.13"
    script.write_text("#!/bin/sh\necho pypy 3.11 3.11.9 True\n", encoding="utf-8")
    script.chmod(0o755)
    assert [probe(str(script)), probe("/bin/false"), probe(str(tmp_path / "missing"))] == [None, None, None]


def test_a_target_interpreter_is_what_it_says(python: Interpreter) -> None:
    said = subprocess.run([python.path, "--version"], capture_output=True, text=True, check=True, timeout=20)
    assert said.stdout.split() == ["Python", python.version]
    assert find_interpreters()[python.minor] is python
