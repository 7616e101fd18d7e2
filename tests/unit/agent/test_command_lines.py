"""Which command lines start a Python that an agent can get into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydelve.agent.children import commands

_ALONE = "it is no Python"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Executables of many kinds, none of which is run."""
    contents = {
        "python": b"\x7fELF", "python3.13": b"\x7fELF", "python2.7": b"\x7fELF", "pythonista": b"\x7fELF",
        "ls": b"\x7fELF",
        "sh": b"\x7fELF", "bash": b"\x7fELF", "env": b"\x7fELF", "nice": b"\x7fELF",
        "tool": b"#!%s/python3.13\n", "isolated": b"#!%s/python -I\n", "by-env": b"#!%s/env python\nimport os\n",
        "by-env-S": b"#!%s/env -S python -u\n", "long": b"#!%s/sh\n'''exec' '/a b/python' \"$0\" \"$@\"\n",
        "script": b"#!%s/sh\nls\n",
        "empty": b"", "bang": b"#!\n", "loop": b"#!%s/loop\n",
    }  # fmt: skip
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content.replace(b"%s", os.fsencode(tmp_path)))
        path.chmod(0o755)
    (tmp_path / "app").symlink_to("python3.13")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "run.sh").write_text("exec python -m app\n")
    (tmp_path / "other.sh").write_text("ls\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python", ""),
        ("python x.py -I", ""),
        ("python -c pass -E", ""),
        ("python -m app -S", ""),
        ("python -u -X dev -W error x.py", ""),
        ("python -X importtime -S", "S"),
        ("python -I x.py", "I"),
        ("python -uE x.py", "E"),
        ("python -bsSc pass", "S"),
        ("python -Wignore -X=I x.py", ""),
        ("python --check-hash-based-pycs always -I x.py", "I"),
        ("python -", ""),
        ("python -Bcpass -I", ""),
        ("python3.13 x.py", ""),
        ("app x.py", ""),
        ("tool x", ""),
        ("isolated x", "I"),
        ("by-env", ""),
        ("by-env-S", ""),
        ("long", ""),
        ("env A=1 -i python x.py", ""),
        ("nice -n 5 python -S x.py", "S"),
        ("sh run.sh", ""),
        ("sh -x run.sh", ""),
        ("python2.7 x.py", None),
        ("pythonista", None),
        ("ls python", None),
        ("script", None),
        ("empty", None),
        ("bang", None),
        ("loop", None),
        ("circle", None),
        ("missing", None),
        ("sh other.sh", None),
        ("sh", None),
        ("sh -c", None),
        ("env", None),
    ],
)
def test_command_lines(folder: Path, line: str, expected: str | None) -> None:
    words = [str(folder / word) if word.endswith(".sh") else word for word in line.split()]
    assert _why_not(folder, words) == (_ALONE if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python x.py", ""),
        ("cd /tmp && A=1 python x.py | cat > out", ""),
        ("'python' \"x.py\"", ""),
        ("(python x.py; ls)", ""),
        ("tool --now", ""),
        ("ls; python -I x.py", "I"),
        ("ls | sh -c ls", None),
        ("echo $PYTHONPATH", None),
        ("", None),
    ],
)
def test_commands_of_shells(folder: Path, text: str, expected: str | None) -> None:
    for option in ("-c", "-ec"):
        assert _why_not(folder, ["bash", option, text]) == (_ALONE if expected is None else expected)


def test_multiprocessings_own() -> None:
    line = [b"python", b"-s", b"-c", b"from multiprocessing.resource_tracker import main;main(5)"]
    assert commands._isolated(line[1:]) == "it is a part of multiprocessing itself"
    assert commands._isolated([b"-c", b"from multiprocessing.spawn import spawn_main; spawn_main()"]) == ""


def test_the_first_that_is_there_counts(folder: Path) -> None:
    executables = [b"/nowhere/python", os.fsencode(folder / "ls"), os.fsencode(folder / "python")]
    assert commands.why_not(executables, [b"x"], b"") == _ALONE
    assert commands.why_not(executables[::2], [b"x"], b"") == ""


def _why_not(folder: Path, words: list[str]) -> str:
    """Nothing for a Python, the letter of the option that isolates it, or why not."""
    line = [os.fsencode(word) for word in words]
    why = commands.why_not([os.fsencode(folder / words[0])], line, os.fsencode(folder))
    return why.partition("-")[2][:1] if why.startswith(commands.ISOLATED) else why
