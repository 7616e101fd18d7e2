"""``pydelve exec``: commands that are written in Python, as pip installs them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.e2e.libraries import library
from tests.e2e.session import Session
from tests.interpreters import Interpreter

_BODY = """\
import re
import sys
from greeting.cli import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""
_CLI = """\
import sys


def main():
    name = sys.argv[1]
    print("hello", name, flush=True)
    return 3
"""
_HEADS = {
    "plain": "#!{python}\n",
    "env": "#!/usr/bin/env -S {python} -s\n",
    "trampoline": "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n",
}


def _without_source(lines: list[str]) -> list[str]:
    return [line for line in lines if not re.match(r"(=>|  )[* ] *\d+:", line)]


@pytest.mark.parametrize("head", _HEADS)
def test_a_console_script(python: Interpreter, tmp_path: Path, head: str) -> None:
    (tmp_path / "greeting").mkdir()
    (tmp_path / "greeting" / "cli.py").write_text(_CLI)
    command = tmp_path / "bin" / "greet"
    command.parent.mkdir()
    command.write_text(_HEADS[head].format(python=python.path) + _BODY)
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    session = Session(python, tmp_path, {"PATH": path, "PYTHONPATH": str(tmp_path)})
    first = 2  # of "trampoline" too: to Python that line is a string
    done = session.run(["exec", "greet", "ann"], ["b greeting/cli.py:6", "c", "p name", "c"])
    kept = _without_source(done.lines)
    assert kept == [
        f"process <pid> started: {'-s ' if head == 'env' else ''}<tmp>/bin/greet ann (CPython <version>)",
        f"> entry, bin/greet:{first} in <module>, thread 1 (MainThread)",
        "breakpoint 1 at greeting/cli.py:6 in main, suspended",
        "landed: breakpoint 1 at greeting/cli.py:6 in main",
        "> breakpoint 1, greeting/cli.py:6 in main, thread 1 (MainThread)",
        "'ann'",
        "hello ann",
        "process <pid> exited with status 3",
    ]


def test_flask(python: Interpreter, tmp_path: Path) -> None:
    """The real one, from its own package's folder."""
    environment = library(python, "flask")
    command = Path(environment.get("PYTHONPATH", ""), "bin", "flask")
    if not command.exists():
        pytest.skip("flask is not in a folder of its own")
    (tmp_path / "app.py").write_text("import flask\n\napp = flask.Flask(__name__)\nrules = app.url_map\n")
    words = ["exec", "--continue", "--init", "cmds", "--python", python.path, str(command), "--app", "app", "routes"]
    (tmp_path / "cmds").write_text("b app.py:4\n")
    done = Session(python, tmp_path, environment).run(words, ["p app.name", "c"])
    kept = _without_source(done.lines)
    assert kept[2:6] == [
        "breakpoint 1 at app.py:4 in <module>, suspended",
        "landed: breakpoint 1 at app.py:4 in <module>",
        "> breakpoint 1, app.py:4 in <module>, thread 1 (MainThread)",
        "'app'",
    ]
    assert kept[-2].split() == ["static", "GET", "/static/<path:filename>"]
    assert kept[-1] == "process <pid> exited with status 0"
