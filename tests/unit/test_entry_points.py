"""Commands on PATH: which of them Python runs, with which interpreter, and what is said of the others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pydelve.cli.entry_points import EntryPoint, find_entry_point
from pydelve.errors import UsageError
from pydelve.terminal.messages import error_lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH, alone but for ``env``; it holds ``python3``, and is the current one's neighbour."""
    here = tmp_path / "bin"
    here.mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("PATH", str(here))
    script(here / "python3", "")
    return here


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def refusal(words: str, python: str = "") -> list[str]:
    with pytest.raises(UsageError) as caught:
        find_entry_point(words.split(), python)
    return error_lines(caught.value)


@pytest.mark.parametrize(
    ("head", "options"),
    [
        ("#!{bin}/python3\n", ()),
        ("#! {bin}/python3  -sP \n", ("-sP",)),
        ("#!/usr/bin/env python3\n", ()),
        ("#!/usr/bin/env -S python3 -u -s\n", ("-u", "-s")),
        ("#!/usr/bin/env -S A=1 python3 -u\n", ("-u",)),
        ("#!/bin/sh\n'''exec' \"{bin}/python3\" \"$0\" \"$@\"\n' '''\nimport sys\n", ()),
        ("#!/bin/sh\n'''exec' {bin}/python3 -s \"$0\" \"$@\"\n' '''\nimport sys\n", ("-s",)),
        (
            "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3' \"$0\" \"$@\"\n' '''\n",
            (),
        ),
    ],
    ids=["plain", "option", "env", "env -S", "env with a variable", "pip", "pip, an option", "uv"],
)
def test_the_first_lines_name_the_interpreter(folder: Path, head: str, options: tuple[str, ...]) -> None:
    path = script(folder / "serve", head.format(bin=folder))
    expected = EntryPoint(str(path), str(folder / "python3"), options)
    assert find_entry_point(["serve", "--port", "1"]) == expected
    assert find_entry_point([str(path)]) == expected
    assert find_entry_point([os.path.relpath(path)]) == EntryPoint(os.path.relpath(path), *_rest(expected))


def _rest(entry: EntryPoint) -> tuple[str, tuple[str, ...]]:
    return entry.python, entry.options


def test_an_interpreter_of_another_name_is_followed_to_python(folder: Path) -> None:
    (folder / "py").symlink_to("python3")
    path = script(folder / "serve", f"#!{folder}/py\n")
    assert find_entry_point(["serve"]) == EntryPoint(str(path), f"{folder}/py")


def test_with_an_interpreter_the_command_beside_it_comes_first(folder: Path, tmp_path: Path) -> None:
    script(folder / "serve", f"#!{folder}/python3\n")
    other = tmp_path / "other"
    other.mkdir()
    path = script(other / "serve", f"#!{folder}/python3 -I\n")
    assert find_entry_point(["serve"], str(other / "python")) == EntryPoint(str(path), str(other / "python"))
    shutil.rmtree(other)
    assert find_entry_point(["serve"], str(other / "python")).script == str(folder / "serve")


def test_what_is_no_python(folder: Path, tmp_path: Path) -> None:
    script(folder / "cat", "\x7fELF...")
    script(folder / "deploy", "#!/bin/bash\necho\n")
    script(folder / "web", "#!/usr/bin/env node\n")
    script(folder / "data", "words\n")
    shims = tmp_path / "shims"
    shims.mkdir()
    script(shims / "flask", "#!/usr/bin/env bash\nexec pyenv\n")
    assert refusal("cat a") == [
        "cat is no Python program", f"  why: {folder}/cat is a compiled program", "  try: pydelve help exec",
    ]  # fmt: skip
    assert refusal("deploy")[1] == f"  why: {folder}/deploy is a bash script"
    assert refusal("web")[1] == f"  why: {folder}/web is run by node"
    assert refusal("data")[1] == f"  why: {folder}/data is no script: it does not begin with #!"
    assert refusal(f"{shims}/flask run") == [
        f"{shims}/flask is no Python program",
        f"  why: {shims}/flask is run by bash",
        '  try: pydelve exec "$(pyenv which flask)" run',
    ]


def test_what_is_not_there(folder: Path) -> None:
    script(folder / "flask", f"#!{folder}/python3\n")
    assert refusal("flusk run --debug") == [
        "there is no command flusk",
        "  why: no folder of PATH has it; near is flask",
        "  try: pydelve exec flask run --debug",
    ]
    assert refusal("my-app 'a'") == [
        "there is no command my-app",
        "  why: no folder of PATH has it",
        "  try: pydelve debug -m my_app ''\"'\"'a'\"'\"''",
    ]
    script(Path("serve.py"), "")
    assert refusal("serve.py 1")[1:] == [
        "  why: no folder of PATH has it; the current folder does",
        "  try: pydelve debug serve.py 1",
    ]
    script(Path("serve"), "")
    assert refusal("serve")[2] == "  try: pydelve exec ./serve"
    assert refusal("./none") == ["there is no command ./none", "  why: no such file", "  try: ls ."]
    assert refusal("../work") == ["../work is a folder", "  why: exec takes a command", "  try: pydelve debug ../work"]


def test_an_interpreter_that_is_gone(folder: Path) -> None:
    script(folder / "old", "#!/venv/bin/python3.9\n")
    assert refusal("old -v") == [
        f"the interpreter of {folder}/old is not there",
        "  why: its first line names /venv/bin/python3.9, which does not exist",
        "  try: pydelve exec --python /path/to/python old -v",
    ]
    script(folder / "python3.8", "", mode=0o644)
    script(folder / "old", f"#!{folder}/python3.8\n")
    assert refusal("old")[1] == f"  why: its first line names {folder}/python3.8, which can't be run"


@pytest.mark.parametrize("option", ["-I", "-Es", "-sE", "-S"])
def test_an_option_that_keeps_the_agent_out(folder: Path, option: str) -> None:
    script(folder / "dnf", f"#!{folder}/python3 {option}\n")
    assert refusal("dnf list") == [
        "dnf can't be debugged as it is started",
        f"  why: its first line gives Python {option}, which keeps pydelve's agent out",
        f"  try: pydelve debug --python {folder}/python3 {folder}/dnf list",
    ]


def test_the_interpreter_itself(folder: Path) -> None:
    assert refusal("python3 manage.py run") == [
        "python3 is the interpreter itself",
        "  why: exec takes a command that is written in Python",
        "  try: pydelve debug --python python3 manage.py run",
    ]
    assert refusal("python3")[2] == "  try: pydelve debug --python python3 script.py"


def test_a_file_that_can_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "loop").symlink_to("loop")
    assert refusal(f"{folder}/loop")[:2] == [f"there is no command {folder}/loop", "  why: no such file"]
