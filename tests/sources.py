"""Programs as fixtures: their ``# @name`` comments as line numbers, and copies of them to run.

A test never holds a literal line number of a program: it asks for a marker.
"""

from __future__ import annotations

import io
import re
import shutil
import tokenize
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
_MARKERS = re.compile(r"@([A-Za-z_][\w-]*)")


def read_markers(path: Path | str) -> dict[str, int]:
    """Line numbers of the ``# @name`` comments of a Python file, by name, in the order of the lines.

    One comment may hold several (``# @first @again``); other words in it are left alone. A name used twice is the
    program's mistake.

    Raises:
        ValueError: a name stands on two lines.
    """
    found: dict[str, int] = {}
    text = Path(path).read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT:
            continue
        for name in _MARKERS.findall(token.string):
            if name in found:
                raise ValueError(f"{path}: @{name} stands on line {found[name]} and on line {token.start[0]}")
            found[name] = token.start[0]
    return found


def copy_program(name: str, folder: Path) -> Path:
    """Copy ``tests/programs/NAME`` (a file or a folder) into ``folder`` and give the copy's path."""
    source, copy = PROGRAMS / name, folder / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, copy)
    return copy.resolve()
