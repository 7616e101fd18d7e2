"""Processes that can't be looked into or entered: what is said of them, by facts of ``/proc`` that are made up here."""

from __future__ import annotations

import os
import re
from pathlib import Path
from struct import pack

import pytest

from pydelve.errors import PydelveError, UnsupportedError
from pydelve.target.live import memory
from pydelve.target.live.attach import check_machine
from pydelve.target.live.memory import Mapping, find_interpreter, not_permitted
from pydelve.target.machines import known
from pydelve.target.machines.aarch64 import Aarch64
from pydelve.target.machines.x86_64 import X8664

_PID = os.getpid()


def parts(error: PydelveError) -> tuple[str, ...]:
    """What it says, with PID for our own."""
    texts = (error.message, error.why, error.hint)
    return tuple(re.sub(rf"\b(process|attach|stack) {_PID}\b", r"\1 PID", text) for text in texts)


@pytest.mark.parametrize(
    ("scope", "why", "hint"),
    [
        ("1\n", "kernel.yama.ptrace_scope is 1: only its parent may", "sudo pydelve attach PID"),
        ("2\n", "kernel.yama.ptrace_scope is 2: only root may", "sudo pydelve attach PID"),
        ("3\n", "kernel.yama.ptrace_scope is 3, which refuses everybody until the machine is started anew", ""),
        (
            "0\n",
            "the kernel refused it: the process changed its user or rights, or a container lacks the capability",
            "sudo pydelve attach PID, or start the container with --cap-add=SYS_PTRACE",
        ),
    ],
    ids=["children", "root", "nobody", "all"],
)
def test_ptrace_scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str, why: str, hint: str) -> None:
    file = tmp_path / "ptrace_scope"
    file.write_text(scope)
    monkeypatch.setattr(memory, "_SCOPE_FILE", str(file))
    assert parts(not_permitted(_PID, "attach")) == ("process PID may not be looked into", why, hint)


def test_a_kernel_without_ptrace_scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_SCOPE_FILE", str(tmp_path / "none"))
    assert memory.ptrace_scope() == 0


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (
            ("python3.11", b"\x7fELF\x01"),
            ("process PID is of 32 bits", "python3.11 is; pydelve reads programs of 64 bits", "pydelve ps"),
        ),
        (
            ("sleep", b"\x7fELF\x02"),
            ("process PID runs no CPython", "it is sleep, and no file of it holds an interpreter", "pydelve ps"),
        ),
        (
            ("", b""),
            ("process PID runs no Python", "it has no program: the kernel's own", "pydelve ps"),
        ),
    ],
    ids=["32 bits", "no Python", "no program"],
)
def test_programs_that_are_none_of_ours(
    monkeypatch: pytest.MonkeyPatch, program: tuple[str, bytes], told: tuple[str, str, str]
) -> None:
    monkeypatch.setattr(memory, "_program", lambda _: program)
    with pytest.raises(PydelveError) as caught:
        find_interpreter(_PID, None, [])
    assert parts(caught.value) == told


def interpreter(folder: Path, machine: int) -> Mapping:
    """A file that is mapped, of a machine: an ELF header with nothing behind it."""
    path = folder / "libpython3.so"
    path.write_bytes(pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, machine, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0))
    return Mapping(0, 0, 0, str(path))


@pytest.mark.parametrize(("machine", "name"), [(183, "aarch64"), (243, "another machine")])
def test_an_emulated_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: int, name: str) -> None:
    monkeypatch.setattr(known, "native", X8664)
    with pytest.raises(UnsupportedError) as caught:
        check_machine(_PID, interpreter(tmp_path, machine))
    assert parts(caught.value) == (
        "process PID can't be entered",
        f"its interpreter is of {name}, this is x86_64: an emulator runs it",
        "pydelve stack PID",
    )


@pytest.mark.parametrize("native", [X8664(), Aarch64()], ids=["x86_64", "aarch64"])
def test_the_machine_that_both_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: X8664 | Aarch64
) -> None:  # fmt: skip
    monkeypatch.setattr(known, "native", lambda: native)
    assert check_machine(_PID, interpreter(tmp_path, native.elf)) is native


def test_a_machine_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "native", lambda: None)
    with pytest.raises(UnsupportedError) as caught:
        check_machine(_PID, interpreter(tmp_path, 243))
    assert parts(caught.value) == (
        "process PID can't be entered",
        f"pydelve does it on x86_64 and aarch64, this is {os.uname().machine}",
        "pydelve stack PID",
    )
