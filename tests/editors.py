"""Editors for tests, as ``tools/get_editors.sh`` unpacks them; skipped, saying so, where they are not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

CACHE = Path.home() / ".cache" / "pydelve-tests" / "editors"


@dataclass(frozen=True)
class Editor:
    """An editor that is not installed: how it is run."""

    command: tuple[str, ...]
    environment: dict[str, str]


def emacs() -> Editor:
    """Emacs with dape, in batch."""
    tree = _tree("emacs", "Emacs with dape")
    share, libexec = tree / "usr/share/emacs", next((tree / "usr/libexec/emacs").glob("[0-9]*/*"))
    lisp = next(share.glob("[0-9]*/lisp"))
    folders = [folder for folder, _, _ in os.walk(lisp)] + [str(next(share.glob("site-lisp/elpa-src/dape-*")))]
    dump = next(libexec.glob("*.pdmp"))
    environment = {
        "EMACSLOADPATH": ":".join(folders), "EMACSDATA": str(lisp.with_name("etc")), "EMACSPATH": str(libexec),
    }  # fmt: skip
    return Editor((*_loader(tree), str(tree / "usr/bin/emacs-nox"), f"--dump-file={dump}", "-Q"), environment)


def helix() -> Editor:
    """Helix, for a terminal."""
    tree = _tree("helix", "Helix")
    return Editor((*_loader(tree), str(tree / "usr/bin/hx")), {"HELIX_RUNTIME": str(tree / "usr/lib/hx/runtime")})


def _tree(name: str, called: str) -> Path:
    tree = CACHE / name
    if not (tree / "complete").exists():
        pytest.skip(f"no {called} on this machine: tools/get_editors.sh {CACHE} gets it")
    return tree


def _loader(tree: Path) -> tuple[str, ...]:
    """Its own C library's."""
    return (
        str(tree / "usr/lib64/ld-linux-x86-64.so.2"), "--library-path", str(tree / "usr/lib/x86_64-linux-gnu"),
    )  # fmt: skip
