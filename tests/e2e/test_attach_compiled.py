"""What Python has compiled of the agent goes along where it fits the program's version, and only there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pydelve.agent import protocol
from pydelve.target.live import parcel
from tests.e2e.test_attach import Marker, Program, unharmed
from tests.interpreters import Interpreter

AGENT = Path(protocol.__file__).parent


@pytest.fixture
def installed(python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An agent's folder that this version of Python has compiled."""
    folder = tmp_path / "installed" / "agent"
    shutil.copytree(AGENT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(
        [python.path, "-m", "compileall", "-q", "--invalidation-mode", "timestamp", folder], check=True, env=environment
    )
    monkeypatch.setattr(parcel, "_AGENT", folder)
    return folder


def modules(folder: Path) -> list[Path]:
    """Sources that travel."""
    return [path for path in folder.rglob("*.py") if path.parent.name != "entry"]


def test_what_is_compiled_is_used(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path, installed: Path
) -> None:
    for path in modules(installed):  # of the same size and time, but nothing that could be compiled
        about = path.stat()
        path.write_bytes(b"(" * about.st_size)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    source = program("attach/before_and_after.py")
    assert unharmed(python, source, marker(source)["inside"], tmp_path) == ("ready\n{}\n", "", 9)


def test_what_another_version_has_compiled_is_not(
    python: Interpreter, program: Program, marker: Marker, tmp_path: Path, installed: Path
) -> None:
    for path in installed.rglob("*.pyc"):
        path.write_bytes(b"\0\0\r\n" + path.read_bytes()[4:16] + b"no code")
    source = program("attach/before_and_after.py")
    assert unharmed(python, source, marker(source)["inside"], tmp_path) == ("ready\n{}\n", "", 9)


def test_what_was_compiled_of_another_source_stays_here(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    cached = tmp_path / "__pycache__" / "module.cpython-313.pyc"
    cached.parent.mkdir()
    source.write_text("x = 1\n")
    os.utime(source, (7, 7))
    fitting = b"\xf3\r\r\n" + b"".join(number.to_bytes(4, "little") for number in (0, 7, 6)) + b"code"
    checked_by_hash, earlier, longer = (
        fitting[:4] + b"\1" + fitting[5:], fitting[:8] + b"\6" + fitting[9:], fitting[:12] + b"\7" + fitting[13:],
    )  # fmt: skip
    found = {}
    for content in (fitting, checked_by_hash, earlier, longer, b"", fitting[:15]):
        cached.write_bytes(content)
        found[content] = parcel._compiled(str(source), source.stat(), (3, 13))
    assert [content for content, sent in found.items() if sent] == [fitting]
    assert found[fitting] == fitting
    assert parcel._compiled(str(source), source.stat(), (3, 12)) == b""
