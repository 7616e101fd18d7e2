"""Symbols of ELF files: the hash table and the plain search agree, and damage leads nowhere."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pydelve.target.live.elf import ElfError, ElfFile
from tests.interpreters import Interpreter

NAMES = ("_PyRuntime", "Py_AddPendingCall", "PyGILState_Ensure", "pthread_create", "malloc", "free", "no_such_symbol")


def files_of(python: Interpreter) -> list[str]:
    """The program, and the libraries it has mapped."""
    maps = subprocess.check_output([python.path, "-c", "print(open('/proc/self/maps').read())"], text=True)
    found = set(re.findall(r"/\S+$", maps, re.MULTILINE))
    return sorted(path for path in found if "python" in os.path.basename(path) or "libc" in os.path.basename(path))


def hidden_hash(content: bytes) -> bytes:
    """The same file, whose hash table nobody finds by its name."""
    return content.replace(b"\0.gnu.hash\0", b"\0.gnu.hasx\0")


def test_the_hash_table_finds_what_a_search_finds(python: Interpreter, tmp_path: Path) -> None:
    paths = [path for path in files_of(python) if Path(path).read_bytes()[:4] == b"\x7fELF"]
    found: set[str] = set()
    for path in paths:
        (tmp_path / "searched").write_bytes(hidden_hash(Path(path).read_bytes()))
        with open(path, "rb") as hashed, open(tmp_path / "searched", "rb") as searched:
            one, other = ElfFile(hashed), ElfFile(searched)
            assert [one.symbol(name) for name in NAMES] == [other.symbol(name) for name in NAMES]
            found.update(name for name in NAMES if one.symbol(name) is not None)
            one.close()
            other.close()
    assert found == set(NAMES) - {"no_such_symbol"}


@pytest.mark.parametrize("with_what", [b"\0", b"\xff"])
def test_a_damaged_hash_table_finds_nothing_and_ends(tmp_path: Path, with_what: bytes) -> None:
    maps = Path("/proc/self/maps").read_text()
    path = next(found for found in re.findall(r"/\S+$", maps, re.MULTILINE) if "libc.so" in found)
    content = bytearray(Path(path).read_bytes())
    with open(path, "rb") as file:
        whole = ElfFile(file)
        place, size = whole.section_place(".gnu.hash") or (0, 0)
        assert whole.symbol("malloc") is not None
        whole.close()
    assert size
    content[place : place + size] = with_what * size  # in the first segment, where address and offset are the same
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    with open(damaged, "rb") as file:
        elf = ElfFile(file)
        assert elf.symbol("malloc") is None
        elf.close()


def test_what_is_no_elf_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no elf" * 20)
    with open(tmp_path / "text", "rb") as file, pytest.raises(ElfError):
        ElfFile(file)
